// Installing the server, without a word about windows and buttons.

import { existsSync } from 'node:fs';
import { failure } from './failures';
import { type Lock, takeLock } from './lock';
import { type ManagedEnvironment, type Stamp, removeFolder } from './managed';
import { programIn, pythonIn } from './places';
import { StepProgress } from './progress';
import { type Maker, type TorchSource, steps } from './recipe';
import type { Run } from './run';
import { fit, release, versionIn } from './version';

export interface Job {
  maker: Maker;
  /** How the maker is called in messages: "uv", "Python 3.12.1". */
  makerName: string;
  /** What pip or uv is asked for. */
  package: string;
  torch: TorchSource;
  environment: ManagedEnvironment;
  /** The extension's version, which the server's has to fit. */
  version: string;
  env: NodeJS.ProcessEnv;
  platform: NodeJS.Platform;
  run: Run;
  signal: AbortSignal;
  /** What happens now, for a notification. */
  onProgress: (text: string) => void;
  /** Every line of the programs, and which were started. */
  onLine: (line: string) => void;
  /** Ends the server that runs from what is about to be replaced. */
  beforeReplacing: () => Promise<void>;
  now: () => Date;
}

export interface Installed {
  stamp: Stamp;
  /** What is still missing on this machine, with the fix. */
  missing?: string;
}

/** Says in one line what failed and what to do. */
export class InstallError extends Error {}

export class Cancelled extends Error {}

/** Another window installs or removes it right now. */
export class Busy extends Error {}

const ANSWER_LIMIT_MS = 60_000;

export async function install(job: Job): Promise<Installed> {
  const lock = lockOrThrow(job.environment);
  try {
    return await installLocked(job);
  } finally {
    lock.release();
  }
}

/** Removes what the extension installed, after the engine that runs from it was asked to leave. */
export async function uninstall(environment: ManagedEnvironment, run: Run): Promise<void> {
  const lock = lockOrThrow(environment);
  try {
    const stamp = environment.current();
    if (stamp) await stopEngine(environment.programOf(stamp), run);
    await environment.remove();
  } finally {
    lock.release();
  }
}

async function installLocked(job: Job): Promise<Installed> {
  const { environment, run } = job;
  let folder: string | undefined;
  try {
    const before = environment.current();
    folder = await environment.begin(job.now());
    await follow(job, folder);
    const version = await versionOf(job, folder);
    // The engine of the server before speaks its language, not the new one's.
    if (before) {
      await job.beforeReplacing();
      await stopEngine(environment.programOf(before), run);
    }
    const stamp: Stamp = {
      folder: folder.slice(environment.root.length + 1),
      version,
      package: job.package,
      madeBy: job.makerName,
      installedAt: job.now().toISOString(),
    };
    const missing = await missingLibrary(job, folder);
    stopIfCancelled(job);
    environment.complete(stamp);
    await environment.sweep().catch(() => {
      // What was replaced is still in use, and goes next time.
    });
    return missing === undefined ? { stamp } : { stamp, missing };
  } catch (error) {
    if (folder !== undefined) {
      job.onProgress('removing what was begun');
      await removeFolder(folder).catch(() => {
        // It is removed before the next installation.
      });
    }
    if (error instanceof InstallError || error instanceof Cancelled) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    const outcome = { code: null, stdout: '', output: code ?? message, timedOut: false };
    const attempt = { tool: 'the installation', package: job.package, folder: environment.root };
    throw new InstallError(failure(outcome, attempt));
  }
}

async function follow(job: Job, folder: string): Promise<void> {
  let canShowPercent = false;
  for (const step of steps(job.maker, folder, job.package, job.torch, job.platform)) {
    stopIfCancelled(job);
    const isPip = step.args.includes('pip') && step.args.includes('install') && !step.optional;
    const args = [...step.args];
    if (isPip && job.maker.kind === 'python' && canShowPercent) {
      args.splice(args.indexOf('install') + 1, 0, '--progress-bar', 'raw');
    }
    job.onProgress(step.title);
    job.onLine(`> ${[step.command, ...args].join(' ')}`);
    const progress = new StepProgress();
    const outcome = await job.run(step.command, args, {
      env: job.env,
      // Not the editor's folder: pip and uv take what lies there into account.
      cwd: job.environment.root,
      signal: job.signal,
      onLine: (line) => {
        const text = progress.next(line);
        if (text !== undefined) job.onProgress(text);
        if (!/^Progress \d+ of \d+$/.test(line)) job.onLine(line);
      },
    });
    stopIfCancelled(job);
    if (step.optional) canShowPercent = await showsPercent(job, folder);
    else if (outcome.code !== 0) {
      const tool = job.maker.kind === 'uv' ? 'uv' : isPip ? 'pip' : job.makerName;
      const attempt = { tool, package: job.package, folder: job.environment.root };
      throw new InstallError(failure(outcome, attempt));
    }
  }
}

/** Whether pip can say how far a download is: `--progress-bar raw` came with 24.1. */
async function showsPercent(job: Job, folder: string): Promise<boolean> {
  const options = { env: job.env, signal: job.signal, timeoutMs: ANSWER_LIMIT_MS };
  const python = pythonIn(folder, job.platform);
  const { stdout } = await job.run(python, ['-m', 'pip', '--version'], options);
  const [major, minor] = release(stdout.replace(/^pip /, '')) ?? [0, 0];
  return major > 24 || (major === 24 && minor >= 1);
}

function stopIfCancelled({ signal }: Job): void {
  if (signal.aborted) throw new Cancelled();
}

/** Tries the new program, which must answer and serve this extension. */
async function versionOf(job: Job, folder: string): Promise<string> {
  job.onProgress('trying the server');
  const program = programIn(folder, job.platform);
  const options = { env: job.env, signal: job.signal, timeoutMs: ANSWER_LIMIT_MS };
  const outcome = await job.run(program, ['--version'], options);
  stopIfCancelled(job);
  const version = outcome.code === 0 ? versionIn(outcome.stdout) : undefined;
  if (version === undefined) {
    job.onLine(outcome.output);
    throw new InstallError(
      `'${job.package}' brought no working program 'dictate': correct the setting dictate.server.package`,
    );
  }
  const fits = fit(version, job.version);
  if (fits !== 'fits') {
    throw new InstallError(
      fits === 'older'
        ? `'${job.package}' is version ${version}, too old for this extension (${job.version}): correct the setting dictate.server.package`
        : `'${job.package}' is version ${version}, too new for this extension (${job.version}): update the extension`,
    );
  }
  return version;
}

/** On Linux the sound library is the system's, and pip cannot bring it. */
async function missingLibrary(job: Job, folder: string): Promise<string | undefined> {
  if (job.platform !== 'linux') return undefined;
  const probe = 'import sounddevice';
  const options = { env: job.env, signal: job.signal, timeoutMs: ANSWER_LIMIT_MS };
  const outcome = await job.run(pythonIn(folder, job.platform), ['-c', probe], options);
  if (!outcome.output.includes('PortAudio library not found')) return undefined;
  return 'the PortAudio library is missing, without which no microphone is heard: install it (Debian and Ubuntu: apt-get install libportaudio2; Fedora: dnf install portaudio; Arch: pacman -S portaudio)';
}

async function stopEngine(program: string, run: Run): Promise<void> {
  if (existsSync(program)) await run(program, ['engine', 'stop'], { timeoutMs: 15_000 });
}

function lockOrThrow(environment: ManagedEnvironment): Lock {
  let lock: Lock | undefined;
  try {
    lock = takeLock(environment.lockFile);
  } catch (error) {
    const output = (error as NodeJS.ErrnoException).code ?? String(error);
    const attempt = { tool: 'the installation', package: '', folder: environment.root };
    const outcome = { code: null, stdout: '', output, timedOut: false };
    throw new InstallError(failure(outcome, attempt));
  }
  if (!lock) throw new Busy();
  return lock;
}
