// What the package says of itself, against what is there.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { COMMANDS } from '../src/commandNames';
import { DEFAULTS } from '../src/checkedSettings';

interface Manifest {
  version: string;
  icon: string;
  contributes: {
    commands: { command: string; title: string }[];
    keybindings: { command: string; key: string; mac?: string }[];
    configuration: { properties: Record<string, { default: unknown }> }[];
    walkthroughs: {
      steps: { description: string; media: { svg: string }; completionEvents: string[] }[];
    }[];
  };
}

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
const readme = readFileSync('README.md', 'utf8');
const { commands, configuration, keybindings, walkthroughs } = manifest.contributes;
const own = configuration[0]?.properties ?? {};

test('the palette has exactly the commands that are registered', () => {
  const registered = COMMANDS.map((name) => `dictate.${name}`);
  assert.deepEqual(commands.map(({ command }) => command).sort(), [...registered].sort());
});

test("the extension's own settings have the defaults that the code has", () => {
  const given = Object.fromEntries(Object.entries(own).map(([name, it]) => [name, it.default]));
  for (const [name, value] of Object.entries(DEFAULTS)) {
    assert.deepEqual(given[`dictate.${name}`], value, name);
  }
  const known = new Set(Object.keys(DEFAULTS).map((name) => `dictate.${name}`));
  const others = Object.keys(own).filter((name) => !known.has(name));
  assert.deepEqual(
    others.filter((name) => !name.startsWith('dictate.server.')),
    [],
  );
});

test('the README tells of every one of them, and of every command', () => {
  for (const [name, { default: value }] of Object.entries(own)) {
    assert.ok(readme.includes(`| \`${name}\` | \`${JSON.stringify(value)}\` |`), name);
  }
  for (const { title } of commands) {
    const isNamed = readme.includes(title) || readme.includes(title.replace(/^Show |^Run /, ''));
    assert.ok(isNamed, title);
  }
});

test('the README names the keys as they are bound', () => {
  const shown = (key: string): string =>
    key
      .split('+')
      .map((part) => (part.length > 1 ? `${part.charAt(0).toUpperCase()}${part.slice(1)}` : part))
      .map((part) => (part.length === 1 ? part.toUpperCase() : part))
      .join('+');
  for (const { key, mac } of keybindings) {
    assert.ok(readme.includes(`\`${shown(key)}\``), key);
    if (mac !== undefined) assert.ok(readme.includes(`\`${shown(mac)}\``), mac);
  }
});

test('the walkthrough leads to commands and pictures that are there', () => {
  const ids = new Set(commands.map(({ command }) => command));
  for (const { description, media, completionEvents } of walkthroughs.flatMap((it) => it.steps)) {
    assert.ok(existsSync(media.svg), media.svg);
    const links = [...description.matchAll(/\(command:([\w.]+)/g)].map((found) => found[1] ?? '');
    const events = completionEvents
      .filter((event) => event.startsWith('onCommand:'))
      .map((event) => event.slice('onCommand:'.length));
    for (const id of [...links, ...events].filter((id) => id.startsWith('dictate.'))) {
      assert.ok(ids.has(id), id);
    }
  }
});

test('the icon is a picture of at least 128 by 128', () => {
  const png = readFileSync(manifest.icon);
  assert.equal(png.subarray(1, 4).toString(), 'PNG');
  assert.ok(png.readUInt32BE(16) >= 128 && png.readUInt32BE(20) >= 128);
});
