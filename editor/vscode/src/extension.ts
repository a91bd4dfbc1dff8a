// What VS Code loads at startup: commands and an item in the status bar, as little as can be. The
// rest is in runtime.ts, which is loaded at the first use.

import * as vscode from 'vscode';
import type { DictateApi } from './api';
import { COMMANDS, toggleByClick } from './commandNames';
import type { Runtime } from './runtime';

let runtime: Runtime | undefined;

export function activate(context: vscode.ExtensionContext): DictateApi {
  const began = performance.now();
  const item = vscode.window.createStatusBarItem('dictate', vscode.StatusBarAlignment.Right, 100);
  item.name = 'Dictate';
  item.text = '$(mic) Dictate';
  item.tooltip = 'Start or stop dictation';
  item.command = toggleByClick;
  if (vscode.workspace.getConfiguration('dictate').get('statusBar.enabled') !== false) item.show();
  context.subscriptions.push(item);

  const load = (): Runtime => {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- at first use, not at startup
    const { createRuntime } = require('./runtime') as typeof import('./runtime');
    return createRuntime(context, item, activationMs);
  };
  for (const name of COMMANDS) {
    context.subscriptions.push(
      vscode.commands.registerCommand(`dictate.${name}`, (...args: unknown[]) => {
        runtime ??= load();
        return runtime.run(name, args);
      }),
    );
  }
  const activationMs = performance.now() - began;
  return {
    activationMs,
    get state() {
      return runtime?.state ?? 'idle';
    },
    get mode() {
      return runtime?.mode ?? 'manual';
    },
    get lastFinal() {
      return runtime?.lastFinal;
    },
    get partials() {
      return runtime?.partials ?? [];
    },
    get serverPid() {
      return runtime?.serverPid;
    },
  };
}

export async function deactivate(): Promise<void> {
  await runtime?.leave();
}
