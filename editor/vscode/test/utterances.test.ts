import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Crashes } from '../src/crashes';
import type { Place } from '../src/places';
import { flatten } from '../src/symbolList';
import { type Utterance, Utterances } from '../src/utterances';

const URI = 'file:///a.py';
const place = (character: number): Place => ({
  uri: URI,
  at: { line: 0, character },
  gravity: 'left',
});

function rig(): { utterances: Utterances; removed: Utterance[] } {
  const removed: Utterance[] = [];
  const utterances = new Utterances(
    () => undefined,
    (utterance) => removed.push(utterance),
  );
  return { utterances, removed };
}

test('an unknown name is that of the command that is not answered yet', () => {
  const { utterances } = rig();
  const queued = utterances.add(place(1), 'starting', 'manual');
  assert.equal(utterances.find('u1'), undefined);
  queued.request = 'sent';
  assert.equal(utterances.find('u1', 'handsFree'), undefined);
  assert.equal(utterances.find('u1', 'manual'), queued);
  assert.equal(queued.id, 'u1');
  assert.equal(utterances.find('u2'), undefined);
});

test('what is over is never taken for a new one', () => {
  const { utterances, removed } = rig();
  const first = utterances.add(place(1), 'starting', 'manual');
  first.request = 'sent';
  assert.equal(utterances.find('u1'), first);
  utterances.remove(first);
  assert.deepEqual(removed, [first]);
  const second = utterances.add(place(1), 'starting', 'manual');
  second.request = 'sent';
  assert.equal(utterances.find('u1'), undefined);
  assert.equal(utterances.find('u2'), second);
});

test('a command that began nothing leaves nothing', () => {
  const { utterances } = rig();
  utterances.answered(utterances.add(place(1), 'starting', 'manual'), null);
  assert.equal(utterances.any, false);
  const running = utterances.takeUp('u1', place(1), 'handsFree');
  utterances.answered(utterances.add(place(1), 'starting', 'manual'), 'u1');
  assert.deepEqual(utterances.all, [running]);
});

test('a kept one comes back under its name', () => {
  const { utterances } = rig();
  utterances.remove(utterances.takeUp('u1', place(1), 'manual'));
  const retried = utterances.add(place(1), 'finishing', 'manual');
  utterances.answered(retried, 'u1');
  assert.equal(utterances.find('u1'), retried);
});

test('only one is being spoken', () => {
  const { utterances } = rig();
  const first = utterances.takeUp('u1', place(1), 'handsFree');
  const second = utterances.takeUp('u2', place(1), 'handsFree');
  assert.equal(utterances.speaking, first);
  utterances.onlySpoken(second);
  assert.equal(first.state, 'finishing');
  assert.equal(utterances.speaking, second);
  assert.equal(utterances.shown, second);
});

test('those begun later at the same places go behind a text that arrives', () => {
  const { utterances } = rig();
  const first = utterances.takeUp('u1', place(3), 'manual');
  const second = utterances.takeUp('u2', place(3), 'manual');
  second.others = [place(7), place(8)];
  utterances.takeUp('u3', place(9), 'manual');
  const [here, there] = [place(3).at, place(7).at];
  const placesBehind = (arrived?: Utterance, uri = URI): Place[] =>
    utterances.placesBehind(uri, [here, there], arrived);
  assert.deepEqual(placesBehind(first), [second.place, second.others[0]]);
  assert.deepEqual(placesBehind(second), []);
  assert.deepEqual(placesBehind(), [first.place, second.place, second.others[0]]);
  assert.deepEqual(placesBehind(undefined, 'file:///b.py'), []);
});

test('a server that crashes waits longer each time, and stays down after too many', () => {
  const times = { delayMs: 500, limit: 5, windowMs: 180_000 };
  const crashes = new Crashes();
  const delays = [0, 1000, 2000, 3000, 4000].map((nowMs) => crashes.add(nowMs, times));
  assert.deepEqual(delays, [500, 1000, 2000, 4000, undefined]);
  assert.equal(crashes.add(200_000, times), 500);
  crashes.forgive();
  assert.equal(crashes.add(200_001, times), 500);
});

test('every name is told once, those inside others included', () => {
  const symbols = [
    {
      name: 'A',
      kind: 4,
      children: [
        { name: 'b', kind: 5 },
        { name: 'A', kind: 4 },
      ],
    },
    { name: '', kind: 1 },
    { name: 3 },
    null,
  ];
  assert.deepEqual(flatten(symbols), [
    { name: 'A', kind: 4 },
    { name: 'b', kind: 5 },
  ]);
  assert.deepEqual(flatten(undefined), []);
  const many = Array.from({ length: 5000 }, (_, index) => ({ name: `n${index}`, kind: 1 }));
  assert.equal(flatten(many).length, 2000);
});
