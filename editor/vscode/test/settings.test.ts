import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { CLIENT_GROUPS, DEFAULTS, checkedSettings, serverSettings } from '../src/checkedSettings';

interface Property {
  default?: unknown;
}

function declared(): Map<string, Property> {
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
    contributes: { configuration: { properties: Record<string, Property> }[] };
  };
  const blocks = manifest.contributes.configuration;
  return new Map(blocks.flatMap(({ properties }) => Object.entries(properties)));
}

test('settings that nobody gave have their defaults', () => {
  assert.deepEqual(
    checkedSettings(() => undefined),
    { settings: DEFAULTS, problems: [] },
  );
});

test('a setting of the wrong type is named with what is used instead', () => {
  const given: Record<string, unknown> = {
    'hold.firstMs': '1 s',
    doubtfulMs: -1,
    'restart.limit': 3,
  };
  const { settings, problems } = checkedSettings((name) => given[name]);
  assert.equal(settings['hold.firstMs'], 750);
  assert.equal(settings.doubtfulMs, 3000);
  assert.equal(settings['restart.limit'], 3);
  assert.equal(problems.length, 2);
  assert.match(problems[0] ?? '', /dictate\.hold\.firstMs must be a number.*750/);
});

test('every setting of the extension is declared with the default that the code has', () => {
  const properties = declared();
  for (const [name, value] of Object.entries(DEFAULTS)) {
    assert.deepEqual(properties.get(`dictate.${name}`)?.default, value, name);
  }
});

test('the server is told of its own settings alone', () => {
  const all = {
    server: { path: 'x' },
    hold: {},
    engine: { pair: 'turbo' },
    doubtfulMs: 1,
    language: 'en',
  };
  assert.deepEqual(serverSettings(all), { engine: { pair: 'turbo' }, language: 'en' });
  for (const name of Object.keys(DEFAULTS)) {
    assert.ok(CLIENT_GROUPS.has(name.split('.')[0] ?? ''), name);
  }
});
