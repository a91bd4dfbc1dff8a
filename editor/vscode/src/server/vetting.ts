// Whether a program called dictate is ours: others have had that name, too.

import { accessSync, constants, statSync } from 'node:fs';
import type { Run } from './run';
import { versionIn } from './version';

/** What is remembered of programs between starts, so that a start asks none of them again. */
export interface Memory {
  get(): unknown;
  set(value: Record<string, Remembered>): void;
}

interface Remembered {
  mtimeMs: number;
  size: number;
  /** null: it is another program. */
  version: string | null;
}

export type Verdict = { kind: 'ours'; version: string } | { kind: 'other'; fault: string };

const LIMIT_MS = 20_000;
const REMEMBERED = 20;

/** Whether this is a file that may be run. */
export function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** Asks a program for its version unless it is the same file as when it was asked last. */
export async function vet(
  program: string,
  run: Run,
  memory: Memory,
  env?: NodeJS.ProcessEnv,
): Promise<Verdict> {
  const { mtimeMs, size } = statSync(program);
  const known = readMemory(memory);
  const last = known[program];
  if (last?.mtimeMs === mtimeMs && last.size === size) return verdict(last.version);
  const options = { timeoutMs: LIMIT_MS, ...(env === undefined ? {} : { env }) };
  const outcome = await run(program, ['--version'], options);
  const version = outcome.code === 0 ? versionIn(outcome.stdout) : undefined;
  if (version === undefined && outcome.code !== 0) {
    // It may be ours and broken, or the machine busy: it is asked again next time.
    return { kind: 'other', fault: faultOf(outcome.output, outcome.timedOut, outcome.startFault) };
  }
  const others = Object.entries(known).filter(([other]) => other !== program);
  memory.set({
    ...Object.fromEntries(others.slice(1 - REMEMBERED)),
    [program]: { mtimeMs, size, version: version ?? null },
  });
  return verdict(version ?? null);
}

function verdict(version: string | null): Verdict {
  return version === null
    ? { kind: 'other', fault: 'it is another program of that name' }
    : { kind: 'ours', version };
}

function faultOf(output: string, timedOut: boolean, startFault: string | undefined): string {
  if (timedOut) return `it did not answer within ${LIMIT_MS / 1000} s`;
  if (startFault !== undefined) return `it does not start (${startFault})`;
  const last = output.trim().split('\n').at(-1)?.trim() ?? '';
  return last === '' ? 'it failed without a message' : `it failed: ${last.slice(0, 160)}`;
}

function readMemory(memory: Memory): Record<string, Remembered> {
  const value = memory.get();
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, Remembered] => isRemembered(entry[1])),
  );
}

function isRemembered(value: unknown): value is Remembered {
  if (typeof value !== 'object' || value === null) return false;
  const { mtimeMs, size, version } = value as Record<string, unknown>;
  return (
    typeof mtimeMs === 'number' &&
    typeof size === 'number' &&
    (version === null || typeof version === 'string')
  );
}
