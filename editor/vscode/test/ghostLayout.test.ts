import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Piece, layOut, printable, widthOf } from '../src/ghostLayout';

const FRAME = { room: 20, width: 10, limit: 3 };
const joined = (pieces: Piece[]): string => pieces.map(({ text }) => text).join('');
const below = (text: string, committed = '', frame = FRAME): string[] =>
  layOut(text, committed, frame).below.map(joined);

test('a text that fits stands beside the place, its settled beginning told apart', () => {
  const { beside, below: lines } = layOut(' one two', ' one', FRAME);
  assert.deepEqual(beside, [
    { text: ' one', settled: true },
    { text: ' two', settled: false },
  ]);
  assert.deepEqual(lines, []);
});

test('a longer one is wrapped at words below it', () => {
  assert.deepEqual(below(' the quick brown fox jumps'), ['the quick', 'brown fox', 'jumps']);
  assert.ok(below('the quick brown fox jumps').every((line) => widthOf(line) <= FRAME.width));
});

test('the border of what has settled may be inside a line', () => {
  const [first, second] = layOut('the quick brown fox jumps', 'the quick bro', FRAME).below;
  assert.deepEqual(first, [{ text: 'the quick', settled: true }]);
  assert.deepEqual(second, [
    { text: 'bro', settled: true },
    { text: 'wn fox', settled: false },
  ]);
});

test('of more lines than there may be the last are shown', () => {
  const lines = below('one two three four five six seven eight nine ten');
  assert.equal(lines.length, 3);
  assert.match(lines[0] ?? '', /^…/);
  assert.match(lines.at(-1) ?? '', /ten$/);
  assert.ok(lines.every((line) => widthOf(line) <= FRAME.width));
});

test('a word that is wider than a line is cut', () => {
  assert.deepEqual(below('abcdefghijklmnopqrstu'), ['abcdefghij', 'klmnopqrst', 'u']);
});

test('lines that were dictated stay lines', () => {
  assert.deepEqual(below('if x:\n    y'), ['if x:', '    y']);
});

test('double-width characters take two columns, and may be parted', () => {
  assert.equal(widthOf('漢字a'), 5);
  assert.deepEqual(below('漢字漢字漢字漢字漢字漢字'), ['漢字漢字漢', '字漢字漢字', '漢字']);
});

test('what cannot be drawn is left out', () => {
  assert.equal(printable('a\tb\u0007\r\nc', 4), 'a    b\nc');
});

test('no text is lost, whatever the width', () => {
  const text = 'some words of many lengths, andsomethatareverylongindeed to wrap';
  for (let width = 2; width < 30; width += 1) {
    const lines = below(text, '', { room: 0, width, limit: 1000 });
    assert.equal(lines.join('').replace(/ /g, ''), text.replace(/ /g, ''));
    assert.ok(lines.every((line) => widthOf(line) <= width));
  }
});
