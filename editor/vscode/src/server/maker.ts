// Who can make the server's environment on this machine.

import * as path from 'node:path';
import { searchPath } from './places';
import { type Choice, candidates, choose, chooseNamed, shown } from './python';
import type { Maker } from './recipe';
import type { Run } from './run';

export interface MakerSearch {
  /** dictate.server.python; empty: any that will do. */
  python: string;
  platform: NodeJS.Platform;
  env: NodeJS.ProcessEnv;
  home: string;
  run: Run;
  isProgram: (file: string) => boolean;
}

export type FoundMaker = { maker: Maker; name: string } | { problem: string };

/** uv where it is there, since it needs no Python and is quick; a Python that will do otherwise. */
export async function findMaker(search: MakerSearch): Promise<FoundMaker> {
  const { python, platform, env, run } = search;
  let choice: Choice | undefined;
  if (python !== '') {
    choice = await chooseNamed(python, run, env);
    if ('problem' in choice && !choice.lacksVenv) return choice;
  }
  const uv = uvPlaces(search).find(search.isProgram);
  if (uv !== undefined && (await run(uv, ['--version'], { env, timeoutMs: 20_000 })).code === 0) {
    const named = python === '' ? undefined : python;
    return { maker: { kind: 'uv', program: uv, python: named }, name: `uv (${uv})` };
  }
  choice ??= await choose(candidates(platform), run, env);
  if ('problem' in choice) return choice;
  const { executable, version } = choice.python;
  return {
    maker: { kind: 'python', executable },
    name: `Python ${shown(version)} (${executable}) with venv and pip`,
  };
}

/** Where uv may be: a desktop's menu starts editors without what a shell adds to the PATH. */
function uvPlaces({ platform, env, home }: MakerSearch): string[] {
  const p = platform === 'win32' ? path.win32 : path.posix;
  const name = platform === 'win32' ? 'uv.exe' : 'uv';
  const folders = [
    ...searchPath(env, platform),
    p.join(home, '.local', 'bin'),
    p.join(home, '.cargo', 'bin'),
    ...(platform === 'darwin' ? ['/opt/homebrew/bin', '/usr/local/bin'] : []),
  ];
  return folders.map((folder) => p.join(folder, name));
}
