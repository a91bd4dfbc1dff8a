import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fit, release, requirement, versionIn } from '../src/server/version';

test('only what our program prints is a version', () => {
  assert.equal(versionIn('dictate 0.1.0\n'), '0.1.0');
  assert.equal(versionIn('dictate 1.2.3.dev4+g1234\r\n'), '1.2.3.dev4+g1234');
  for (const other of ['', '0.1.0', 'dictate version 2', 'Dictate 1.0.0', 'usage: dictate 1.0.0']) {
    assert.equal(versionIn(other), undefined, other);
  }
});

test('until 1.0 the minor version must agree, then the major version', () => {
  assert.equal(fit('0.1.7', '0.1.0'), 'fits');
  assert.equal(fit('0.1.0.dev1', '0.1.3'), 'fits');
  assert.equal(fit('0.1.9', '0.2.0'), 'older');
  assert.equal(fit('0.10.0', '0.9.0'), 'newer');
  assert.equal(fit('1.0.0', '0.9.0'), 'newer');
  assert.equal(fit('0.9.0', '1.0.0'), 'older');
  assert.equal(fit('1.7.0', '1.2.0'), 'fits');
  assert.equal(fit('nonsense', '0.1.0'), 'older');
});

test('numbers are compared as numbers', () => {
  assert.deepEqual(release('0.10'), [0, 10, 0]);
  assert.equal(release('x'), undefined);
});

test('the default of the setting asks for what fits this extension', () => {
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
    version: string;
    contributes: { configuration: { properties: Record<string, { default: unknown }> }[] };
  };
  const [own] = manifest.contributes.configuration;
  assert.equal(
    own?.properties['dictate.server.package']?.default,
    requirement(manifest.version),
    'package.json: dictate.server.package goes with the version',
  );
  assert.equal(requirement('0.3.9'), 'dictate-ls>=0.3,<0.4');
  assert.equal(requirement('2.3.9'), 'dictate-ls>=2,<3');
});
