// What is drawn at the place where a text will stand: decorations, nothing of it is ever in the
// document.
//
// A decoration's text cannot break lines and an extension is not told how wide an editor is. So a
// text that is longer than a few words is drawn as lines of its own over the lines below the place:
// each is put at its column and line by CSS, which VS Code passes on in `textDecoration`.

import * as vscode from 'vscode';
import type { Config } from './config';
import { type Layout, type Piece, layOut, printable, widthOf } from './ghostLayout';
import { toPosition } from './places';
import type { Utterance } from './utterances';

const ROOM_COLUMNS = 60;
const WIDTH_COLUMNS = 72;
/** From here on lines below begin at the indentation: there may be no room further right. */
const MOST_LEFT_COLUMN = 40;

const SETTLED = new vscode.ThemeColor('editor.foreground');
const TAIL = new vscode.ThemeColor('editorGhostText.foreground');
const LISTENING = new vscode.ThemeColor('editorError.foreground');
const FINISHING = new vscode.ThemeColor('descriptionForeground');

type Attachment = vscode.ThemableDecorationAttachmentRenderOptions;

/** Text of decorations loses blanks at its ends. */
function kept(text: string): string {
  return text.replace(/ /g, '\u00a0');
}

function styled({ text, settled }: Piece): Attachment {
  return settled
    ? { contentText: kept(text), color: SETTLED }
    : { contentText: kept(text), color: TAIL, fontStyle: 'italic' };
}

function css(rules: Record<string, string | number>): string {
  const parts = Object.entries(rules).map(([name, value]) => `${name}: ${value}`);
  return `none; ${parts.join('; ')}`;
}

/** Where the lines below begin and which way they go. */
interface Box {
  left: number;
  /** 1: the line below the place; -n: n lines above it. */
  firstLine: number;
  width: number;
}

function placed(box: Box, row: number, column: number): Record<string, string | number> {
  return {
    position: 'absolute',
    left: `${box.left + column}ch`,
    top: `${100 * (box.firstLine + row)}%`,
    'white-space': 'pre',
    'pointer-events': 'none',
  };
}

function background(box: Box, rows: number): Attachment {
  return {
    contentText: '\u00a0',
    textDecoration: css({
      ...placed(box, 0, 0),
      'z-index': 5,
      'margin-left': '-1ch',
      width: `${box.width + 2}ch`,
      height: `${100 * rows}%`,
      background: 'var(--vscode-editorWidget-background)',
      'box-shadow': '0 2px 8px var(--vscode-widget-shadow)',
      'border-radius': '3px',
    }),
  };
}

function linesBelow(layout: Layout, box: Box): Attachment[] {
  const found = [background(box, layout.below.length)];
  layout.below.forEach((line, row) => {
    let column = 0;
    for (const piece of line) {
      found.push({
        ...styled(piece),
        textDecoration: css({ ...placed(box, row, column), 'z-index': 6 }),
      });
      column += widthOf(piece.text);
    }
  });
  return found;
}

export class Ghost implements vscode.Disposable {
  private readonly icons: vscode.TextEditorDecorationType;
  private readonly texts: vscode.TextEditorDecorationType;
  private readonly tails: vscode.TextEditorDecorationType;
  private readonly boxes: vscode.TextEditorDecorationType;
  private readonly viewportLines = new WeakMap<vscode.TextEditor, number>();

  constructor(private readonly config: Config) {
    // At one place VS Code draws what has the lesser key first.
    const types = Array.from({ length: 4 }, () => vscode.window.createTextEditorDecorationType({}));
    types.sort((a, b) => (`${a.key}-` < `${b.key}-` ? -1 : 1));
    [this.icons, this.texts, this.tails, this.boxes] = types as [
      vscode.TextEditorDecorationType,
      vscode.TextEditorDecorationType,
      vscode.TextEditorDecorationType,
      vscode.TextEditorDecorationType,
    ];
  }

  /** Draws all utterances in all editors that show their documents. */
  draw(utterances: readonly Utterance[]): void {
    for (const editor of vscode.window.visibleTextEditors) {
      const uri = editor.document.uri.toString();
      const here = utterances.filter((each) => each.place.uri === uri && !each.landed);
      this.drawIn(editor, this.config.own['indicator.enabled'] ? here : []);
    }
  }

  dispose(): void {
    this.icons.dispose();
    this.texts.dispose();
    this.tails.dispose();
    this.boxes.dispose();
  }

  private drawIn(editor: vscode.TextEditor, utterances: Utterance[]): void {
    const icons: vscode.DecorationOptions[] = [];
    const texts: vscode.DecorationOptions[] = [];
    const tails: vscode.DecorationOptions[] = [];
    const boxes: vscode.DecorationOptions[] = [];
    for (const utterance of utterances) {
      const at = toPosition(utterance.place.at);
      const range = new vscode.Range(at, at);
      const add = (list: vscode.DecorationOptions[], after: Attachment): void => {
        list.push({ range, renderOptions: { after } });
      };
      const icon = this.iconOf(utterance);
      if (icon) {
        add(icons, icon);
        for (const other of utterance.others) {
          const there = toPosition(other.at);
          icons.push({ range: new vscode.Range(there, there), renderOptions: { after: icon } });
        }
      }
      if (utterance.partial === '') continue;
      const layout = this.layout(editor, utterance);
      for (const piece of layout.beside) {
        add(piece.settled ? texts : tails, styled(piece));
      }
      if (layout.below.length > 0) {
        const widths = layout.below.map((pieces) =>
          widthOf(pieces.map((each) => each.text).join('')),
        );
        const box = this.box(editor, at, layout.below.length, Math.max(...widths));
        for (const attachment of linesBelow(layout, box)) add(boxes, attachment);
      }
    }
    editor.setDecorations(this.texts, texts);
    editor.setDecorations(this.tails, tails);
    editor.setDecorations(this.icons, icons);
    editor.setDecorations(this.boxes, boxes);
  }

  private iconOf(utterance: Utterance): Attachment | undefined {
    const { own } = this.config;
    if (utterance.state === 'listening') {
      const icon = own[utterance.mode === 'manual' ? 'indicator.icon' : 'indicator.iconHandsFree'];
      return { contentText: icon, color: LISTENING, margin: '0 0.3ch' };
    }
    return { contentText: '…', color: FINISHING, margin: '0 0.3ch' };
  }

  private layout(editor: vscode.TextEditor, utterance: Utterance): Layout {
    const tabSize = Number(editor.options.tabSize ?? 4);
    return layOut(printable(utterance.partial, tabSize), printable(utterance.committed, tabSize), {
      room: ROOM_COLUMNS,
      width: WIDTH_COLUMNS,
      limit: this.config.own['indicator.lines'],
    });
  }

  private box(editor: vscode.TextEditor, at: vscode.Position, rows: number, width: number): Box {
    const tabSize = Number(editor.options.tabSize ?? 4);
    const line = editor.document.lineAt(Math.min(at.line, editor.document.lineCount - 1));
    const columns = (text: string): number => widthOf(printable(text, tabSize));
    const column = columns(line.text.slice(0, at.character));
    const indentation = columns(line.text.slice(0, line.firstNonWhitespaceCharacterIndex));
    return {
      left: Math.max(1, column <= MOST_LEFT_COLUMN ? column : Math.min(indentation, column)),
      firstLine: this.isAtBottom(editor, at.line, rows) ? -rows : 1,
      width,
    };
  }

  // Lines below the last visible one would not be seen. An extension is not told how high an editor
  // is; the most lines that it ever showed are a good guess.
  private isAtBottom(editor: vscode.TextEditor, line: number, rows: number): boolean {
    const visible = editor.visibleRanges[0];
    if (!visible) return false;
    const shown = visible.end.line - visible.start.line + 1;
    const most = Math.max(shown, this.viewportLines.get(editor) ?? 0);
    this.viewportLines.set(editor, most);
    const isWholeShown =
      visible.start.line === 0 && visible.end.line >= editor.document.lineCount - 1;
    const last = isWholeShown ? Number.POSITIVE_INFINITY : visible.start.line + most - 1;
    return line + rows > last && line - rows >= visible.start.line;
  }
}
