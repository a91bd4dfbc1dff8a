// Finds the program that serves, without a word about windows.

import { existsSync, statSync } from 'node:fs';
import { type Origin, type Place, type Surroundings, named, places } from './places';
import type { Run } from './run';
import { fit } from './version';
import { type Memory, isProgram, vet } from './vetting';

export interface Located {
  program: string;
  version: string;
  origin: Origin;
}

/** Why there is no server to start. */
export type ProblemKind =
  /** The setting names something that is not the server. */
  | 'setting'
  /** There is none anywhere. */
  | 'missing'
  /** The one that the extension installed does not fit the extension any more. */
  | 'outdated'
  /** There are some, of versions that do not fit. */
  | 'version';

/** One line that says what is wrong and what to do. */
export class ServerProblem extends Error {
  constructor(
    readonly kind: ProblemKind,
    message: string,
  ) {
    super(message);
  }
}

export interface Search extends Surroundings {
  /** dictate.server.path; empty: everywhere. */
  setting: string;
  /** The extension's version. */
  version: string;
  /** Names the version of what the extension installed. */
  managedVersion: string | undefined;
  run: Run;
  memory: Memory;
  /** What was passed over and why, for the log. */
  onSkipped: (line: string) => void;
}

/** Finds the server; throws a `ServerProblem`. */
export async function locate(search: Search): Promise<Located> {
  if (search.setting !== '') return locateNamed(search);
  const misfits: { place: Place; version: string }[] = [];
  for (const place of places(search)) {
    if (!isProgram(place.program)) continue;
    const version = await versionAt(place, search);
    if (version === undefined) continue;
    if (fit(version, search.version) === 'fits') {
      return { program: place.program, version, origin: place.origin };
    }
    search.onSkipped(
      `${place.program}: version ${version} does not fit the extension's, ${search.version}`,
    );
    misfits.push({ place, version });
  }
  throw problemOf(misfits, search);
}

async function versionAt(place: Place, search: Search): Promise<string | undefined> {
  // The extension tried what it installed when it installed it.
  if (place.origin === 'managed' && search.managedVersion !== undefined) {
    return search.managedVersion;
  }
  const verdict = await vet(place.program, search.run, search.memory, search.env);
  if (verdict.kind === 'ours') return verdict.version;
  search.onSkipped(`${place.program}: ${verdict.fault}`);
  return undefined;
}

async function locateNamed(search: Search): Promise<Located> {
  const { setting } = search;
  const problem = (fault: string): ServerProblem =>
    new ServerProblem('setting', `the setting dictate.server.path is '${setting}': ${fault}`);
  const tried = named(setting, search.platform, search.home);
  const [first] = tried;
  if (first === undefined) {
    throw problem('give the full path of the program dictate, or of its environment');
  }
  const program = tried.find(isProgram);
  if (program === undefined) {
    if (!existsSync(first)) {
      throw problem('there is no such file or folder: correct it, or clear it to look elsewhere');
    }
    throw problem(
      statSync(first).isDirectory()
        ? 'there is no program dictate in that folder: correct it, or clear it to look elsewhere'
        : 'that file is not a program that may be run: correct it, or clear it to look elsewhere',
    );
  }
  const verdict = await vet(program, search.run, search.memory, search.env);
  if (verdict.kind === 'other') {
    throw problem(`${verdict.fault}: correct it, or clear it to look elsewhere`);
  }
  // A version that does not fit is the user's wish; the client says so once it runs.
  return { program, version: verdict.version, origin: 'setting' };
}

function problemOf(
  misfits: { place: Place; version: string }[],
  { version }: Search,
): ServerProblem {
  const [nearest] = misfits;
  if (!nearest) {
    return new ServerProblem(
      'missing',
      'the server is not installed: install it, or name its program in the setting dictate.server.path',
    );
  }
  const isOld = fit(nearest.version, version) === 'older';
  if (nearest.place.origin === 'managed') {
    return new ServerProblem(
      'outdated',
      `the installed server is version ${nearest.version}, ${isOld ? 'older' : 'newer'} than this extension (${version}): ${isOld ? 'update it' : 'update the extension, or install the server anew'}`,
    );
  }
  return new ServerProblem(
    'version',
    `${nearest.place.program} is version ${nearest.version}, ${isOld ? 'older' : 'newer'} than this extension (${version}): ${isOld ? 'update it (pip install --upgrade dictate-ls), or install one beside it' : 'update the extension, or install a server beside it'}`,
  );
}
