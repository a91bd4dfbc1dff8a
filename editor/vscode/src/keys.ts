// Tells once of keys that another extension binds, too.

import * as vscode from 'vscode';
import {
  type Binder,
  type Keybinding,
  type Platform,
  conflictLine,
  conflicts,
} from './keyConflicts';
import { commandButton, say } from './notices';

const TOLD = 'toldKeyConflicts';
const PLATFORMS: Record<string, Platform> = { darwin: 'mac', win32: 'win' };

function binder(extension: vscode.Extension<unknown>): Binder {
  const manifest = extension.packageJSON as {
    displayName?: string;
    name: string;
    contributes?: { keybindings?: Keybinding | Keybinding[] };
  };
  const keybindings = manifest.contributes?.keybindings ?? [];
  return {
    id: extension.id,
    name: manifest.displayName ?? manifest.name,
    keybindings: Array.isArray(keybindings) ? keybindings : [keybindings],
  };
}

/** What is bound twice, in one line. */
export function keyConflictLine(context: vscode.ExtensionContext): string | undefined {
  const others = vscode.extensions.all.map(binder);
  const platform = PLATFORMS[process.platform] ?? 'linux';
  return conflictLine(conflicts(binder(context.extension), others, platform));
}

export function tellKeyConflicts(context: vscode.ExtensionContext): void {
  const line = keyConflictLine(context);
  if (line === undefined || context.globalState.get(TOLD) === line) return;
  void context.globalState.update(TOLD, line);
  say('warning', line, commandButton('Open Keyboard Shortcuts', 'dictate.openKeybindings'));
}
