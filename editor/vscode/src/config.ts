// The settings of VS Code, read when they are needed.

import * as vscode from 'vscode';
import { type ClientSettings, checkedSettings, serverSettings } from './checkedSettings';
import type { RestartTimes } from './crashes';
import { say } from './notices';

export class Config implements vscode.Disposable {
  private settings: ClientSettings | undefined;
  private readonly complained = new Set<string>();
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly listener: vscode.Disposable;

  readonly onDidChange = this.changed.event;

  constructor() {
    this.listener = vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('dictate')) {
        this.settings = undefined;
        this.changed.fire();
      }
    });
  }

  /** This extension's own settings; of the wrong type they are named once. */
  get own(): ClientSettings {
    if (!this.settings) {
      const given = vscode.workspace.getConfiguration('dictate');
      const { settings, problems } = checkedSettings((name) => given.get(name));
      this.settings = settings;
      for (const problem of problems) {
        if (!this.complained.has(problem)) say('warning', problem);
        this.complained.add(problem);
      }
    }
    return this.settings;
  }

  /** Everything that is the server's, as it expects it. */
  forServer(): Record<string, unknown> {
    const all = vscode.workspace.getConfiguration().get<unknown>('dictate');
    const plain = JSON.parse(JSON.stringify(all ?? {})) as Record<string, unknown>;
    return serverSettings(plain);
  }

  restartTimes(): RestartTimes {
    const { own } = this;
    return {
      delayMs: own['restart.delayMs'],
      limit: own['restart.limit'],
      windowMs: own['restart.windowMs'],
    };
  }

  dispose(): void {
    this.listener.dispose();
    this.changed.dispose();
  }
}
