// Where the server's program may be, the best place first.

import * as path from 'node:path';

export type Origin = 'setting' | 'managed' | 'path' | 'tool' | 'checkout';

export interface Place {
  program: string;
  origin: Origin;
}

export interface Surroundings {
  platform: NodeJS.Platform;
  env: NodeJS.ProcessEnv;
  home: string;
  /** The folder of the extension, which may lie in a checkout of Dictate. */
  extensionFolder: string;
  /** The environment that the extension made, if there is one. */
  managed: string | undefined;
}

/** Every place to look at, without the one that a setting names. */
export function places(around: Surroundings): Place[] {
  const { platform, env, home } = around;
  const p = pathOf(platform);
  const name = programName(platform);
  const found: Place[] = [];
  const add = (origin: Origin, ...parts: (string | undefined)[]): void => {
    if (parts.some((part) => part === undefined || part === '')) return;
    const program = p.join(...(parts as string[]));
    if (p.isAbsolute(program) && !found.some((place) => place.program === program)) {
      found.push({ program, origin });
    }
  };
  if (around.managed !== undefined) add('managed', programIn(around.managed, platform));
  for (const folder of searchPath(env, platform)) add('path', folder, name);
  const virtual = env['VIRTUAL_ENV'];
  if (virtual !== undefined && virtual !== '') add('tool', programIn(virtual, platform));
  // A desktop's menu starts editors without what a shell adds to the PATH.
  add('tool', env['PIPX_BIN_DIR'], name);
  add('tool', env['UV_TOOL_BIN_DIR'], name);
  add('tool', env['XDG_BIN_HOME'], name);
  add('tool', home, '.local', 'bin', name);
  const data =
    platform === 'win32' ? env['APPDATA'] : (env['XDG_DATA_HOME'] ?? `${home}/.local/share`);
  add('tool', data, 'uv', 'tools', 'dictate-ls', folderOfPrograms(platform), name);
  add('tool', data, 'pipx', 'venvs', 'dictate-ls', folderOfPrograms(platform), name);
  add('tool', home, '.local', 'pipx', 'venvs', 'dictate-ls', folderOfPrograms(platform), name);
  if (platform === 'win32') add('tool', home, 'pipx', 'venvs', 'dictate-ls', 'Scripts', name);
  if (platform === 'darwin') add('tool', '/opt/homebrew/bin', name);
  if (platform !== 'win32') add('tool', '/usr/local/bin', name);
  add('checkout', programIn(p.join(around.extensionFolder, '..', '..', '.venv'), platform));
  return found;
}

/** The programs that a file or folder in the setting may mean, the likeliest first. */
export function named(setting: string, platform: NodeJS.Platform, home: string): string[] {
  const p = pathOf(platform);
  const full = /^~(?=$|[\\/])/.test(setting) ? p.join(home, setting.slice(1)) : setting;
  if (!p.isAbsolute(full)) return [];
  const name = programName(platform);
  return [
    p.normalize(full),
    programIn(full, platform),
    p.join(full, name),
    programIn(p.join(full, '.venv'), platform),
  ];
}

/** The program of a virtual environment. */
export function programIn(environment: string, platform: NodeJS.Platform): string {
  return pathOf(platform).join(environment, folderOfPrograms(platform), programName(platform));
}

/** The Python of a virtual environment. */
export function pythonIn(environment: string, platform: NodeJS.Platform): string {
  const name = platform === 'win32' ? 'python.exe' : 'python';
  return pathOf(platform).join(environment, folderOfPrograms(platform), name);
}

/** The folders of the PATH; relative ones mean something else in every folder and are left out. */
export function searchPath(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string[] {
  const p = pathOf(platform);
  // Windows calls it Path, and Node's copy of an environment tells the two apart.
  const value = env['PATH'] ?? env['Path'] ?? '';
  return value
    .split(p.delimiter)
    .map((folder) => folder.replace(/^"(.*)"$/, '$1'))
    .filter((folder) => p.isAbsolute(folder));
}

function programName(platform: NodeJS.Platform): string {
  return platform === 'win32' ? 'dictate.exe' : 'dictate';
}

function folderOfPrograms(platform: NodeJS.Platform): string {
  return platform === 'win32' ? 'Scripts' : 'bin';
}

function pathOf(platform: NodeJS.Platform): path.PlatformPath {
  return platform === 'win32' ? path.win32 : path.posix;
}
