// Finding the server in this window: the settings, this machine, and what is remembered of it.

import { homedir } from 'node:os';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { type Located, locate } from './locate';
import { ManagedEnvironment } from './managed';
import { runProcess } from './run';
import { type ServerSettings, environmentFor, readSettings } from './settings';

export { ServerProblem } from './locate';

/** How the server is started. */
export interface ServerCommand {
  command: string;
  args: string[];
  env: NodeJS.ProcessEnv;
}

export interface FoundServer extends ServerCommand, Located {}

const MEMORY = 'dictate.vettedPrograms';

/**
 * Finds the program that serves. Rejects with a `ServerProblem`: one line that says what to do.
 *
 * A program that was asked for its version before, and is the same file since, is not asked again.
 */
export async function findServer(
  context: vscode.ExtensionContext,
  log: (line: string) => void = () => undefined,
): Promise<FoundServer> {
  const settings = serverSettings(context);
  for (const problem of settings.problems) log(problem);
  const managed = managedEnvironment(context);
  const stamp = managed.current();
  const env = environmentFor(process.env, settings.environment);
  const located = await locate({
    platform: process.platform,
    env,
    home: homedir(),
    extensionFolder: context.extensionPath,
    managed: stamp && managed.folderOf(stamp),
    managedVersion: stamp?.version,
    setting: settings.path,
    version: extensionVersion(context),
    run: runProcess,
    memory: {
      get: () => context.globalState.get(MEMORY),
      set: (value) => void context.globalState.update(MEMORY, value),
    },
    onSkipped: log,
  });
  // Steps of the walkthrough wait for it.
  void vscode.commands.executeCommand('setContext', 'dictate.serverFound', true);
  log(`server ${located.version}: ${located.program}`);
  return { ...located, command: located.program, args: ['lsp'], env };
}

export function serverSettings(context: vscode.ExtensionContext): ServerSettings {
  const settings = vscode.workspace.getConfiguration('dictate');
  return readSettings((name) => settings.get(name), extensionVersion(context));
}

export function managedEnvironment(context: vscode.ExtensionContext): ManagedEnvironment {
  return new ManagedEnvironment(path.join(context.globalStorageUri.fsPath, 'server'));
}

export function extensionVersion(context: vscode.ExtensionContext): string {
  return (context.extension.packageJSON as { version: string }).version;
}
