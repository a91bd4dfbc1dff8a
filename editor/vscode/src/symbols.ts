// The names that the document's language servers know, for ours to spell.
//
// They are asked for when a dictation begins, and again a while after changes, and told when they
// are others than before. Nothing waits for them.

import * as vscode from 'vscode';
import type { Client } from './client';
import { findDocument } from './places';
import { type NamedSymbol, flatten } from './symbolList';

/** A pause in typing, and no more often than a large file's servers can bear. */
const QUIET_MS = 2000;

interface Known {
  version: number;
  told: string;
  asking: boolean;
}

export class Symbols implements vscode.Disposable {
  private readonly known = new Map<string, Known>();
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private readonly listeners: vscode.Disposable[];

  constructor(private readonly client: Client) {
    this.listeners = [
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        const uri = document.uri.toString();
        if (contentChanges.length > 0 && this.known.has(uri)) this.refreshLater(uri);
      }),
      vscode.workspace.onDidCloseTextDocument((document) => {
        this.forget(document.uri.toString());
      }),
      client.onDidLose(() => {
        for (const uri of [...this.known.keys()]) this.forget(uri);
      }),
    ];
  }

  /** Asks for the names of a document that is dictated into, where they may be new. */
  async refresh(uri: string): Promise<void> {
    const document = findDocument(uri);
    if (!document) return;
    const known = this.known.get(uri) ?? { version: -1, told: '[]', asking: false };
    this.known.set(uri, known);
    if (known.asking || known.version === document.version) return;
    known.asking = true;
    known.version = document.version;
    const symbols = await this.ask(document);
    known.asking = false;
    // A server that is still loading knows nothing; it is asked again.
    if (symbols.length === 0) known.version = -1;
    if (this.known.get(uri) !== known) return;
    const told = JSON.stringify(symbols);
    if (told !== known.told) {
      known.told = told;
      void this.client.notify('dictate/symbols', { uri, symbols });
    }
    if (known.version !== -1 && known.version !== document.version) this.refreshLater(uri);
  }

  dispose(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    for (const listener of this.listeners) listener.dispose();
  }

  private async ask(document: vscode.TextDocument): Promise<NamedSymbol[]> {
    try {
      const found = await vscode.commands.executeCommand(
        'vscode.executeDocumentSymbolProvider',
        document.uri,
      );
      // VS Code counts kinds from 0, LSP from 1.
      return flatten(found).map(({ name, kind }) => ({ name, kind: kind + 1 }));
    } catch {
      return [];
    }
  }

  private refreshLater(uri: string): void {
    clearTimeout(this.timers.get(uri));
    this.timers.set(
      uri,
      setTimeout(() => {
        this.timers.delete(uri);
        void this.refresh(uri);
      }, QUIET_MS),
    );
  }

  private forget(uri: string): void {
    clearTimeout(this.timers.get(uri));
    this.timers.delete(uri);
    this.known.delete(uri);
  }
}
