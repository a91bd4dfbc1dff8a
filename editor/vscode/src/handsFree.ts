// A hands-free mode: the server begins one utterance after the other. Here is which mode it is, and
// where the next text will stand: at the place of the last one, behind its text once that is there,
// or where the cursor went meanwhile, as long as nobody speaks.

import * as vscode from 'vscode';
import type { Client } from './client';
import { isWritable } from './documents';
import type { Place, Places } from './places';
import { isSame } from './points';
import type { Mode, PlaceResult } from './protocol';
import type { Utterance, Utterances } from './utterances';

/** A held arrow key is one move. */
const SETTLED_MS = 100;

export class HandsFree implements vscode.Disposable {
  private current: Mode = 'manual';
  private next: Place | undefined;
  private settling: NodeJS.Timeout | undefined;
  private readonly listeners: vscode.Disposable[];

  /** @param moved an utterance has another place now */
  constructor(
    private readonly client: Client,
    private readonly places: Places,
    private readonly utterances: Utterances,
    private readonly moved: () => void,
  ) {
    this.listeners = [
      vscode.window.onDidChangeTextEditorSelection(({ textEditor }) => {
        if (textEditor === vscode.window.activeTextEditor) this.cursorMoved();
      }),
      vscode.window.onDidChangeActiveTextEditor(() => {
        this.cursorMoved();
      }),
    ];
  }

  /** 'manual' while the user ends each utterance. */
  get mode(): Mode {
    return this.current;
  }

  get isOn(): boolean {
    return this.current !== 'manual';
  }

  /** Where the next text goes. */
  get nextPlace(): Place | undefined {
    return this.next;
  }

  setMode(mode: Mode): void {
    this.current = mode;
    if (mode === 'manual' && this.next) {
      this.places.remove(this.next);
      this.next = undefined;
    }
  }

  /** The next text goes there. */
  continueAt(place: Place): void {
    if (!this.isOn) return;
    const old = this.next;
    this.next = this.places.add(place.uri, place.at);
    if (old) this.places.remove(old);
  }

  dispose(): void {
    clearTimeout(this.settling);
    for (const listener of this.listeners) listener.dispose();
  }

  private cursorMoved(): void {
    if (!this.isOn) return;
    clearTimeout(this.settling);
    this.settling = setTimeout(() => {
      void this.follow();
    }, SETTLED_MS);
  }

  private async follow(): Promise<void> {
    const utterance = this.utterances.speaking;
    const editor = vscode.window.activeTextEditor;
    if (!this.isOn || utterance?.state !== 'listening' || utterance.partial !== '') return;
    if (!editor || !isWritable(editor.document)) return;
    if (utterance.isSpeaking) {
      // Or a key clicked: then it is over soon.
      this.cursorMoved();
      return;
    }
    const uri = editor.document.uri.toString();
    const { line, character } = editor.selection.active;
    if (uri === utterance.place.uri && isSame({ line, character }, utterance.place.at)) return;
    // It follows the document until the server has answered.
    const place = this.places.add(uri, { line, character });
    try {
      const argument = { uri, position: { line, character } };
      const { placed } = await this.client.execute<PlaceResult>('dictate.place', argument);
      if (placed) this.move(utterance, place);
    } catch (error) {
      this.client.sayError(error);
    } finally {
      this.places.remove(place);
    }
  }

  private move(utterance: Utterance, place: Place): void {
    if (!this.utterances.all.includes(utterance)) return;
    this.places.remove(utterance.place);
    utterance.place = this.places.add(place.uri, place.at);
    this.continueAt(place);
    this.moved();
  }
}
