import assert from 'node:assert/strict';
import { test } from 'node:test';
import { environmentFor, environmentForMaking, readSettings } from '../src/server/settings';

function read(given: Record<string, unknown>): ReturnType<typeof readSettings> {
  return readSettings((name) => given[name], '0.3.1');
}

test('without any setting the defaults hold', () => {
  assert.deepEqual(read({}), {
    path: '',
    python: '',
    package: 'dictate-ls>=0.3,<0.4',
    torch: 'auto',
    environment: {},
    problems: [],
  });
});

test('settings of the wrong type are named, a line each, and the defaults hold', () => {
  const { problems, ...settings } = read({
    'server.path': 7,
    'server.python': null,
    'server.package': ['x'],
    'server.torch': 'fast',
    'server.environment': { HTTPS_PROXY: true, PIP_RETRIES: 2 },
  });
  assert.deepEqual(
    problems.map((line) => line.split(' ')[0]),
    [
      'dictate.server.environment.HTTPS_PROXY',
      'dictate.server.torch',
      'dictate.server.path',
      'dictate.server.package',
    ],
  );
  assert.deepEqual(settings.environment, { PIP_RETRIES: '2' });
  assert.equal(settings.path, '');
  assert.equal(settings.torch, 'auto');
  assert.equal(read({ 'server.environment': [] }).problems.length, 1);
  assert.equal(read({ 'server.path': '  ' }).path, '');
});

test('torch may come from any index', () => {
  const address = 'https://mirror.example/cu130';
  assert.equal(read({ 'server.torch': address }).torch, address);
});

test('the environment of the editor does not lead the installation astray', () => {
  const own = { PATH: '/bin', VIRTUAL_ENV: '/venv', PYTHONPATH: '/x', PIP_USER: '1', HOME: '/h' };
  const added = { PATH: '/other', PIP_INDEX_URL: 'https://mirror.example' };
  assert.deepEqual(environmentForMaking(own, added), {
    PATH: '/other',
    HOME: '/h',
    PYTHONUTF8: '1',
    PIP_INDEX_URL: 'https://mirror.example',
  });
  assert.equal(environmentFor(own, added)['VIRTUAL_ENV'], '/venv');
});
