// Pure: places in a text, and where they go when the text changes.
//
// Lines and UTF-16 characters from zero, as VS Code and LSP count them.

export interface Point {
  readonly line: number;
  readonly character: number;
}

export interface Span {
  readonly start: Point;
  readonly end: Point;
}

/** The text of `range` became `text`. */
export interface TextChange {
  readonly range: Span;
  readonly text: string;
}

/** Where a place goes when somebody inserts a text exactly there: before it, or behind it. */
export type Gravity = 'left' | 'right';

export function compare(a: Point, b: Point): number {
  return a.line - b.line || a.character - b.character;
}

export function isSame(a: Point, b: Point): boolean {
  return compare(a, b) === 0;
}

export function isEmpty(span: Span): boolean {
  return isSame(span.start, span.end);
}

/** Where a text ends that begins at `start`. */
export function endOf(start: Point, text: string): Point {
  const lines = text.split(/\r\n|\r|\n/);
  const last = lines[lines.length - 1] ?? '';
  return lines.length === 1
    ? { line: start.line, character: start.character + last.length }
    : { line: start.line + lines.length - 1, character: last.length };
}

/** Where `point`, a place of the text that ends at `oldEnd`, is once that end is at `newEnd`. */
function shifted(point: Point, oldEnd: Point, newEnd: Point): Point {
  return point.line === oldEnd.line
    ? { line: newEnd.line, character: newEnd.character + point.character - oldEnd.character }
    : { line: newEnd.line + point.line - oldEnd.line, character: point.character };
}

/** Where a place is after a change. */
export function moved(point: Point, change: TextChange, gravity: Gravity = 'left'): Point {
  const { start, end } = change.range;
  const fromStart = compare(point, start);
  const isPushed = gravity === 'right' && isSame(start, end);
  if (fromStart < 0 || (fromStart === 0 && !isPushed)) return point;
  if (compare(point, end) >= 0) return shifted(point, end, endOf(start, change.text));
  return start;
}

/** How many characters both texts have in common at their beginning, and behind that at their end. */
export function commonEdges(old: string, text: string): { prefix: number; suffix: number } {
  const most = Math.min(old.length, text.length);
  let prefix = 0;
  while (prefix < most && old[prefix] === text[prefix]) prefix += 1;
  // A pair of surrogates is one character, CR and LF are one line's end.
  if (prefix > 0 && /[\uD800-\uDBFF\r]/.test(old[prefix - 1] ?? '')) prefix -= 1;
  let suffix = 0;
  while (
    suffix < most - prefix &&
    old[old.length - 1 - suffix] === text[text.length - 1 - suffix]
  ) {
    suffix += 1;
  }
  if (suffix > 0 && /[\uDC00-\uDFFF\n]/.test(old[old.length - suffix] ?? '')) suffix -= 1;
  return { prefix, suffix };
}

/** The same replacement without what stays, so that cursors in that part stay where they are. */
export function trimmed(range: Span, old: string, text: string): TextChange {
  const { prefix, suffix } = commonEdges(old, text);
  return {
    range: {
      start: endOf(range.start, old.slice(0, prefix)),
      end: endOf(range.start, old.slice(0, old.length - suffix)),
    },
    text: text.slice(prefix, text.length - suffix),
  };
}
