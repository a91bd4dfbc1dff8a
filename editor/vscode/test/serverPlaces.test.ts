import assert from 'node:assert/strict';
import { test } from 'node:test';
import { named, places, searchPath } from '../src/server/places';

const LINUX = {
  platform: 'linux' as const,
  env: { PATH: '/usr/bin:/opt/bin' },
  home: '/home/ada',
  extensionFolder: '/home/ada/src/dictate/editor/vscode',
  managed: undefined,
};

test('what the extension installed comes first, a checkout last', () => {
  const found = places({
    ...LINUX,
    managed: '/store/server/1',
    env: { PATH: '/usr/bin', VIRTUAL_ENV: '/venv' },
  });
  assert.deepEqual(
    found.slice(0, 3).map(({ program, origin }) => [origin, program]),
    [
      ['managed', '/store/server/1/bin/dictate'],
      ['path', '/usr/bin/dictate'],
      ['tool', '/venv/bin/dictate'],
    ],
  );
  assert.deepEqual(found.at(-1), {
    origin: 'checkout',
    program: '/home/ada/src/dictate/.venv/bin/dictate',
  });
});

test('the places of pipx and uv are looked at, though the PATH lacks them', () => {
  const programs = places(LINUX).map(({ program }) => program);
  for (const program of [
    '/home/ada/.local/bin/dictate',
    '/home/ada/.local/share/uv/tools/dictate-ls/bin/dictate',
    '/home/ada/.local/share/pipx/venvs/dictate-ls/bin/dictate',
  ]) {
    assert.ok(programs.includes(program), program);
  }
});

test('no place is looked at twice, and none that depends on the current folder', () => {
  const found = places({
    ...LINUX,
    env: { PATH: '/usr/bin::.:bin:/usr/bin:/home/ada/.local/bin' },
  });
  const programs = found.map(({ program }) => program);
  assert.equal(new Set(programs).size, programs.length);
  assert.ok(programs.every((program) => program.startsWith('/')));
});

test('Windows has its own names, variables and separators', () => {
  const env = {
    Path: '"C:\\Program Files\\Tools";C:\\Windows',
    APPDATA: 'C:\\Users\\Ada\\AppData\\Roaming',
  };
  assert.deepEqual(searchPath(env, 'win32'), ['C:\\Program Files\\Tools', 'C:\\Windows']);
  const programs = places({
    platform: 'win32',
    env,
    home: 'C:\\Users\\Ada',
    extensionFolder: 'C:\\src\\dictate\\editor\\vscode',
    managed: 'D:\\store\\server\\1',
  }).map(({ program }) => program);
  assert.equal(programs[0], 'D:\\store\\server\\1\\Scripts\\dictate.exe');
  assert.ok(programs.includes('C:\\Program Files\\Tools\\dictate.exe'));
  assert.ok(programs.includes('C:\\Users\\Ada\\.local\\bin\\dictate.exe'));
  assert.equal(programs.at(-1), 'C:\\src\\dictate\\.venv\\Scripts\\dictate.exe');
});

test('the setting may name a program, an environment or a checkout', () => {
  assert.deepEqual(named('~/venv', 'linux', '/home/ada'), [
    '/home/ada/venv',
    '/home/ada/venv/bin/dictate',
    '/home/ada/venv/dictate',
    '/home/ada/venv/.venv/bin/dictate',
  ]);
  assert.deepEqual(named('venv/bin/dictate', 'linux', '/home/ada'), []);
  assert.equal(named('C:\\venv', 'win32', 'C:\\Users\\Ada')[1], 'C:\\venv\\Scripts\\dictate.exe');
});
