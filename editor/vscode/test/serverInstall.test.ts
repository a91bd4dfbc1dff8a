// Installs small packages with real Pythons and pips, without any network.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  Busy,
  Cancelled,
  InstallError,
  type Installed,
  type Job,
  install,
  uninstall,
} from '../src/server/install';
import { isLocked, takeLock } from '../src/server/lock';
import { ManagedEnvironment } from '../src/server/managed';
import { type Choice, candidates, choose } from '../src/server/python';
import { runProcess } from '../src/server/run';
import { environmentForMaking } from '../src/server/settings';
import { packageArgument, steps, torchSource } from '../src/server/recipe';

const POSIX = { skip: process.platform === 'win32' };
const LIMIT_MS = 300_000;

// Writes a wheel whose program is `dictate`, and is as little as pip takes.
const MAKE_WHEEL = `
import sys, zipfile
folder, version, program = sys.argv[1:]
info = f"dictate_ls-{version}.dist-info"
files = {
    "fake_dictate.py": f"""import sys
def main():
    with open(__file__ + ".calls", "a") as calls:
        print(*sys.argv[1:], file=calls)
    print("dictate {version}")
""",
    f"{info}/METADATA": f"Metadata-Version: 2.1\\nName: dictate-ls\\nVersion: {version}\\n",
    f"{info}/WHEEL": "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    f"{info}/entry_points.txt": f"[console_scripts]\\n{program} = fake_dictate:main\\n",
}
record = "".join(f"{name},,\\n" for name in files) + f"{info}/RECORD,,\\n"
with zipfile.ZipFile(f"{folder}/dictate_ls-{version}-py3-none-any.whl", "w") as wheel:
    for name, text in {**files, f"{info}/RECORD": record}.items():
        wheel.writestr(name, text)
`;

class Window {
  readonly folder: string;
  readonly environment: ManagedEnvironment;
  readonly abort = new AbortController();
  progress: string[] = [];
  lines: string[] = [];
  replaced = 0;

  constructor(
    t: TestContext,
    private readonly python: string,
  ) {
    this.folder = mkdtempSync(path.join(tmpdir(), 'dictate-install-'));
    this.environment = new ManagedEnvironment(path.join(this.folder, 'store', 'server'));
    t.after(() => {
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  wheel(version: string, program = 'dictate'): string {
    execFileSync(this.python, ['-c', MAKE_WHEEL, this.folder, version, program]);
    return path.join(this.folder, `dictate_ls-${version}-py3-none-any.whl`);
  }

  script(name: string, text: string): string {
    const file = path.join(this.folder, name);
    writeFileSync(file, `#!/bin/sh\n${text}\n`);
    chmodSync(file, 0o755);
    return file;
  }

  job(given: Partial<Job> = {}): Job {
    return {
      maker: { kind: 'python', executable: this.python },
      makerName: 'Python',
      package: 'dictate-ls',
      torch: 'default',
      environment: this.environment,
      version: '0.1.0',
      env: environmentForMaking(process.env, { PIP_NO_INDEX: '1', PIP_FIND_LINKS: this.folder }),
      platform: process.platform,
      run: runProcess,
      signal: this.abort.signal,
      onProgress: (text) => this.progress.push(text),
      onLine: (line) => this.lines.push(line),
      beforeReplacing: () => {
        this.replaced += 1;
        return Promise.resolve();
      },
      now: () => new Date(),
      ...given,
    };
  }

  /** A maker that is quick: uv's commands, done by a pip that is there. */
  quick(): Job['maker'] {
    const program = this.script(
      'quick-uv',
      `case "$1" in
  venv) for last; do :; done; exec "${this.python}" -m venv --without-pip "$last" ;;
  pip) shift 3; target="$1"; shift; exec "${this.python}" -m pip --python "$target" install "$@" ;;
esac`,
    );
    return { kind: 'uv', program, python: undefined };
  }

  /** The folders of environments, whole or half-made. */
  folders(): string[] {
    const { root } = this.environment;
    return existsSync(root) ? readdirSync(root).filter((name) => name !== 'installed.json') : [];
  }

  async failure(given: Partial<Job>): Promise<string> {
    try {
      await install(this.job(given));
    } catch (error) {
      assert.ok(error instanceof InstallError, String(error));
      assert.doesNotMatch(error.message, /\n/);
      return error.message;
    }
    return assert.fail('it was installed');
  }
}

let chosen: Promise<Choice> | undefined;

async function windowOf(t: TestContext): Promise<Window | undefined> {
  chosen ??= choose(candidates(process.platform), runProcess, process.env);
  const choice = await chosen;
  if ('problem' in choice) {
    t.skip(choice.problem);
    return undefined;
  }
  return new Window(t, choice.python.executable);
}

test('a wheel is installed, updated and removed', { ...POSIX, timeout: LIMIT_MS }, async (t) => {
  const window = await windowOf(t);
  if (!window) return;
  const { environment } = window;
  assert.equal(environment.current(), undefined);
  const { stamp } = await install(window.job({ package: window.wheel('0.1.0') }));
  assert.equal(stamp.version, '0.1.0');
  assert.deepEqual(environment.current(), stamp);
  assert.ok(existsSync(environment.programOf(stamp)));
  assert.deepEqual(window.progress.slice(0, 3), [
    'making the environment',
    'bringing pip up to date',
    'installing the server',
  ]);
  assert.ok(window.progress.includes('unpacking 1 package'));
  assert.equal(window.replaced, 0);

  // What cannot serve leaves what is in use as it was.
  const line = await window.failure({ maker: window.quick(), package: window.wheel('0.0.9') });
  assert.match(line, /is version 0\.0\.9, too old for this extension \(0\.1\.0\)/);
  assert.deepEqual(environment.current(), stamp);
  assert.deepEqual(window.folders(), [stamp.folder]);

  const updated = await install(
    window.job({ maker: window.quick(), package: window.wheel('0.1.1') }),
  );
  assert.equal(environment.current()?.version, '0.1.1');
  assert.equal(window.replaced, 1);
  assert.deepEqual(window.folders(), [updated.stamp.folder]);

  await uninstall(environment, runProcess);
  assert.equal(environment.current(), undefined);
  assert.ok(!existsSync(environment.root));
  assert.ok(!isLocked(environment.lockFile));
});

test('a package without our program is refused', { ...POSIX, timeout: LIMIT_MS }, async (t) => {
  const window = await windowOf(t);
  if (!window) return;
  const line = await window.failure({
    maker: window.quick(),
    package: window.wheel('0.1.0', 'note'),
  });
  assert.match(line, /brought no working program 'dictate': correct the setting/);
  assert.deepEqual(window.folders(), []);
});

test('what the index does not have is one line', { ...POSIX, timeout: LIMIT_MS }, async (t) => {
  const window = await windowOf(t);
  if (!window) return;
  const line = await window.failure({
    maker: window.quick(),
    package: 'dictate-ls>=0.1,<0.2',
  });
  assert.match(line, /^the package index has no dictate-ls/);
  assert.ok(window.lines.some((text) => text.startsWith('ERROR: ')));
  assert.deepEqual(window.folders(), []);
});

test('an index that cannot be reached is one line', { ...POSIX, timeout: LIMIT_MS }, async (t) => {
  const window = await windowOf(t);
  if (!window) return;
  // Nothing listens on this port. What this machine configures for pip must not lead elsewhere.
  const env = environmentForMaking(process.env, {
    PIP_CONFIG_FILE: process.platform === 'win32' ? 'nul' : '/dev/null',
    PIP_INDEX_URL: 'http://127.0.0.1:9/simple',
    PIP_EXTRA_INDEX_URL: '',
    PIP_FIND_LINKS: '',
    PIP_NO_INDEX: '0',
    PIP_RETRIES: '1',
  });
  const line = await window.failure({ maker: window.quick(), env });
  assert.match(line, /^the package index cannot be reached.*: check the network/);
  assert.deepEqual(window.folders(), []);
});

/** A uv that makes the environment and then is slow: its child writes down who it is. */
function slowUv(window: Window): string {
  return window.script(
    'uv',
    `case "$1" in
  venv) shift; for last; do :; done; mkdir -p "$last/bin"; echo half > "$last/half" ;;
  pip) sh -c 'echo $$ > "${window.folder}/child"; exec sleep 600' & wait ;;
esac`,
  );
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!condition()) {
    assert.ok(Date.now() < deadline, 'it never came');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // A zombie waits for whoever inherited it, and does nothing any more.
  const state = `/proc/${pid}/stat`;
  return !existsSync(state) || !readFileSync(state, 'utf8').includes(') Z');
}

test(
  'cancelling ends every process and leaves nothing',
  { ...POSIX, timeout: LIMIT_MS },
  async (t) => {
    const window = await windowOf(t);
    if (!window) return;
    const program = slowUv(window);
    const installing = install(window.job({ maker: { kind: 'uv', program, python: undefined } }));
    const child = path.join(window.folder, 'child');
    await until(() => existsSync(child) && readFileSync(child, 'utf8').endsWith('\n'));
    assert.equal(window.folders().length, 1);
    const pid = Number(readFileSync(child, 'utf8'));
    assert.ok(isAlive(pid));
    window.abort.abort();
    await assert.rejects(installing, Cancelled);
    await until(() => !isAlive(pid));
    assert.deepEqual(window.folders(), []);
    assert.ok(!isLocked(window.environment.lockFile));
  },
);

test('two windows do not install at once', { ...POSIX, timeout: LIMIT_MS }, async (t) => {
  const window = await windowOf(t);
  if (!window) return;
  const program = slowUv(window);
  const first = install(window.job({ maker: { kind: 'uv', program, python: undefined } }));
  await until(() => existsSync(path.join(window.folder, 'child')));
  const other = new ManagedEnvironment(window.environment.root);
  await assert.rejects(install(window.job({ environment: other })), Busy);
  await assert.rejects(uninstall(other, runProcess), Busy);
  assert.equal(window.folders().length, 1, 'the one that installs is left alone');
  window.abort.abort();
  await assert.rejects(first, Cancelled);
});

test(
  'what a killed window left is removed, and its lock expires',
  { ...POSIX, timeout: LIMIT_MS },
  async (t) => {
    const window = await windowOf(t);
    if (!window) return;
    const { environment } = window;
    mkdirSync(path.join(environment.root, '20200101T000000Z', 'bin'), { recursive: true });
    writeFileSync(environment.lockFile, '1');
    const longAgo = new Date(Date.now() - 3_600_000);
    utimesSync(environment.lockFile, longAgo, longAgo);
    assert.ok(!isLocked(environment.lockFile));
    const installed: Installed = await install(
      window.job({ maker: window.quick(), package: window.wheel('0.1.0') }),
    );
    assert.deepEqual(window.folders(), [installed.stamp.folder]);
  },
);

test('a lock is taken once, and free again when it is released', (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'dictate-lock-'));
  t.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const file = path.join(folder, 'deeper', 'server.lock');
  const lock = takeLock(file);
  assert.ok(lock);
  assert.equal(takeLock(file), undefined);
  lock.release();
  assert.ok(!isLocked(file));
  takeLock(file)?.release();
});

test('a full disk is one line, and what was begun goes', async (t) => {
  const window = await windowOf(t);
  if (!window) return;
  const line = await window.failure({
    run: (_, args) => {
      const folder = args.at(-1);
      if (folder !== undefined) mkdirSync(folder, { recursive: true });
      const output = 'OSError: [Errno 28] No space left on device';
      return Promise.resolve({ code: 1, stdout: '', output, timedOut: false });
    },
  });
  assert.match(line, /^the disk is full: free some space for /);
  assert.deepEqual(window.folders(), []);
});

test('a folder that cannot be made is one line', async (t) => {
  const window = await windowOf(t);
  if (!window) return;
  writeFileSync(path.join(window.folder, 'store'), 'a file where the folder should be');
  assert.match(await window.failure({}), /^the installation failed: |cannot be written/);
});

test('a missing PortAudio is told, and the server is installed all the same', async (t) => {
  const window = await windowOf(t);
  if (!window) return;
  const { stamp, missing } = await install(
    window.job({
      platform: 'linux',
      run: (command, args) => {
        const isProbe = args.at(-1) === 'import sounddevice';
        if (args[1] === 'venv') mkdirSync(args.at(-1) ?? '', { recursive: true });
        const output = isProbe ? 'OSError: PortAudio library not found' : 'dictate 0.1.0';
        return Promise.resolve({ code: isProbe ? 1 : 0, stdout: output, output, timedOut: false });
      },
    }),
  );
  assert.equal(stamp.version, '0.1.0');
  assert.match(missing ?? '', /PortAudio.*apt-get install libportaudio2/);
});

test('torch comes from the builds for processors where there is no NVIDIA card', () => {
  const cpu = { index: 'https://download.pytorch.org/whl/cpu' };
  assert.deepEqual(torchSource('auto', 'linux', false), cpu);
  assert.equal(torchSource('auto', 'linux', true), 'default');
  assert.equal(torchSource('auto', 'darwin', false), 'default');
  assert.equal(torchSource('default', 'linux', false), 'default');
  assert.deepEqual(torchSource('cpu', 'win32', true), cpu);
  assert.deepEqual(torchSource('https://example.org/cu', 'linux', true), {
    index: 'https://example.org/cu',
  });
  const made = steps(
    { kind: 'uv', program: '/bin/uv', python: undefined },
    '/store/1',
    'dictate-ls',
    cpu,
    'linux',
  );
  assert.deepEqual(
    made.map(({ args }) => args.join(' ')),
    [
      'venv --no-project --python >=3.10,<3.15 /store/1',
      `pip install --python /store/1/bin/python --index-url ${cpu.index} torch>=2.6`,
      'pip install --python /store/1/bin/python dictate-ls',
    ],
  );
});

test('the package may be a requirement, or a file that is there', () => {
  const isThere = (file: string): boolean => file === '/home/ada/dictate.whl';
  const argument = (setting: string): unknown => packageArgument(setting, '/home/ada', isThere);
  assert.deepEqual(argument('dictate-ls[gpu]>=0.1'), { argument: 'dictate-ls[gpu]>=0.1' });
  assert.deepEqual(argument('~/dictate.whl'), { argument: '/home/ada/dictate.whl' });
  assert.deepEqual(argument('git+https://example.org/x.git'), {
    argument: 'git+https://example.org/x.git',
  });
  assert.match(JSON.stringify(argument('dictate.whl')), /full path/);
  assert.match(JSON.stringify(argument('/gone/x.whl')), /no such file or folder/);
});
