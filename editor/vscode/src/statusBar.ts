// The item in the status bar: what Dictate does, how loud it is, how long the last text took.

import * as vscode from 'vscode';
import type { Client } from './client';
import type { Config } from './config';
import type { Dictation } from './dictation';
import type { State, Status } from './protocol';
import { toggleByClick } from './commandNames';
import { type Shown, shownMs, statusLabel, statusText } from './statusText';
import type { Writing } from './writing';

/** The level comes this often at most; the clock shows seconds. */
const REFRESH_MS = 1000 / 15;
const COMMANDS: [string, string][] = [
  ['dictate.toggle', 'Start or stop'],
  ['dictate.handsFree', 'Hands-free'],
  ['dictate.mode', 'Writing mode'],
  ['dictate.chooseMicrophone', 'Microphone'],
  ['dictate.chooseModel', 'Model'],
  ['dictate.stats', 'Latencies'],
  ['dictate.openSettings', 'Settings'],
];

export class StatusBar implements vscode.Disposable {
  private readonly disposables: vscode.Disposable[];
  private timer: NodeJS.Timeout | undefined;
  private drawnMs = 0;
  private drawnState: State | undefined;
  private status: Status | undefined;

  constructor(
    private readonly item: vscode.StatusBarItem,
    private readonly client: Client,
    private readonly config: Config,
    private readonly dictation: Dictation,
    private readonly writing: Writing,
  ) {
    const soon = (): void => {
      this.drawSoon();
    };
    this.disposables = [
      dictation.onDidChange(soon),
      client.onDidChangeHealth(soon),
      client.progresses.onDidChange(soon),
      writing.onDidChange(soon),
      config.onDidChange(soon),
      dictation.onDidEnd(() => void this.look()),
      client.onDidStart(() => void this.look()),
      client.onDidLose(() => {
        this.status = undefined;
      }),
    ];
    this.draw();
  }

  dispose(): void {
    clearTimeout(this.timer);
    for (const each of this.disposables) each.dispose();
  }

  private drawSoon(): void {
    // A level waits for its turn; a state does not, as somebody waits for it.
    const isNews = this.drawnState !== this.dictation.state;
    if (this.timer && !isNews) return;
    const waitMs = isNews ? 0 : Math.max(0, this.drawnMs + REFRESH_MS - Date.now());
    if (waitMs === 0) {
      clearTimeout(this.timer);
      this.timer = undefined;
      this.draw();
      return;
    }
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.draw();
    }, waitMs);
  }

  private draw(): void {
    this.drawnMs = Date.now();
    this.drawnState = this.dictation.state;
    const { item, dictation } = this;
    if (!this.config.own['statusBar.enabled']) {
      item.hide();
      return;
    }
    const shown = this.shown();
    const isFailed = shown.health === 'failed';
    const text = statusText(shown);
    if (item.text !== text) item.text = text;
    item.command = isFailed ? 'dictate.restart' : toggleByClick;
    item.backgroundColor = isFailed
      ? new vscode.ThemeColor('statusBarItem.errorBackground')
      : shown.state === 'listening'
        ? new vscode.ThemeColor('statusBarItem.warningBackground')
        : undefined;
    item.accessibilityInformation = { label: statusLabel(shown), role: 'button' };
    // A tooltip that changes closes under the pointer.
    if (dictation.state === 'idle') item.tooltip = this.tooltip(shown);
    item.show();
  }

  private shown(): Shown {
    const { dictation } = this;
    const utterance = dictation.shown;
    const since = utterance?.heardSinceMs;
    return {
      health: this.client.health,
      state: dictation.state,
      mode: dictation.mode,
      writingMode: this.writing.mode,
      levelDbfs: utterance?.levelDbfs,
      heardForMs: since === undefined ? 0 : Date.now() - since,
      latency: dictation.latency,
      showsLatency: this.config.own['statusBar.latency'],
    };
  }

  private tooltip(shown: Shown): vscode.MarkdownString {
    const lines = [`**${statusLabel(shown)}**`];
    const { latency } = shown;
    if (latency) {
      lines.push(
        `Text after ${shownMs(latency.lastMs)}; p50 ${shownMs(latency.p50Ms)}, ` +
          `p95 ${shownMs(latency.p95Ms)} of ${latency.count}`,
      );
    }
    if (this.status) {
      lines.push(`Microphone: ${this.status.microphone ?? this.dictation.device ?? 'the default'}`);
      const { engine } = this.status;
      if (engine) lines.push(`Engine: ${engine.pair} (${engine.target}) on ${engine.device}`);
    }
    lines.push(COMMANDS.map(([command, title]) => `[${title}](command:${command})`).join(' · '));
    const markdown = new vscode.MarkdownString(lines.join('\n\n'));
    markdown.isTrusted = { enabledCommands: COMMANDS.map(([command]) => command) };
    return markdown;
  }

  private async look(): Promise<void> {
    try {
      this.status = await this.client.request<Status>('dictate/status', {});
    } catch {
      this.status = undefined;
    }
    this.drawSoon();
  }
}
