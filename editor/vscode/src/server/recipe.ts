// The steps that make the server's environment, as commands.

import * as path from 'node:path';
import { pythonIn } from './places';

/** Who makes the environment: uv, which brings a Python where there is none, or Python itself. */
export type Maker =
  | { kind: 'uv'; program: string; python: string | undefined }
  | { kind: 'python'; executable: string };

/** Where torch comes from: the package index like all else, or an index of torch builds. */
export type TorchSource = 'default' | { index: string };

export interface Step {
  title: string;
  command: string;
  args: string[];
  /** A failure of it does not matter. */
  optional: boolean;
}

const CPU_INDEX = 'https://download.pytorch.org/whl/cpu';
// What torch is built for; uv takes one of these that is there, and gets the newest otherwise.
const PYTHONS = '>=3.10,<3.15';

/**
 * Where torch comes from under the setting dictate.server.torch.
 *
 * The package index has torch for Linux with NVIDIA's libraries, 3 GB that only their cards use.
 */
export function torchSource(
  setting: string,
  platform: NodeJS.Platform,
  hasNvidia: boolean,
): TorchSource {
  if (setting === 'cpu') return { index: CPU_INDEX };
  if (/^https?:\/\//.test(setting)) return { index: setting };
  if (setting === 'default') return 'default';
  return platform === 'linux' && !hasNvidia ? { index: CPU_INDEX } : 'default';
}

/** About how much comes and stays: measured with torch 2.13 on x86-64. */
export function amount(torch: TorchSource, platform: NodeJS.Platform): string {
  return torch === 'default' && platform === 'linux'
    ? 'about 3 GB to download, 6 GB on the disk (with what NVIDIA cards need)'
    : 'about 0.3 GB to download, 1.3 GB on the disk';
}

export function steps(
  maker: Maker,
  folder: string,
  package_: string,
  torch: TorchSource,
  platform: NodeJS.Platform,
): Step[] {
  const python = pythonIn(folder, platform);
  const step = (title: string, command: string, args: string[], optional = false): Step => ({
    title,
    command,
    args,
    optional,
  });
  const torchArgs = torch === 'default' ? [] : ['--index-url', torch.index, 'torch>=2.6'];
  if (maker.kind === 'uv') {
    const install = ['pip', 'install', '--python', python];
    return [
      step('making the environment', maker.program, [
        'venv',
        '--no-project',
        '--python',
        maker.python ?? PYTHONS,
        folder,
      ]),
      ...(torch === 'default'
        ? []
        : [step('installing torch', maker.program, [...install, ...torchArgs])]),
      step('installing the server', maker.program, [...install, package_]),
    ];
  }
  const pip = ['-m', 'pip', '--disable-pip-version-check', '--no-input'];
  return [
    step('making the environment', maker.executable, ['-m', 'venv', folder]),
    // The pip that comes with a Python may be years old: slow, and silent about big downloads.
    step('bringing pip up to date', python, [...pip, 'install', '--upgrade', 'pip'], true),
    ...(torch === 'default'
      ? []
      : [step('installing torch', python, [...pip, 'install', ...torchArgs])]),
    step('installing the server', python, [...pip, 'install', package_]),
  ];
}

/**
 * The setting dictate.server.package as pip and uv take it: a requirement as it is, a file or
 * folder with its full path.
 */
export function packageArgument(
  setting: string,
  home: string,
  isThere: (file: string) => boolean,
): { argument: string } | { problem: string } {
  const file = /^~(?=$|[\\/])/.test(setting) ? path.join(home, setting.slice(1)) : setting;
  const looksLikeFile = path.isAbsolute(file) || /[\\/]|\.whl$|\.tar\.gz$/.test(file);
  if (!looksLikeFile || file.includes('://')) return { argument: setting };
  if (!path.isAbsolute(file)) {
    return { problem: `dictate.server.package is '${setting}': give the file's full path` };
  }
  return isThere(file)
    ? { argument: file }
    : { problem: `dictate.server.package is '${setting}': there is no such file or folder` };
}
