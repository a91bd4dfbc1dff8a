import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findMaker } from '../src/server/maker';
import { type Candidate, candidates, choose, chooseNamed, examine } from '../src/server/python';
import { type Outcome, type Run, runProcess } from '../src/server/run';

const NOTHING: Outcome = { code: null, stdout: '', output: '', timedOut: false };
const MISSING: Outcome = { ...NOTHING, startFault: 'ENOENT' };

function answer(version: number[], given: { venv?: boolean; bits?: number } = {}): Outcome {
  const { venv = true, bits = 64 } = given;
  const executable = `/usr/bin/python${version.slice(0, 2).join('.')}`;
  const stdout = `${JSON.stringify({ executable, version, bits, venv })}\n`;
  return { ...NOTHING, code: 0, stdout, output: stdout };
}

/** Answers for the programs that are there; all others are missing. */
function machine(programs: Record<string, Outcome>): Run {
  return (command, args) => {
    const launched = args.find((arg) => /^-\d/.test(arg));
    const name = launched === undefined ? command : `${command} ${launched}`;
    return Promise.resolve(programs[name] ?? MISSING);
  };
}

async function problem(programs: Record<string, Outcome>, from?: Candidate[]): Promise<string> {
  const choice = await choose(from ?? candidates('linux'), machine(programs), {});
  assert.ok('problem' in choice, JSON.stringify(choice));
  return choice.problem;
}

test('the newest Python that will do is chosen', async () => {
  const run = machine({
    'python3.14': { ...NOTHING, code: 127, output: 'pyenv: python3.14: command not found' },
    'python3.12': answer([3, 12, 1], { venv: false }),
    'python3.11': answer([3, 11, 7]),
    'python3.10': answer([3, 10, 0]),
  });
  const choice = await choose(candidates('linux'), run, {});
  assert.ok('python' in choice);
  assert.deepEqual(choice.python.version, [3, 11, 7]);
});

test('on Windows the launcher is asked first', async () => {
  const run = machine({ 'py -3': answer([3, 13, 0]), python: answer([3, 9, 0]) });
  const choice = await choose(candidates('win32'), run, {});
  assert.ok('python' in choice);
  assert.deepEqual(choice.python.version, [3, 13, 0]);
});

test('no Python at all is said with what to do', async () => {
  const line = await problem({});
  assert.match(line, /^no Python was found: install Python 3\.10 or newer/);
  assert.match(line, /uv, or set dictate\.server\.python$/);
});

test('a Python that is too old is named', async () => {
  const line = await problem({ python3: answer([3, 8, 18]), python: answer([2, 7, 18]) });
  assert.match(
    line,
    /^Python 3\.8\.18 is too old \(\/usr\/bin\/python3\.8\): install Python 3\.10/,
  );
});

test('a Python without venv is said with the package that brings it', async () => {
  const line = await problem({ python3: answer([3, 11, 2], { venv: false }) });
  assert.match(line, /^Python 3\.11\.2 lacks the venv module.*apt-get install python3-venv/);
});

test('a 32-bit Python is said to be one', async () => {
  assert.match(await problem({ python3: answer([3, 12, 0], { bits: 32 }) }), /32-bit/);
});

test('a program that only looks like Python is none', async () => {
  // The advertisement of Windows' store, and a wrapper that prints something of its own.
  const run = machine({
    python: { ...NOTHING, code: 9009, output: 'Python was not found; run without arguments' },
    python3: { ...NOTHING, code: 0, stdout: 'welcome\n', output: 'welcome\n' },
  });
  const choice = await choose(candidates('win32'), run, {});
  assert.ok('problem' in choice);
  assert.match(choice.problem, /^no Python was found/);
});

test('a setting that is no Python is named, and nothing else is tried', async () => {
  const run = machine({ python3: answer([3, 12, 0]) });
  const choice = await chooseNamed('/opt/snake', run, {});
  assert.ok('problem' in choice);
  assert.equal(
    choice.problem,
    "dictate.server.python is '/opt/snake': it is not a Python that runs: name a 64-bit Python 3.10 or newer, or clear it",
  );
});

test('a real Python says what it is', async (t) => {
  const python = await examine({ command: 'python3', args: [] }, runProcess, process.env);
  if (!python) {
    t.skip('no python3 here');
    return;
  }
  assert.equal(python.version[0], 3);
  assert.ok(python.bits === 64 || python.bits === 32);
});

const SEARCH = {
  python: '',
  platform: 'linux' as const,
  env: { PATH: '/usr/bin:/opt/uv' },
  home: '/home/ada',
};

test('uv is preferred and needs no Python', async () => {
  const run = machine({ '/opt/uv/uv': { ...NOTHING, code: 0 } });
  const found = await findMaker({ ...SEARCH, run, isProgram: (file) => file === '/opt/uv/uv' });
  assert.ok('maker' in found);
  assert.deepEqual(found.maker, { kind: 'uv', program: '/opt/uv/uv', python: undefined });
});

test('a uv that does not run is passed over', async () => {
  const run = machine({ '/opt/uv/uv': { ...NOTHING, code: 1 }, python3: answer([3, 12, 0]) });
  const found = await findMaker({ ...SEARCH, run, isProgram: () => true });
  assert.ok('maker' in found);
  assert.deepEqual(found.maker, { kind: 'python', executable: '/usr/bin/python3.12' });
});

test('uv does with a Python that lacks venv, and takes the one that was named', async () => {
  const run = machine({
    '/home/ada/.local/bin/uv': { ...NOTHING, code: 0 },
    '/opt/python': answer([3, 11, 2], { venv: false }),
  });
  const isProgram = (file: string): boolean => file === '/home/ada/.local/bin/uv';
  const found = await findMaker({ ...SEARCH, python: '/opt/python', run, isProgram });
  assert.ok('maker' in found);
  assert.deepEqual(found.maker, {
    kind: 'uv',
    program: '/home/ada/.local/bin/uv',
    python: '/opt/python',
  });
});
