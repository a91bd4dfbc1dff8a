// Places in open documents that follow their text.

import * as vscode from 'vscode';
import { type Gravity, type Point, type Span, compare, moved } from './points';

export interface Place {
  uri: string;
  at: Point;
  gravity: Gravity;
}

/** A text at its place; what is typed beside it is not of it. */
export interface StandingText {
  start: Place;
  end: Place;
  text: string;
}

export function toRange(span: Span): vscode.Range {
  return new vscode.Range(span.start.line, span.start.character, span.end.line, span.end.character);
}

export function toPosition(point: Point): vscode.Position {
  return new vscode.Position(point.line, point.character);
}

export function findDocument(uri: string): vscode.TextDocument | undefined {
  return vscode.workspace.textDocuments.find(
    (document) => !document.isClosed && document.uri.toString() === uri,
  );
}

export class Places implements vscode.Disposable {
  private readonly followed = new Set<Place>();
  private readonly changed = new vscode.EventEmitter<vscode.TextDocument>();
  private readonly listener: vscode.Disposable;

  /** A document changed, and all its places are where they belong. */
  readonly onDidMove = this.changed.event;

  constructor() {
    this.listener = vscode.workspace.onDidChangeTextDocument((event) => {
      this.follow(event);
    });
  }

  /** What is typed exactly there stands behind the place, unless it has right gravity. */
  add(uri: string, at: Point, gravity: Gravity = 'left'): Place {
    const place: Place = { uri, at: { line: at.line, character: at.character }, gravity };
    this.followed.add(place);
    return place;
  }

  remove(...places: Place[]): void {
    for (const place of places) this.followed.delete(place);
  }

  /** Follows the text that is about to be put into `span`, which is empty or has the old text. */
  arriving(uri: string, span: Span, text: string): StandingText {
    return { start: this.add(uri, span.start), end: this.add(uri, span.end, 'right'), text };
  }

  /** The text that was arriving stands there now. */
  arrived(standing: StandingText): void {
    standing.start.gravity = 'right';
    standing.end.gravity = 'left';
  }

  forget(standing: StandingText): void {
    this.remove(standing.start, standing.end);
  }

  /** Where the text stands; undefined where it was changed or is gone. */
  spanOf(standing: StandingText): Span | undefined {
    const span = { start: standing.start.at, end: standing.end.at };
    const document = findDocument(standing.start.uri);
    if (!document || compare(span.start, span.end) > 0) return undefined;
    return sameText(document.getText(toRange(span)), standing.text) ? span : undefined;
  }

  dispose(): void {
    this.listener.dispose();
    this.changed.dispose();
  }

  private follow(event: vscode.TextDocumentChangeEvent): void {
    if (event.contentChanges.length === 0) return;
    const uri = event.document.uri.toString();
    for (const place of this.followed) {
      if (place.uri !== uri) continue;
      // VS Code lists the changes from the last to the first.
      for (const change of event.contentChanges) {
        place.at = moved(place.at, change, place.gravity);
      }
    }
    this.changed.fire(event.document);
  }
}

/** Documents have line ends of their own. */
export function sameText(a: string, b: string): boolean {
  return a === b || a.replace(/\r\n/g, '\n') === b.replace(/\r\n/g, '\n');
}
