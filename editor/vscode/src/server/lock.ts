// A lock between windows: a file that its holder keeps fresh, so that a dead holder's expires.

import {
  closeSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import * as path from 'node:path';

const FRESHEN_MS = 5000;
const EXPIRES_MS = 60_000;

export interface Lock {
  release(): void;
}

/** Takes the lock; undefined while another window holds it. */
export function takeLock(file: string): Lock | undefined {
  mkdirSync(path.dirname(file), { recursive: true });
  const handle = create(file) ?? (isLocked(file) ? undefined : replace(file));
  if (handle === undefined) return undefined;
  writeSync(handle, String(process.pid));
  closeSync(handle);
  const timer = setInterval(() => {
    try {
      const now = new Date();
      utimesSync(file, now, now);
    } catch {
      // Somebody removed it by hand.
    }
  }, FRESHEN_MS);
  timer.unref();
  return {
    release: () => {
      clearInterval(timer);
      rmSync(file, { force: true });
    },
  };
}

/** Whether a window that is alive holds the lock. */
export function isLocked(file: string): boolean {
  try {
    return Date.now() - statSync(file).mtimeMs < EXPIRES_MS;
  } catch {
    return false;
  }
}

/** Puts a lock in the place of an expired one, unless another window does so at this moment. */
function replace(file: string): number | undefined {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch {
    return create(file);
  }
  if (isLocked(aside)) {
    renameSync(aside, file);
    return undefined;
  }
  rmSync(aside, { force: true });
  return create(file);
}

function create(file: string): number | undefined {
  try {
    return openSync(file, 'wx');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    throw error;
  }
}
