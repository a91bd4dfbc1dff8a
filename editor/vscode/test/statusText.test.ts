import assert from 'node:assert/strict';
import { test } from 'node:test';
import { meter } from '../src/levelMeter';
import { type Shown, statsTable, statusLabel, statusText } from '../src/statusText';

const IDLE: Shown = {
  health: 'ready',
  state: 'idle',
  mode: 'manual',
  writingMode: 'auto',
  levelDbfs: undefined,
  heardForMs: 0,
  latency: undefined,
  showsLatency: true,
};
const LATENCY = { count: 3, lastMs: 311.6, p50Ms: 300, p95Ms: 400 };

test('the meter rises with the level and stays within its blocks', () => {
  assert.equal(meter(undefined), '▁');
  assert.equal(meter(-200), '▁');
  assert.equal(meter(-36), '▅');
  assert.equal(meter(0), '█');
  const levels = Array.from({ length: 70 }, (_, index) => meter(index - 65));
  assert.deepEqual(levels, levels.slice().sort());
});

test('idle it shows the last latency where that is wanted', () => {
  assert.equal(statusText(IDLE), '$(mic) Dictate');
  assert.equal(statusText({ ...IDLE, latency: LATENCY }), '$(mic) 312 ms');
  assert.equal(statusText({ ...IDLE, latency: LATENCY, showsLatency: false }), '$(mic) Dictate');
});

test('listening it shows the level, and how long or which mode', () => {
  const listening: Shown = { ...IDLE, state: 'listening', levelDbfs: -12, heardForMs: 65_400 };
  assert.equal(statusText(listening), '$(mic-filled) █ 1:05');
  assert.equal(statusText({ ...listening, mode: 'handsFree' }), '$(broadcast) █ hands-free');
  assert.equal(
    statusText({ ...listening, mode: 'vibe', writingMode: 'vibe' }),
    '$(broadcast) █ vibe',
  );
});

test('a writing mode that was chosen is shown', () => {
  assert.equal(statusText({ ...IDLE, writingMode: 'code' }), '$(mic) Dictate · code');
});

test('a server that is down is shown, whatever else', () => {
  assert.equal(statusText({ ...IDLE, health: 'failed', latency: LATENCY }), '$(error) Dictate');
  assert.match(statusLabel({ ...IDLE, health: 'failed' }), /not running/);
});

test('those who hear it hear words', () => {
  assert.equal(statusLabel(IDLE), 'Dictate: ready');
  assert.equal(
    statusLabel({ ...IDLE, state: 'listening', mode: 'handsFree' }),
    'Dictate: listening, hands-free',
  );
});

test('the figures stand in columns, the slowest stage first', () => {
  const stages = { plan: { p50Ms: 1, p95Ms: 2 }, engine: { p50Ms: 90, p95Ms: 120 } };
  const lines = statsTable({ ...LATENCY, maxMs: 500, stages }).split('\n');
  assert.equal(lines[0], 'Dictate: 3 dictations, last 312 ms');
  assert.match(lines[3] ?? '', /300 ms +400 ms +500 ms$/);
  assert.match(lines[4] ?? '', /engine +90 ms +120 ms$/);
  assert.match(lines[5] ?? '', /plan/);
});
