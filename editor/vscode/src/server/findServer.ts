import { accessSync, constants, statSync } from 'node:fs';
import * as path from 'node:path';
import * as vscode from 'vscode';

/** How the server is started. */
export interface ServerCommand {
  command: string;
  args: string[];
  env: NodeJS.ProcessEnv;
}

const PROGRAM = process.platform === 'win32' ? 'dictate.exe' : 'dictate';

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

function onPath(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter);
  return folders.map((folder) => path.join(folder, PROGRAM)).find(isProgram);
}

/** The program of the checkout that this extension runs from, if it does. */
function inCheckout(context: vscode.ExtensionContext): string | undefined {
  const scripts = process.platform === 'win32' ? 'Scripts' : 'bin';
  const program = path.join(context.extensionPath, '..', '..', '.venv', scripts, PROGRAM);
  return isProgram(program) ? program : undefined;
}

/** Finds the program that serves. Rejects with one line that says what to do. */
export function findServer(context: vscode.ExtensionContext): Promise<ServerCommand> {
  const named = vscode.workspace.getConfiguration('dictate').get<string>('server.path') ?? '';
  if (named !== '' && !isProgram(named)) {
    return Promise.reject(
      new Error(`cannot run '${named}': correct the setting dictate.server.path`),
    );
  }
  const program = named !== '' ? named : (onPath() ?? inCheckout(context));
  if (!program) {
    return Promise.reject(
      new Error("there is no program 'dictate' on the PATH: set dictate.server.path"),
    );
  }
  return Promise.resolve({ command: program, args: ['lsp'], env: process.env });
}
