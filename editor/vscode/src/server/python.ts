// A Python that can make the server's environment.

import type { Run } from './run';

export interface Candidate {
  command: string;
  args: string[];
}

export interface Python {
  /** The interpreter's own file. */
  executable: string;
  version: [number, number, number];
  bits: number;
  /** Whether it can make environments with pip in them. */
  venv: boolean;
}

export type Choice =
  | { python: Python }
  | {
      problem: string;
      /** The venv module is all that is missing, which uv does without. */
      lacksVenv: boolean;
    };

export const OLDEST: [number, number] = [3, 10];

const INSTEAD = 'install Python 3.10 or newer (python.org) or uv, or set dictate.server.python';
const LIMIT_MS = 20_000;

// Runs in any Python since 2.7, or it could not say that one is too old.
const PROBE = [
  'import json, struct, sys',
  'try:',
  '    import ensurepip, venv',
  '    able = True',
  'except ImportError:',
  '    able = False',
  'print(json.dumps({"executable": sys.executable, "version": list(sys.version_info[:3]),',
  '    "bits": struct.calcsize("P") * 8, "venv": able}))',
].join('\n');

/** The commands that may be a Python. */
export function candidates(platform: NodeJS.Platform): Candidate[] {
  const numbered = [14, 13, 12, 11, 10].map((minor) => `3.${minor}`);
  if (platform === 'win32') {
    // The launcher knows every installed version; `python` may be the store's advertisement.
    const launched = ['3', ...numbered].map((version) => ({
      command: 'py',
      args: [`-${version}`],
    }));
    return [...launched, { command: 'python', args: [] }, { command: 'python3', args: [] }];
  }
  return [...numbered.map((version) => `python${version}`), 'python3', 'python'].map((command) => ({
    command,
    args: [],
  }));
}

/** Asks a candidate what it is; undefined when it is no Python that runs. */
export async function examine(
  candidate: Candidate,
  run: Run,
  env: NodeJS.ProcessEnv,
): Promise<Python | undefined> {
  // -I: what lies in the current folder or in PYTHON… variables must not answer for it. Python 2
  // has no -I and is asked without it.
  for (const isolated of [['-I'], []]) {
    const outcome = await run(candidate.command, [...candidate.args, ...isolated, '-c', PROBE], {
      env,
      timeoutMs: LIMIT_MS,
    });
    if (outcome.startFault !== undefined) return undefined;
    if (outcome.code === 0) return read(outcome.stdout);
  }
  return undefined;
}

/** The first Python that will do, or what is wrong with those that there are. */
export async function choose(
  found: Candidate[],
  run: Run,
  env: NodeJS.ProcessEnv,
): Promise<Choice> {
  const seen: Python[] = [];
  for (const candidate of found) {
    const python = await examine(candidate, run, env);
    if (!python) continue;
    if (suits(python)) return { python };
    seen.push(python);
  }
  return { problem: problemOf(seen), lacksVenv: seen.some(lacksVenv) };
}

/** The Python that the setting names, or what is wrong with it. */
export async function chooseNamed(
  command: string,
  run: Run,
  env: NodeJS.ProcessEnv,
): Promise<Choice> {
  const python = await examine({ command, args: [] }, run, env);
  if (python && suits(python)) return { python };
  const fault = python ? faultOf(python) : 'it is not a Python that runs';
  return {
    problem: `dictate.server.python is '${command}': ${fault}: name a 64-bit Python 3.10 or newer, or clear it`,
    lacksVenv: python !== undefined && lacksVenv(python),
  };
}

export function shown(version: readonly number[]): string {
  return version.join('.');
}

function suits(python: Python): boolean {
  return isNewEnough(python) && python.venv && python.bits === 64;
}

function isNewEnough({ version }: Python): boolean {
  return version[0] > OLDEST[0] || (version[0] === OLDEST[0] && version[1] >= OLDEST[1]);
}

/** One line about the Python that comes nearest. */
function problemOf(seen: Python[]): string {
  const nearest = [...seen].sort(
    (a, b) => b.version[0] - a.version[0] || b.version[1] - a.version[1],
  );
  const python = nearest.find(isNewEnough) ?? nearest[0];
  if (!python) return `no Python was found: ${INSTEAD}`;
  const fault = `${faultOf(python)} (${python.executable})`;
  return lacksVenv(python)
    ? `${fault}: install it (Debian and Ubuntu: apt-get install python3-venv), or install uv`
    : `${fault}: ${INSTEAD}`;
}

function lacksVenv(python: Python): boolean {
  return isNewEnough(python) && python.bits === 64 && !python.venv;
}

function faultOf(python: Python): string {
  const name = `Python ${shown(python.version)}`;
  if (!isNewEnough(python)) return `${name} is too old`;
  return python.bits === 64 ? `${name} lacks the venv module` : `${name} is a 32-bit program`;
}

function read(output: string): Python | undefined {
  try {
    const value = JSON.parse(output.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
    const { executable, version, bits, venv } = value;
    if (typeof executable !== 'string' || executable === '' || !Array.isArray(version)) {
      return undefined;
    }
    const [major, minor, patch] = version.map(Number);
    return {
      executable,
      version: [major ?? 0, minor ?? 0, patch ?? 0],
      bits: Number(bits),
      venv: venv === true,
    };
  } catch {
    return undefined;
  }
}
