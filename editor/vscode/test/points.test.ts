import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Point,
  type TextChange,
  commonEdges,
  compare,
  endOf,
  moved,
  trimmed,
} from '../src/points';

const at = (line: number, character: number): Point => ({ line, character });

/** An independent way: the place is marked by what stands before it. */
function apply(text: string, change: TextChange): string {
  const offset = (point: Point): number => {
    const lines = text.split('\n');
    const before = lines.slice(0, point.line).reduce((sum, line) => sum + line.length + 1, 0);
    return before + point.character;
  };
  const { start, end } = change.range;
  return text.slice(0, offset(start)) + change.text + text.slice(offset(end));
}

test('a place stays where text changes behind it and goes along with text before it', () => {
  const text = 'one two\nthree four\nfive';
  const changes: TextChange[] = [
    { range: { start: at(0, 0), end: at(0, 0) }, text: 'X' },
    { range: { start: at(0, 3), end: at(0, 4) }, text: '\n' },
    { range: { start: at(0, 4), end: at(1, 2) }, text: '' },
    { range: { start: at(1, 0), end: at(1, 0) }, text: 'a\nb\nc' },
    { range: { start: at(1, 7), end: at(2, 4) }, text: 'later' },
    { range: { start: at(0, 0), end: at(1, 6) }, text: 'all\nnew ' },
  ];
  for (const change of changes) {
    const changed = apply(text, change).split('\n');
    const place = moved(at(1, 6), change);
    assert.equal(changed[place.line]?.slice(place.character, place.character + 1), 'f');
  }
});

test('what is typed at a place stands behind it, and what is dictated there before it', () => {
  const change = { range: { start: at(2, 3), end: at(2, 3) }, text: 'ab' };
  assert.deepEqual(moved(at(2, 3), change), at(2, 3));
  assert.deepEqual(moved(at(2, 3), change, 'right'), at(2, 5));
});

test('a place inside deleted text goes to where it was', () => {
  const change = { range: { start: at(0, 2), end: at(3, 1) }, text: 'xy' };
  assert.deepEqual(moved(at(1, 9), change), at(0, 2));
  assert.deepEqual(moved(at(3, 1), change), at(0, 4));
  assert.deepEqual(moved(at(0, 2), change, 'right'), at(0, 2));
});

test('a text ends where its last line does, whatever ends its lines', () => {
  assert.deepEqual(endOf(at(4, 2), 'abc'), at(4, 5));
  assert.deepEqual(endOf(at(4, 2), ''), at(4, 2));
  for (const lineEnd of ['\n', '\r\n', '\r']) {
    assert.deepEqual(endOf(at(4, 2), `a${lineEnd}bc`), at(5, 2));
  }
});

test('a replacement leaves what both texts have in common alone', () => {
  const range = { start: at(1, 4), end: at(1, 4 + 'get user by id now'.length) };
  const change = trimmed(range, 'get user by id now', 'get_user_by_id now');
  assert.deepEqual(change.range, { start: at(1, 7), end: at(1, 16) });
  assert.equal(change.text, '_user_by_');
  const same = trimmed(range, 'get user by id now', 'get user by id now');
  assert.equal(same.text, '');
  assert.equal(compare(same.range.start, same.range.end), 0);
});

test('no character is torn apart where texts are compared', () => {
  assert.deepEqual(commonEdges('a😀', 'a😁'), { prefix: 1, suffix: 0 });
  assert.deepEqual(commonEdges('x\r\ny', 'x\r\ry'), { prefix: 1, suffix: 1 });
  assert.deepEqual(commonEdges('aaa', 'aa'), { prefix: 2, suffix: 0 });
  for (const [old, text] of [
    ['a😀b', 'a😁b'],
    ['', 'x'],
    ['one\r\ntwo', 'one\ntwo'],
  ] as const) {
    const { prefix, suffix } = commonEdges(old, text);
    const middle = text.slice(prefix, text.length - suffix);
    assert.equal(old.slice(0, prefix) + middle + old.slice(old.length - suffix), text);
  }
});
