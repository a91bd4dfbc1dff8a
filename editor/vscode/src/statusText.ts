// Pure: what the status bar says.

import { meter } from './levelMeter';
import type { Latency, Mode, State, WritingMode } from './protocol';

export interface Shown {
  health: 'down' | 'starting' | 'ready' | 'failed';
  state: State;
  mode: Mode;
  writingMode: WritingMode;
  levelDbfs: number | undefined;
  heardForMs: number;
  latency: Latency | undefined;
  showsLatency: boolean;
}

const MODE_NAMES: Record<Mode, string> = { manual: '', handsFree: 'hands-free', vibe: 'vibe' };

export function shownMs(ms: number | null | undefined): string {
  return ms === null || ms === undefined ? '-' : `${Math.round(ms)} ms`;
}

function clock(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

function activity(shown: Shown): string {
  const name = MODE_NAMES[shown.mode];
  switch (shown.state) {
    case 'listening': {
      const icon = shown.mode === 'manual' ? '$(mic-filled)' : '$(broadcast)';
      // Utterances come and go in a hands-free mode; that it is on counts.
      return `${icon} ${meter(shown.levelDbfs)} ${name === '' ? clock(shown.heardForMs) : name}`;
    }
    case 'starting':
      return `$(loading~spin) ${name === '' ? 'starting' : name}`;
    case 'finishing':
      return `$(loading~spin) ${name === '' ? 'writing' : name}`;
    case 'idle':
      return '';
  }
}

/** The item's text. */
export function statusText(shown: Shown): string {
  if (shown.health === 'failed') return '$(error) Dictate';
  const active = activity(shown);
  // The default goes without saying, and so does what a hands-free mode is named after.
  const isPlain = shown.writingMode === 'auto' || shown.writingMode === shown.mode;
  const mode = isPlain ? '' : ` · ${shown.writingMode}`;
  if (active !== '') return active + mode;
  const latency = shown.showsLatency ? shown.latency?.lastMs : undefined;
  if (latency !== null && latency !== undefined) return `$(mic) ${shownMs(latency)}${mode}`;
  return `$(mic) Dictate${mode}`;
}

/** The same in words, for those who hear it. */
export function statusLabel(shown: Shown): string {
  if (shown.health === 'failed') return 'Dictate: the server is not running, restart it';
  const states: Record<State, string> = {
    idle: 'ready',
    starting: 'starting to listen',
    listening: 'listening',
    finishing: 'writing',
  };
  const name = MODE_NAMES[shown.mode];
  return `Dictate: ${states[shown.state]}${name === '' ? '' : `, ${name}`}`;
}

/** Figures as lines of a table: the whole, then the stages, the slowest first. */
export function statsTable(
  stats: Latency & {
    maxMs: number | null;
    stages: Record<string, { p50Ms: number; p95Ms: number }>;
  },
): string {
  const rows: [string, string, string, string][] = [
    [
      'from the end of speech to the text',
      shownMs(stats.p50Ms),
      shownMs(stats.p95Ms),
      shownMs(stats.maxMs),
    ],
  ];
  const stages = Object.entries(stats.stages).sort(
    ([one, a], [other, b]) => b.p50Ms - a.p50Ms || (one < other ? -1 : 1),
  );
  for (const [name, { p50Ms, p95Ms }] of stages) {
    rows.push([`of that: ${name}`, shownMs(p50Ms), shownMs(p95Ms), '']);
  }
  const header = ['', 'p50', 'p95', 'max'] as const;
  const width = Math.max(...rows.map(([name]) => name.length));
  const line = ([name, ...cells]: readonly string[]): string =>
    [(name ?? '').padEnd(width), ...cells.map((cell) => cell.padStart(9))].join('  ').trimEnd();
  const title = `Dictate: ${stats.count} dictation${stats.count === 1 ? '' : 's'}, last ${shownMs(stats.lastMs)}`;
  return [title, '', line(header), ...rows.map(line)].join('\n');
}
