// The settings about the server's program, read and checked.

import { requirement } from './version';

export interface ServerSettings {
  /** dictate.server.path; empty: look for it. */
  path: string;
  /** dictate.server.python; empty: look for one. */
  python: string;
  /** dictate.server.package, as it is asked for. */
  package: string;
  /** dictate.server.torch: auto, default, cpu, or the address of an index. */
  torch: string;
  /** dictate.server.environment. */
  environment: Record<string, string>;
  /** What was wrong, a line each. */
  problems: string[];
}

/** Reads them; `get` takes the names behind "dictate." and returns anything. */
export function readSettings(get: (name: string) => unknown, version: string): ServerSettings {
  const problems: string[] = [];
  const text = (name: string, fallback: string): string => {
    const value = get(name);
    if (typeof value === 'string') return value.trim() === '' ? fallback : value.trim();
    if (value !== undefined && value !== null) {
      problems.push(`dictate.${name} must be a text: the default is used`);
    }
    return fallback;
  };
  const environment: Record<string, string> = {};
  const given = get('server.environment') ?? {};
  if (typeof given !== 'object' || Array.isArray(given)) {
    problems.push('dictate.server.environment must be an object of texts: it is ignored');
  } else {
    for (const [name, value] of Object.entries(given)) {
      if (typeof value === 'string' || typeof value === 'number') environment[name] = String(value);
      else problems.push(`dictate.server.environment.${name} must be a text: it is ignored`);
    }
  }
  let torch = text('server.torch', 'auto');
  if (!/^(?:auto|default|cpu|https?:\/\/\S+)$/.test(torch)) {
    problems.push(
      `dictate.server.torch is '${torch}': it must be auto, default, cpu or an address: auto is used`,
    );
    torch = 'auto';
  }
  return {
    path: text('server.path', ''),
    python: text('server.python', ''),
    package: text('server.package', requirement(version)),
    torch,
    environment,
    problems,
  };
}

/** The environment of the server and of what installs it. */
export function environmentFor(
  own: NodeJS.ProcessEnv,
  added: Record<string, string>,
): NodeJS.ProcessEnv {
  return { ...own, ...added };
}

/**
 * The environment for making environments: without what would lead Python, pip or uv to another
 * one, such as the one that the editor was started in.
 */
export function environmentForMaking(
  own: NodeJS.ProcessEnv,
  added: Record<string, string>,
): NodeJS.ProcessEnv {
  const misleading =
    /^(?:PYTHONHOME|PYTHONPATH|VIRTUAL_ENV|CONDA_PREFIX|PIP_USER|PIP_TARGET|PIP_PREFIX|UV_PYTHON|__PYVENV_LAUNCHER__)$/i;
  const clean = Object.entries(own).filter(([name]) => !misleading.test(name));
  return { ...Object.fromEntries(clean), PYTHONUTF8: '1', ...added };
}
