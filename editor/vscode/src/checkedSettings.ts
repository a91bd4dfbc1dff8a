// Pure: the settings that are this extension's own, with their defaults, and what is wrong with the
// values that somebody gave. The server checks its own.

export interface ClientSettings {
  'hold.firstMs': number;
  'hold.repeatMs': number;
  'indicator.enabled': boolean;
  'indicator.icon': string;
  'indicator.iconHandsFree': string;
  'indicator.lines': number;
  doubtfulMs: number;
  'statusBar.enabled': boolean;
  'statusBar.latency': boolean;
  'restart.delayMs': number;
  'restart.limit': number;
  'restart.windowMs': number;
  realtimeFiles: boolean;
}

export const DEFAULTS: ClientSettings = {
  'hold.firstMs': 750,
  'hold.repeatMs': 150,
  'indicator.enabled': true,
  'indicator.icon': '●',
  'indicator.iconHandsFree': '◉',
  'indicator.lines': 6,
  doubtfulMs: 3000,
  'statusBar.enabled': true,
  'statusBar.latency': true,
  'restart.delayMs': 500,
  'restart.limit': 5,
  'restart.windowMs': 180_000,
  realtimeFiles: true,
};

/** Top-level names below `dictate` that the server is not told of. */
export const CLIENT_GROUPS: ReadonlySet<string> = new Set([
  'server',
  'hold',
  'indicator',
  'doubtfulMs',
  'statusBar',
  'restart',
  'realtimeFiles',
]);

const NAMES: Record<string, string> = {
  boolean: 'true or false',
  number: 'a number that is not negative',
  string: 'a text',
};

function fits(value: unknown, fallback: unknown): boolean {
  return (
    typeof value === typeof fallback &&
    (typeof value !== 'number' || (Number.isFinite(value) && value >= 0))
  );
}

/** Settings of the right types, and a line for each that was not. `given` is asked by name. */
export function checkedSettings(given: (name: string) => unknown): {
  settings: ClientSettings;
  problems: string[];
} {
  const settings: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [name, fallback] of Object.entries(DEFAULTS)) {
    const value = given(name);
    if (value === undefined || value === null) {
      settings[name] = fallback;
    } else if (fits(value, fallback)) {
      settings[name] = value;
    } else {
      settings[name] = fallback;
      problems.push(
        `the setting dictate.${name} must be ${NAMES[typeof fallback] ?? 'another type'}: ` +
          `${JSON.stringify(fallback)} is used`,
      );
    }
  }
  return { settings: settings as unknown as ClientSettings, problems };
}

/** What of everything below `dictate` is the server's. */
export function serverSettings(all: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(all).filter(([name]) => !CLIENT_GROUPS.has(name)));
}
