import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agoText, oneLine, sizeText } from '../src/shortTexts';
import { line, offered } from '../src/wording';

test('the name stands in front, once', () => {
  assert.equal(line('Dictate: nothing heard'), 'Dictate: nothing heard');
  assert.equal(line('nothing heard'), 'Dictate: nothing heard');
  assert.equal(line(' two\n  lines '), 'Dictate: two lines');
  assert.equal(line('Dictate kept 2 dictations'), 'Dictate kept 2 dictations');
});

test('commands are named as the palette names them, and offered as buttons', () => {
  const said =
    'Dictate kept 1 dictation (3 s) that reached no document: insert with dictate.retry ' +
    '(:Dictate retry) or delete with dictate.discard (:Dictate discard)';
  assert.ok(!line(said).includes(':Dictate'));
  assert.ok(line(said).includes('"Dictate: Insert What Was Kept"'));
  assert.deepEqual(
    offered(said).map(({ command }) => command),
    ['dictate.retry', 'dictate.discard'],
  );
  const models = 'the pair base serves instead: dictate.models.use (:Dictate models) changes it';
  assert.deepEqual(
    offered(models).map(({ command }) => command),
    ['dictate.chooseModel'],
  );
  assert.deepEqual(offered('nothing heard'), []);
});

test('texts are made short for lists', () => {
  assert.equal(oneLine('  a \n b  '), 'a b');
  assert.equal(oneLine('abcdef', 4), 'abc…');
  assert.equal(oneLine('a😀😀😀', 4), 'a😀😀😀');
});

test('times and sizes are told in the largest unit', () => {
  assert.equal(agoText(4_400), '4 s ago');
  assert.equal(agoText(125_000), '2 min ago');
  assert.equal(agoText(7_300_000), '2 h ago');
  assert.equal(agoText(200_000_000), '2 d ago');
  assert.equal(agoText(Number.NaN), '');
  assert.equal(sizeText(null), 'to download');
  assert.equal(sizeText(155), '155 MB to download');
  assert.equal(sizeText(1804), '1.8 GB to download');
});
