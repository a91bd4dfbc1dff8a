import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Clock, Hold } from '../src/hold';

class FakeClock implements Clock {
  private nowMs = 0;
  private waits: { atMs: number; callback: () => void }[] = [];

  after(ms: number, callback: () => void): () => void {
    const wait = { atMs: this.nowMs + ms, callback };
    this.waits.push(wait);
    return () => {
      this.waits = this.waits.filter((each) => each !== wait);
    };
  }

  pass(ms: number): void {
    this.nowMs += ms;
    const due = this.waits.filter((wait) => wait.atMs <= this.nowMs);
    this.waits = this.waits.filter((wait) => wait.atMs > this.nowMs);
    for (const wait of due) wait.callback();
  }
}

function rig(begins = true): { clock: FakeClock; hold: Hold; said: string[] } {
  const clock = new FakeClock();
  const said: string[] = [];
  const begin = (): boolean => {
    said.push('begin');
    return begins;
  };
  const times = { firstMs: 750, repeatMs: 150 };
  const hold = new Hold(
    clock,
    () => times,
    begin,
    () => said.push('end'),
  );
  return { clock, hold, said };
}

test('a dictation lasts as long as the key repeats', () => {
  const { clock, hold, said } = rig();
  hold.press();
  clock.pass(700);
  for (let repeat = 0; repeat < 20; repeat += 1) {
    hold.press();
    clock.pass(33);
  }
  assert.deepEqual(said, ['begin']);
  clock.pass(116);
  assert.deepEqual(said, ['begin']);
  clock.pass(1);
  assert.deepEqual(said, ['begin', 'end']);
});

test('a tap ends when no first repeat came', () => {
  const { clock, hold, said } = rig();
  hold.press();
  clock.pass(749);
  assert.deepEqual(said, ['begin']);
  clock.pass(1);
  assert.deepEqual(said, ['begin', 'end']);
});

test('a key that is held while something else is dictated ends nothing', () => {
  const { clock, hold, said } = rig(false);
  hold.press();
  hold.press();
  clock.pass(5000);
  assert.deepEqual(said, ['begin']);
});

test('the next press begins anew', () => {
  const { clock, hold, said } = rig();
  hold.press();
  clock.pass(750);
  hold.press();
  assert.deepEqual(said, ['begin', 'end', 'begin']);
});

test('a server that is lost ends the holding', () => {
  const { clock, hold, said } = rig();
  hold.press();
  hold.reset();
  clock.pass(5000);
  assert.deepEqual(said, ['begin']);
});
