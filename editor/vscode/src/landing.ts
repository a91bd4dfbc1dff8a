// The texts that the server sends, into the document: new ones, and others instead of dictated ones.
// Each is one undo step.

import * as vscode from 'vscode';
import { editorOf, isClosed, isWritable } from './documents';
import type { Doubtful } from './doubtful';
import {
  type Place,
  type Places,
  type StandingText,
  findDocument,
  sameText,
  toPosition,
  toRange,
} from './places';
import { type Span, type TextChange, compare, isEmpty, isSame, trimmed } from './points';
import type { EditAnswer, EditParams } from './protocol';
import type { Utterance, Utterances } from './utterances';

const STALE: EditAnswer = { applied: false, reason: 'stale' };
const CLOSED: EditAnswer = { applied: false, reason: 'closed' };
const READ_ONLY: EditAnswer = { applied: false, reason: 'readonly' };
/** So many texts are remembered at several cursors, and so many answers. */
const MOST_REMEMBERED = 50;

function trim(map: Map<string, unknown>, forget: (key: string) => void): void {
  for (const key of map.keys()) {
    if (map.size <= MOST_REMEMBERED) return;
    forget(key);
    map.delete(key);
  }
}

interface UndoStops {
  undoStopBefore: boolean;
  undoStopAfter: boolean;
}

export class Landing {
  private readonly answers = new Map<string, Promise<EditAnswer>>();
  /** The same text at the other cursors, by utterance. */
  private readonly copies = new Map<string, StandingText[]>();

  /**
   * @param nextPlace where the next text of a hands-free mode goes
   * @param redraw shows what changed of the utterances
   */
  constructor(
    private readonly places: Places,
    private readonly utterances: Utterances,
    private readonly doubtful: Doubtful,
    private readonly nextPlace: () => Place | undefined,
    private readonly redraw: () => void,
  ) {}

  /** Answers `dictate/edit`. A request that comes again is answered again, and nothing is done. */
  async edit(params: EditParams): Promise<EditAnswer> {
    const key = JSON.stringify(params);
    const known = this.answers.get(key);
    if (known) return known;
    const answering = this.apply(params);
    this.answers.set(key, answering);
    trim(this.answers, () => undefined);
    const answer = await answering.catch((): EditAnswer => STALE);
    // What was not applied may be tried again.
    if (!answer.applied) this.answers.delete(key);
    return answer;
  }

  private async apply({ utteranceId, edit }: EditParams): Promise<EditAnswer> {
    const { uri, version } = edit.textDocument;
    const document = findDocument(uri);
    if (!document || isClosed(document)) return CLOSED;
    if (!isWritable(document)) return READ_ONLY;
    const range = toRange(edit.range);
    if (document.version !== version || !document.validateRange(range).isEqual(range)) return STALE;

    const utterance = this.utterances.find(utteranceId);
    if (!isEmpty(edit.range)) return this.replace(document, utteranceId, edit.range, edit.newText);
    if (utterance && (await this.removeSelected(document, utterance))) return STALE;
    return this.insert(document, utteranceId, utterance, edit.range, edit.newText);
  }

  /**
   * What was selected when the dictation began gives way to the text, as to one that is typed, if it
   * is still selected. The server then plans the text for the place as it is without it.
   */
  private async removeSelected(
    document: vscode.TextDocument,
    utterance: Utterance,
  ): Promise<boolean> {
    const { selected } = utterance;
    utterance.selected = [];
    const editor = editorOf(document);
    const spans = selected.map((each) => this.places.spanOf(each));
    for (const each of selected) this.places.forget(each);
    const isStillSelected =
      editor !== undefined &&
      spans.length > 0 &&
      spans.every(
        (span) =>
          span !== undefined &&
          editor.selections.some((selection) => selection.isEqual(toRange(span))),
      );
    if (!isStillSelected) return false;
    const { version } = document;
    await editor.edit(
      (builder) => {
        for (const span of spans) if (span) builder.delete(toRange(span));
      },
      { undoStopBefore: true, undoStopAfter: false },
    );
    utterance.continuesUndo = document.version !== version;
    return utterance.continuesUndo;
  }

  private async insert(
    document: vscode.TextDocument,
    utteranceId: string,
    utterance: Utterance | undefined,
    span: Span,
    text: string,
  ): Promise<EditAnswer> {
    const uri = document.uri.toString();
    const others = (utterance?.others ?? []).filter(
      (place, index, all) =>
        place.uri === uri &&
        !isSame(place.at, span.start) &&
        all.findIndex((each) => isSame(each.at, place.at)) === index,
    );
    const spans = [span, ...others.map(({ at }): Span => ({ start: at, end: at }))];
    const standing = spans.map((each) => this.places.arriving(uri, each, text));
    // Texts of later dictations belong behind this one.
    const starts = spans.map(({ start }) => start);
    const pushed = this.utterances.placesBehind(uri, starts, utterance);
    const next = this.nextPlace();
    if (next?.uri === uri && isSame(next.at, span.start)) pushed.push(next);
    for (const place of pushed) place.gravity = 'right';
    if (utterance) {
      // It must not stand beside its own drawing for a moment.
      utterance.landed = true;
      this.redraw();
    }
    const stops = {
      undoStopBefore: utterance?.continuesUndo !== true,
      undoStopAfter: true,
    };
    const answer = await this.write(
      document,
      spans.map((range) => ({ range, text })),
      stops,
    );
    for (const place of pushed) place.gravity = 'left';
    if (answer.applied) {
      for (const each of standing) this.places.arrived(each);
      const [first, ...copies] = standing;
      this.doubtful.clear();
      if (first) this.doubtful.remember(utteranceId, first);
      if (copies.length > 0) {
        this.copies.set(utteranceId, copies);
        trim(this.copies, (key) => {
          this.copies.get(key)?.forEach((copy) => {
            this.places.forget(copy);
          });
        });
      }
    } else {
      for (const each of standing) this.places.forget(each);
      if (utterance) utterance.landed = false;
    }
    this.redraw();
    return answer;
  }

  private async replace(
    document: vscode.TextDocument,
    utteranceId: string,
    span: Span,
    text: string,
  ): Promise<EditAnswer> {
    const old = document.getText(toRange(span));
    const copies = (this.copies.get(utteranceId) ?? []).filter((copy) => {
      const stands = this.places.spanOf(copy);
      return stands !== undefined && sameText(copy.text, old) && !isSame(stands.start, span.start);
    });
    const spans = [span];
    for (const copy of copies) {
      const stands = this.places.spanOf(copy);
      if (stands) spans.push(stands);
    }
    this.doubtful.clear();
    const rearriving = copies.map((copy) => {
      const stands = { start: copy.start.at, end: copy.end.at };
      this.places.forget(copy);
      return this.places.arriving(copy.start.uri, stands, text);
    });
    const changes = spans.map((each) => trimmed(each, document.getText(toRange(each)), text));
    const answer = await this.write(document, changes, {
      undoStopBefore: true,
      undoStopAfter: true,
    });
    for (const each of rearriving) this.places.arrived(each);
    if (rearriving.length > 0) this.copies.set(utteranceId, rearriving);
    this.redraw();
    return answer;
  }

  private async write(
    document: vscode.TextDocument,
    changes: TextChange[],
    stops: UndoStops,
  ): Promise<EditAnswer> {
    const { version } = document;
    const editor = editorOf(document);
    const applied = editor
      ? await this.writeInEditor(editor, changes, stops)
      : await this.writeUnseen(document, changes);
    if (document.isClosed) return CLOSED;
    if (!applied) return STALE;
    // VS Code says "applied" of an edit that a read-only editor ignored.
    const isThere = document.version !== version || changes.every(isNothing);
    return isThere ? { applied: true } : READ_ONLY;
  }

  private async writeInEditor(
    editor: vscode.TextEditor,
    changes: TextChange[],
    stops: UndoStops,
  ): Promise<boolean> {
    // A selection that ends where a text is inserted would grow over it.
    const inserted = changes.length === 1 ? changes[0]?.range : undefined;
    const touched = inserted
      ? editor.selections.filter(
          (selection) => !selection.isEmpty && compare(selection.end, inserted.start) === 0,
        )
      : [];
    const before = editor.selections;
    const applied = await editor.edit((builder) => {
      for (const { range, text } of changes) {
        if (isEmpty(range)) builder.insert(toPosition(range.start), text);
        else builder.replace(toRange(range), text);
      }
    }, stops);
    if (applied && touched.length > 0 && before.length === touched.length) {
      editor.selections = before;
    }
    return applied;
  }

  private async writeUnseen(
    document: vscode.TextDocument,
    changes: TextChange[],
  ): Promise<boolean> {
    const edit = new vscode.WorkspaceEdit();
    for (const { range, text } of changes) edit.replace(document.uri, toRange(range), text);
    return vscode.workspace.applyEdit(edit);
  }
}

function isNothing(change: TextChange): boolean {
  return isEmpty(change.range) && change.text === '';
}
