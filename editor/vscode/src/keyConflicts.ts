// Pure: which other extensions bind the keys that this one binds.

export interface Keybinding {
  command: string;
  key?: string;
  mac?: string;
  linux?: string;
  win?: string;
  when?: string;
}

export interface Binder {
  id: string;
  name: string;
  keybindings: Keybinding[];
}

export interface Conflict {
  key: string;
  command: string;
  other: string;
  otherCommand: string;
}

export type Platform = 'mac' | 'linux' | 'win';

const MODIFIERS = ['ctrl', 'shift', 'alt', 'meta'];
const NAMES: Record<string, string> = { cmd: 'meta', win: 'meta', option: 'alt', escape: 'escape' };
// Where these hold, no dictation is begun.
const ELSEWHERE =
  /\b(terminalFocus|listFocus|sideBarFocus|panelFocus|inDebugRepl|focusedView|webviewFocus|searchViewletFocus|explorerViewletFocus|quickInputVisible|inQuickOpen|notebookCommandMode)\b/;

/** A key in one form, however somebody wrote it: modifiers in order, then the key. */
export function normal(key: string): string {
  return key
    .toLowerCase()
    .trim()
    .split(/\s+/)
    .map((chord) => {
      // "ctrl+-" and "ctrl++" end with the key itself.
      const parts = chord.split(/\+(?!$)/).map((part) => NAMES[part] ?? part);
      const last = parts.pop() ?? '';
      const modifiers = MODIFIERS.filter((modifier) => parts.includes(modifier));
      return [...modifiers, last].join('+');
    })
    .join(' ');
}

export function keyOn(platform: Platform, binding: Keybinding): string | undefined {
  const key = binding[platform] ?? binding.key;
  return key === undefined || key === '' ? undefined : normal(key);
}

function isElsewhere(when = ''): boolean {
  return when.split('||').every((part) => {
    const match = ELSEWHERE.exec(part);
    return match !== null && part[match.index - 1] !== '!';
  });
}

/** It holds only while something is dictated. */
function isWhileDictating(when = ''): boolean {
  return when.split('||').every((part) => /(?:^|[^!.\w])dictate\.active\b/.test(part));
}

/**
 * Keys that begin something here and that another extension binds, too. Keys that only hold while
 * something is dictated, as the one that cancels, are no conflict.
 */
export function conflicts(own: Binder, others: readonly Binder[], platform: Platform): Conflict[] {
  const mine = new Map<string, Keybinding>();
  for (const binding of own.keybindings) {
    const key = keyOn(platform, binding);
    if (key !== undefined && !isWhileDictating(binding.when)) mine.set(key, binding);
  }
  const found: Conflict[] = [];
  for (const other of others) {
    if (other.id === own.id) continue;
    for (const binding of other.keybindings) {
      const key = keyOn(platform, binding);
      const ours = key === undefined ? undefined : mine.get(key);
      if (key === undefined || !ours || isElsewhere(binding.when)) continue;
      // "-command" takes a key away.
      if (binding.command.startsWith('-')) continue;
      const name = other.name;
      found.push({ key, command: ours.command, other: name, otherCommand: binding.command });
    }
  }
  return found;
}

/** All of them in one line; undefined where there are none. */
export function conflictLine(found: readonly Conflict[]): string | undefined {
  const [first] = found;
  if (!first) return undefined;
  const parts = found.map(({ key, other, otherCommand }) => `${key} (${other}: ${otherCommand})`);
  return `keys of Dictate are bound by other extensions, too: ${[...new Set(parts)].join(', ')}`;
}
