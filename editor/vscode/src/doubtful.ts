// Words that were hardly understood, underlined for a moment after their text arrived.
//
// Which words these are is said after the text, whose place is remembered until then. A mark goes
// when its word is edited, with the next text that arrives, with its document, and by itself.

import * as vscode from 'vscode';
import type { Config } from './config';
import type { FinalParams } from './protocol';
import { type Places, type StandingText, findDocument, toRange } from './places';
import type { Point, Span } from './points';

/** Where a place of the server's document is, counted from the text's beginning here. */
function fromStart(point: Point, theirs: Point, ours: Point): Point {
  const line = point.line - theirs.line;
  return {
    line: ours.line + line,
    character: line === 0 ? ours.character + point.character - theirs.character : point.character,
  };
}

interface Word extends StandingText {
  /** With the letters beside it. */
  whole: string;
}

// A letter that is typed beside a word makes another word of it, a bracket does not.
function wholeWord(document: vscode.TextDocument, span: Span): string {
  const before = document.lineAt(span.start.line).text.slice(0, span.start.character);
  const behind = document.lineAt(span.end.line).text.slice(span.end.character);
  return (
    (/[\p{L}\p{N}_]*$/u.exec(before)?.[0] ?? '') +
    document.getText(toRange(span)) +
    (/^[\p{L}\p{N}_]*/u.exec(behind)?.[0] ?? '')
  );
}

export class Doubtful implements vscode.Disposable {
  private readonly type = vscode.window.createTextEditorDecorationType({
    textDecoration: 'underline dotted',
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
    overviewRulerColor: new vscode.ThemeColor('editorWarning.foreground'),
    overviewRulerLane: vscode.OverviewRulerLane.Right,
  });
  private readonly landed = new Map<string, StandingText>();
  private shown: Word[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly places: Places,
    private readonly config: Config,
  ) {
    places.onDidMove(() => {
      this.dropEdited();
    });
  }

  /** A new text stands there. Its utterance has not ended yet. */
  remember(utteranceId: string, standing: StandingText): void {
    this.landed.set(utteranceId, standing);
  }

  /** The utterance has ended. */
  show({ utteranceId, range: theirs, doubtful = [] }: FinalParams): void {
    const standing = this.landed.get(utteranceId);
    this.landed.delete(utteranceId);
    if (!standing) return;
    const ours = this.places.spanOf(standing);
    this.places.forget(standing);
    const document = findDocument(standing.start.uri);
    const shownMs = this.config.own.doubtfulMs;
    if (!ours || !theirs || !document || doubtful.length === 0 || shownMs === 0) return;
    this.clear();
    for (const span of doubtful) {
      const start = fromStart(span.start, theirs.start, ours.start);
      const end = fromStart(span.end, theirs.start, ours.start);
      const here: Span = { start, end };
      const text = document.getText(toRange(here));
      if (text === '') continue;
      this.shown.push({
        start: this.places.add(standing.start.uri, start, 'right'),
        end: this.places.add(standing.start.uri, end, 'left'),
        text,
        whole: wholeWord(document, here),
      });
    }
    this.draw();
    this.timer = setTimeout(() => {
      this.clear();
    }, shownMs);
  }

  /** Takes the marks away. */
  clear(): void {
    clearTimeout(this.timer);
    if (this.shown.length === 0) return;
    for (const word of this.shown) this.places.forget(word);
    this.shown = [];
    this.draw();
  }

  /** Nothing more is said of the texts that arrived: the server is gone. */
  forget(): void {
    for (const standing of this.landed.values()) this.places.forget(standing);
    this.landed.clear();
  }

  /** Draws the marks in all editors that show their document. */
  draw(): void {
    for (const editor of vscode.window.visibleTextEditors) {
      const uri = editor.document.uri.toString();
      const here = this.shown.filter((word) => word.start.uri === uri);
      editor.setDecorations(
        this.type,
        here.map((word) => toRange({ start: word.start.at, end: word.end.at })),
      );
    }
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.type.dispose();
  }

  private dropEdited(): void {
    const unchanged = this.shown.filter((word) => this.isUnchanged(word));
    if (unchanged.length === this.shown.length) return;
    for (const word of this.shown) if (!unchanged.includes(word)) this.places.forget(word);
    this.shown = unchanged;
    this.draw();
  }

  private isUnchanged(word: Word): boolean {
    const document = findDocument(word.start.uri);
    const span = this.places.spanOf(word);
    return document !== undefined && span !== undefined && wholeWord(document, span) === word.whole;
  }
}
