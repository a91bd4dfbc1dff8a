// Runs other programs: with a time limit, line by line, and so that ending one ends all it started.

import { type ChildProcess, spawn } from 'node:child_process';

export interface RunOptions {
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Ends the program and everything that it started. */
  signal?: AbortSignal;
  timeoutMs?: number;
  /** Each line of either stream, as it comes. */
  onLine?: (line: string) => void;
}

export interface Outcome {
  /** The exit status; null when it did not start, or was ended. */
  code: number | null;
  stdout: string;
  /** Both streams in the order of their arrival; the end of it when there is a lot. */
  output: string;
  /** Why it did not start, as Node names it: ENOENT, EACCES, … */
  startFault?: string;
  timedOut: boolean;
}

export type Run = (command: string, args: string[], options?: RunOptions) => Promise<Outcome>;

const KEPT_CHARACTERS = 200_000;
const GRACE_MS = 3000;

/** `Run` with real processes. It never rejects. */
export const runProcess: Run = (command, args, options = {}) =>
  new Promise((resolve) => {
    const outcome: Outcome = { code: null, stdout: '', output: '', timedOut: false };
    if (options.signal?.aborted) {
      resolve(outcome);
      return;
    }
    const windows = process.platform === 'win32';
    const child = spawn(command, args, {
      env: options.env ?? process.env,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      stdio: ['ignore', 'pipe', 'pipe'],
      // A process group of its own, which can be ended as a whole.
      detached: !windows,
      windowsHide: true,
    });
    const end = (): void => {
      endTree(child);
    };
    const timer =
      options.timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            outcome.timedOut = true;
            end();
          }, options.timeoutMs);
    options.signal?.addEventListener('abort', end);
    const finish = (): void => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', end);
      resolve(outcome);
    };
    const take = (stream: NodeJS.ReadableStream, isStdout: boolean): void => {
      let rest = '';
      stream.setEncoding('utf8');
      stream.on('data', (text: string) => {
        if (isStdout) outcome.stdout = (outcome.stdout + text).slice(-KEPT_CHARACTERS);
        outcome.output = (outcome.output + text).slice(-KEPT_CHARACTERS);
        const lines = (rest + text).split(/\r\n|\n|\r/);
        rest = lines.pop() ?? '';
        for (const line of lines) options.onLine?.(line);
      });
      stream.on('end', () => {
        if (rest !== '') options.onLine?.(rest);
      });
    };
    take(child.stdout, true);
    take(child.stderr, false);
    child.on('error', (error: NodeJS.ErrnoException) => {
      outcome.startFault ??= error.code ?? error.message;
      if (child.pid === undefined) finish();
    });
    child.on('close', (code) => {
      outcome.code = code;
      finish();
    });
  });

/** Ends a child and all that it started: asks first, insists after a while. */
function endTree(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined) return;
  if (process.platform === 'win32') {
    spawn('taskkill', ['/pid', String(pid), '/T', '/F'], { windowsHide: true }).on('error', () => {
      child.kill();
    });
    return;
  }
  signalGroup(pid, 'SIGTERM');
  setTimeout(() => {
    signalGroup(pid, 'SIGKILL');
  }, GRACE_MS).unref();
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // All of the group have gone.
  }
}
