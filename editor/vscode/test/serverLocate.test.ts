// Programs here are shell scripts: the extension asks them as it asks the real one.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Search, ServerProblem, locate } from '../src/server/locate';
import { type Run, runProcess } from '../src/server/run';
import { ManagedEnvironment } from '../src/server/managed';

const POSIX = { skip: process.platform === 'win32' };

class Machine {
  readonly home: string;
  asked: string[] = [];
  skipped: string[] = [];
  private remembered: unknown;

  constructor(t: TestContext) {
    this.home = mkdtempSync(path.join(tmpdir(), 'dictate-locate-'));
    t.after(() => {
      rmSync(this.home, { recursive: true, force: true });
    });
  }

  program(file: string, script: string): string {
    const full = path.join(this.home, file);
    mkdirSync(path.dirname(full), { recursive: true });
    writeFileSync(full, `#!/bin/sh\n${script}\n`);
    chmodSync(full, 0o755);
    return full;
  }

  ours(file: string, version = '0.1.0'): string {
    return this.program(file, `echo "dictate ${version}"`);
  }

  search(given: Partial<Search> = {}): Search {
    const run: Run = (command, args, options) => {
      this.asked.push(command);
      return runProcess(command, args, options);
    };
    return {
      platform: process.platform,
      env: { PATH: `${path.join(this.home, 'bin')}:${process.env['PATH'] ?? ''}` },
      home: this.home,
      extensionFolder: path.join(this.home, 'extension'),
      managed: undefined,
      managedVersion: undefined,
      setting: '',
      version: '0.1.0',
      run,
      memory: {
        get: () => this.remembered,
        set: (value) => {
          this.remembered = JSON.parse(JSON.stringify(value));
        },
      },
      onSkipped: (line) => this.skipped.push(line),
      ...given,
    };
  }
}

async function problemOf(search: Search): Promise<ServerProblem> {
  try {
    await locate(search);
  } catch (error) {
    assert.ok(error instanceof ServerProblem, String(error));
    assert.doesNotMatch(error.message, /\n/);
    return error;
  }
  return assert.fail('a server was found');
}

/** A PATH with sh on it and nothing called dictate. */
function bare(machine: Machine): Search {
  return machine.search({ env: { PATH: path.join(machine.home, 'bin') } });
}

test('a program on the PATH is found and asked once', POSIX, async (t) => {
  const machine = new Machine(t);
  const program = machine.ours('bin/dictate');
  for (let start = 0; start < 3; start += 1) {
    assert.deepEqual(await locate(machine.search()), {
      program,
      version: '0.1.0',
      origin: 'path',
    });
  }
  assert.deepEqual(machine.asked, [program]);
});

test('a program that was exchanged is asked again', POSIX, async (t) => {
  const machine = new Machine(t);
  const program = machine.ours('bin/dictate');
  await locate(machine.search());
  machine.ours('bin/dictate', '0.1.5');
  utimesSync(program, new Date(), new Date(Date.now() + 5000));
  assert.equal((await locate(machine.search())).version, '0.1.5');
});

test('another program of that name is passed over, and asked once only', POSIX, async (t) => {
  const machine = new Machine(t);
  const other = machine.program('bin/dictate', 'echo "usage: dictate NOTE"');
  const ours = machine.ours('.local/bin/dictate');
  for (let start = 0; start < 2; start += 1) {
    assert.equal((await locate(machine.search())).program, ours);
  }
  assert.equal(machine.asked.filter((program) => program === other).length, 1);
  assert.match(machine.skipped[0] ?? '', /another program of that name/);
});

test('a program that fails is passed over, and asked again next time', POSIX, async (t) => {
  const machine = new Machine(t);
  machine.program('bin/dictate', 'echo "ImportError: no module named dictate" >&2; exit 1');
  assert.equal((await problemOf(bare(machine))).kind, 'missing');
  assert.match(machine.skipped[0] ?? '', /it failed: ImportError/);
  machine.ours('bin/dictate');
  assert.equal((await locate(machine.search())).origin, 'path');
});

test('with none anywhere, one line says what to do', POSIX, async (t) => {
  const machine = new Machine(t);
  const { kind, message } = await problemOf(bare(machine));
  assert.equal(kind, 'missing');
  assert.match(message, /not installed: install it, or name its program in the setting/);
});

test('the one that the extension installed is preferred, and needs no asking', POSIX, async (t) => {
  const machine = new Machine(t);
  machine.ours('bin/dictate');
  const managed = path.join(machine.home, 'server', '1');
  const program = machine.ours('server/1/bin/dictate');
  const found = await locate(machine.search({ managed, managedVersion: '0.1.0' }));
  assert.deepEqual(found, { program, version: '0.1.0', origin: 'managed' });
  assert.deepEqual(machine.asked, []);
});

test('an installed one that does not fit any more is to be updated', POSIX, async (t) => {
  const machine = new Machine(t);
  machine.ours('server/1/bin/dictate');
  const managed = path.join(machine.home, 'server', '1');
  const found = { ...bare(machine), managed, managedVersion: '0.1.0', version: '0.2.0' };
  const { kind, message } = await problemOf(found);
  assert.equal(kind, 'outdated');
  assert.match(message, /0\.1\.0, older than this extension \(0\.2\.0\): update it$/);
});

test('a version that does not fit is passed over for one that does', POSIX, async (t) => {
  const machine = new Machine(t);
  machine.ours('bin/dictate', '0.0.9');
  const fitting = machine.ours('.local/bin/dictate');
  assert.equal((await locate(machine.search())).program, fitting);
  assert.match(machine.skipped[0] ?? '', /0\.0\.9 does not fit/);
});

test(
  'where only the wrong version is there, the line names which of both is old',
  POSIX,
  async (t) => {
    const machine = new Machine(t);
    machine.ours('bin/dictate', '0.0.9');
    assert.match((await problemOf(bare(machine))).message, /0\.0\.9, older than this extension/);
    const newer = { ...bare(machine), version: '0.0.1' };
    machine.ours('bin/dictate', '1.0.0');
    utimesSync(path.join(machine.home, 'bin/dictate'), new Date(), new Date(Date.now() + 5000));
    assert.match(
      (await problemOf(newer)).message,
      /newer than this extension.*update the extension/,
    );
  },
);

test('the setting may name a program, an environment or a checkout', POSIX, async (t) => {
  const machine = new Machine(t);
  const program = machine.ours('elsewhere/.venv/bin/dictate');
  for (const setting of [program, '~/elsewhere/.venv', '~/elsewhere/.venv/bin', '~/elsewhere']) {
    const found = await locate(machine.search({ setting }));
    assert.deepEqual([found.program, found.origin], [program, 'setting'], setting);
  }
});

test('a setting that is wrong is named, and nothing else is taken', POSIX, async (t) => {
  const machine = new Machine(t);
  machine.ours('bin/dictate');
  machine.program('other/dictate', 'echo hello');
  writeFileSync(path.join(machine.home, 'notes.txt'), 'hello');
  mkdirSync(path.join(machine.home, 'empty'));
  for (const [setting, fault] of [
    ['~/gone', /there is no such file or folder/],
    ['~/empty', /there is no program dictate in that folder/],
    ['~/notes.txt', /not a program that may be run/],
    ['~/other/dictate', /another program of that name/],
    ['venv/bin/dictate', /give the full path/],
  ] as const) {
    const { kind, message } = await problemOf(machine.search({ setting }));
    assert.equal(kind, 'setting');
    assert.match(message, fault);
    assert.ok(message.startsWith(`the setting dictate.server.path is '${setting}': `), message);
  }
});

test('an environment without its stamp, or with a broken one, is none', POSIX, (t) => {
  const machine = new Machine(t);
  const root = path.join(machine.home, 'server');
  const environment = new ManagedEnvironment(root);
  machine.ours('server/20261129T200000Z/bin/dictate');
  assert.equal(environment.current(), undefined);
  for (const text of [
    '',
    '{',
    '[]',
    '{"folder": "../../bin", "version": "0.1.0"}',
    '{"folder": 1}',
  ]) {
    writeFileSync(path.join(root, 'installed.json'), text);
    assert.equal(environment.current(), undefined, text);
  }
  writeFileSync(
    path.join(root, 'installed.json'),
    '{"folder": "20261129T200000Z", "version": "0.1.0"}',
  );
  assert.equal(environment.current()?.version, '0.1.0');
});
