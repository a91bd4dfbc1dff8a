// How what is said is written, the user's words, and the last texts once more.

import * as vscode from 'vscode';
import type { Client } from './client';
import type { Dictation } from './dictation';
import { line } from './wording';
import { say } from './notices';
import { agoText, oneLine } from './shortTexts';
import type {
  Alternatives,
  HistoryEntry,
  HistoryList,
  ModeResult,
  VocabularyFiles,
  WritingMode,
} from './protocol';

const MODES: { mode: WritingMode; detail: string }[] = [
  { mode: 'auto', detail: 'by the syntax around the cursor' },
  { mode: 'code', detail: 'spoken forms and names' },
  { mode: 'prose', detail: 'sentences, with names' },
  { mode: 'vibe', detail: 'sentences, with names in backticks' },
  { mode: 'raw', detail: 'just as it was heard' },
];
const COPY: vscode.QuickInputButton = {
  iconPath: new vscode.ThemeIcon('copy'),
  tooltip: 'Copy',
};

export class Writing implements vscode.Disposable {
  private current: WritingMode = 'auto';
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly listener: vscode.Disposable;

  readonly onDidChange = this.changed.event;

  constructor(
    private readonly client: Client,
    private readonly dictation: Dictation,
  ) {
    // A server that was started anew begins with its own.
    this.listener = client.onDidStart(() => {
      if (this.current !== 'auto') {
        client.execute('dictate.mode', { mode: this.current }).catch(() => undefined);
      }
    });
  }

  /** The one that was chosen, as far as the server said. */
  get mode(): WritingMode {
    return this.current;
  }

  async chooseMode(given?: unknown): Promise<void> {
    const known = MODES.find(({ mode }) => mode === given)?.mode;
    if (given !== undefined && known === undefined) {
      const names = MODES.map(({ mode }) => mode).join(', ');
      say('error', `there is no mode ${JSON.stringify(given)}: ${names}`);
      return;
    }
    const mode = known ?? (await this.pickMode());
    if (mode === undefined) return;
    const argument = { ...this.dictation.place(), mode };
    const result = await this.client.askCommand<ModeResult>('dictate.mode', argument);
    if (result) {
      this.current = result.mode;
      this.changed.fire();
    }
  }

  /** Swaps the last text for what was heard, and back. */
  raw(): void {
    if (this.wasDictated()) void this.client.askCommand('dictate.raw');
  }

  async alternatives(): Promise<void> {
    if (!this.wasDictated()) return;
    const result = await this.client.askCommand<Alternatives>('dictate.alternatives');
    if (!result) return;
    if (result.choices.length === 0) {
      say('info', 'there are no alternatives');
      return;
    }
    const items = result.choices.map(({ label, detail, index }) => ({
      label: label.replace(/\n/g, '⏎'),
      description: detail,
      index,
    }));
    const chosen = await vscode.window.showQuickPick(items, {
      title: `Instead of "${oneLine(result.text)}"`,
      placeHolder: 'What it should be; names that you choose are learned',
    });
    if (chosen) {
      const { utteranceId } = result;
      await this.client.askCommand('dictate.choose', { utteranceId, index: chosen.index });
    }
  }

  async vocabulary(): Promise<void> {
    const files = await this.client.askCommand<VocabularyFiles>('dictate.vocabulary');
    if (!files) return;
    let path = files.path;
    if (files.projectPath !== null) {
      const chosen = await vscode.window.showQuickPick(
        [
          { label: 'Your words', description: files.path, path: files.path },
          { label: "The project's words", description: files.projectPath, path: files.projectPath },
        ],
        { title: 'Vocabulary' },
      );
      if (!chosen) return;
      path = chosen.path;
    }
    await openFile(path);
  }

  async history(): Promise<void> {
    if (!this.wasDictated()) return;
    const result = await this.client.askCommand<HistoryList>('dictate.history');
    if (!result) return;
    if (result.entries.length === 0) {
      say('info', 'nothing was dictated yet');
      return;
    }
    this.pickOfHistory(result.entries);
  }

  dispose(): void {
    this.listener.dispose();
    this.changed.dispose();
  }

  // Without a server nothing was dictated.
  private wasDictated(): boolean {
    if (!this.client.isReady) say('info', 'nothing was dictated yet');
    return this.client.isReady;
  }

  private async pickMode(): Promise<WritingMode | undefined> {
    const now = await this.client.askCommand<ModeResult>('dictate.mode', this.dictation.place());
    if (!now) return undefined;
    const items = MODES.map(({ mode, detail }) => ({
      label: mode === now.mode ? `$(check) ${mode}` : `$(blank) ${mode}`,
      description:
        mode === now.mode && now.effective !== now.mode
          ? `${detail}; here ${now.effective}${now.reason === '' ? '' : ` (${now.reason})`}`
          : detail,
      mode,
    }));
    const options = { title: 'How what you say is written' };
    return (await vscode.window.showQuickPick(items, options))?.mode;
  }

  private pickOfHistory(entries: HistoryEntry[]): void {
    const pick = vscode.window.createQuickPick<vscode.QuickPickItem & { entry: HistoryEntry }>();
    pick.title = 'Last dictations';
    pick.placeholder = 'Insert one at the cursor, or copy it';
    pick.matchOnDetail = true;
    pick.items = entries.map((entry) => {
      const latency = entry.latencyMs === null ? '' : `, ${Math.round(entry.latencyMs)} ms`;
      const isLost = entry.outcome === 'failed';
      return {
        label: (isLost ? '$(warning) ' : '') + (oneLine(entry.text, 100) || '(not recognised)'),
        description: agoText(Date.now() - Date.parse(entry.spokenAt)) + latency,
        ...(entry.message === undefined ? {} : { detail: entry.message }),
        buttons: entry.text === '' ? [] : [COPY],
        entry,
      };
    });
    pick.onDidTriggerItemButton(({ item }) => {
      void vscode.env.clipboard.writeText(item.entry.text);
      pick.hide();
    });
    pick.onDidAccept(() => {
      const entry = pick.selectedItems[0]?.entry;
      pick.hide();
      if (entry) void insert(entry.text);
    });
    pick.onDidHide(() => {
      pick.dispose();
    });
    pick.show();
  }
}

async function insert(text: string): Promise<void> {
  if (text === '') {
    say('info', 'this one has no text yet: "Dictate: Insert What Was Kept" recognises it again');
    return;
  }
  const editor = vscode.window.activeTextEditor;
  if (!editor) {
    say('error', 'no text editor has the focus: go to a file, then choose again');
    return;
  }
  const { version } = editor.document;
  const applied = await editor.edit((builder) => {
    for (const selection of editor.selections) builder.replace(selection, text);
  });
  if (!applied || editor.document.version === version) {
    say('error', 'this document cannot be changed: go to another, then choose again');
  }
}

/** Opens a file of this machine; what goes wrong is said. */
export async function openFile(path: string): Promise<boolean> {
  try {
    await vscode.window.showTextDocument(vscode.Uri.file(path));
    return true;
  } catch (error) {
    await vscode.window.showErrorMessage(line(error instanceof Error ? error.message : path));
    return false;
  }
}
