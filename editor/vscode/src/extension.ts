// What VS Code loads at startup: as little as can be. The rest is in runtime.ts, loaded at first use.

import { performance } from 'node:perf_hooks';
import * as vscode from 'vscode';
import type { Runtime } from './runtime';

const COMMANDS = [
  'toggle',
  'start',
  'stop',
  'cancel',
  'hold',
  'handsFree',
  'vibe',
  'file',
  'chooseMicrophone',
  'chooseModel',
  'mode',
  'raw',
  'alternatives',
  'vocabulary',
  'history',
  'stats',
  'status',
  'retry',
  'discard',
  'restart',
  'showLog',
  'doctor',
  'openSettings',
  'openKeybindings',
  'installServer',
  'removeServer',
] as const;

export type CommandName = (typeof COMMANDS)[number];

let runtime: Runtime | undefined;

export function activate(context: vscode.ExtensionContext): { activationMs: number } {
  const began = performance.now();
  const load = (): Runtime => {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- at first use, not at startup
    runtime ??= (require('./runtime') as typeof import('./runtime')).createRuntime(context);
    return runtime;
  };
  for (const name of COMMANDS) {
    context.subscriptions.push(
      vscode.commands.registerCommand(`dictate.${name}`, (...args: unknown[]) =>
        load().run(name, args),
      ),
    );
  }
  return { activationMs: performance.now() - began };
}

export async function deactivate(): Promise<void> {
  await runtime?.stop();
}
