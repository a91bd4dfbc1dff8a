// Which recording is dictated: the one that was named, or one that the user chooses.

import { existsSync } from 'node:fs';
import * as vscode from 'vscode';
import { say } from './notices';

export interface Recording {
  file: string;
  realtime: boolean;
}

/** Undefined where none was chosen; what is wrong is said. */
export async function chooseFile(
  path: unknown,
  options: unknown,
  realtimeByDefault: boolean,
): Promise<Recording | undefined> {
  const given = typeof options === 'object' && options !== null ? options : {};
  const realtime =
    'realtime' in given && typeof given.realtime === 'boolean' ? given.realtime : realtimeByDefault;
  const file = typeof path === 'string' ? path : await pick();
  if (file === undefined) return undefined;
  if (!existsSync(file)) {
    say('error', `there is no recording ${file}: correct the path`);
    return undefined;
  }
  return { file, realtime };
}

async function pick(): Promise<string | undefined> {
  const chosen = await vscode.window.showOpenDialog({
    title: 'Dictate a recording',
    filters: { Sound: ['wav', 'flac', 'ogg', 'mp3', 'aiff'], 'All files': ['*'] },
  });
  return chosen?.[0]?.fsPath;
}
