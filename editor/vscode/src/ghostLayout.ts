// Pure: how a text that is not in the document is laid out beside a place and below it.

export interface Piece {
  text: string;
  settled: boolean;
}

export interface Frame {
  /** Columns that are taken to be free behind the place. */
  room: number;
  /** Columns of a line below. */
  width: number;
  /** Lines below at most, the last ones. */
  limit: number;
}

export interface Layout {
  beside: Piece[];
  below: Piece[][];
}

const ELLIPSIS = '…';
const WIDE =
  /[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]|[\u{1F300}-\u{1FAFF}\u{20000}-\u{3FFFD}]/u;

/** Columns that a text takes in a font of fixed width. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += WIDE.test(character) ? 2 : 1;
  return width;
}

/** Tabs as blanks, no other control characters but line breaks. */
export function printable(text: string, tabSize: number): string {
  return (
    text
      .replace(/\r\n?/g, '\n')
      .replace(/\t/g, ' '.repeat(tabSize))
      // eslint-disable-next-line no-control-regex -- that is what these are
      .replace(/[\u0000-\u0009\u000B-\u001F\u007F]/g, '')
  );
}

interface Part {
  from: number;
  to: number;
}

// A line may begin with any word, and beside any double-width character, as no blanks part those.
function wrapLine(line: string, offset: number, width: number): Part[] {
  const parts: Part[] = [];
  let from = 0;
  let cells = 0;
  let opportunity: number | undefined;
  let cellsBefore = 0;
  let hasWord = false;
  let before = '';
  let at = 0;
  const close = (next: number, used: number): void => {
    const kept = line.slice(from, next).replace(/ +$/, '');
    parts.push({ from: offset + from, to: offset + from + kept.length });
    from = next;
    cells -= used;
    opportunity = undefined;
  };
  for (const character of line) {
    const own = widthOf(character);
    if (character !== ' ' && at > from) {
      if (hasWord && (before === ' ' || widthOf(before) > 1 || own > 1)) {
        opportunity = at;
        cellsBefore = cells;
      }
      // A word that is wider than a line is cut where the line ends.
      if (cells + own > width) {
        close(opportunity ?? at, opportunity === undefined ? cells : cellsBefore);
      }
    }
    cells += own;
    at += character.length;
    hasWord ||= character !== ' ';
    before = character;
  }
  close(at, cells);
  return parts;
}

function wrap(text: string, from: number, width: number): Part[] {
  const parts: Part[] = [];
  let offset = from;
  for (const line of text.slice(from).split('\n')) {
    parts.push(...wrapLine(line, offset, width));
    offset += line.length + 1;
  }
  return parts;
}

function pieces(text: string, { from, to }: Part, settled: number): Piece[] {
  const found: Piece[] = [];
  const border = Math.min(Math.max(from, settled), to);
  if (border > from) found.push({ text: text.slice(from, border), settled: true });
  if (to > border) found.push({ text: text.slice(border, to), settled: false });
  return found;
}

/**
 * Splits a text into what stands beside the place and the lines below it. A single line that fits
 * stands beside it, any other text below.
 */
export function layOut(text: string, committed: string, frame: Frame): Layout {
  const settled = text.startsWith(committed) ? committed.length : 0;
  if (!text.includes('\n') && widthOf(text) <= frame.room) {
    return { beside: pieces(text, { from: 0, to: text.length }, settled), below: [] };
  }
  // Below, the blank that parts the text from what is before it parts nothing.
  const first = Math.max(0, text.search(/[^ ]/));
  let parts = wrap(text, first, frame.width);
  const isCut = parts.length > frame.limit;
  if (isCut) {
    parts = wrap(text, first, frame.width - 1).slice(-Math.max(1, frame.limit));
  }
  const below = parts.map((part) => pieces(text, part, settled));
  if (isCut) below[0]?.unshift({ text: ELLIPSIS, settled: false });
  return { beside: [], below };
}
