// Everything that is loaded at the first use.

import * as vscode from 'vscode';
import type { CommandName } from './extension';
import { findServer } from './server/findServer';
import {
  type LanguageClientOptions,
  LanguageClient,
  type ServerOptions,
} from 'vscode-languageclient/node';

export interface Runtime {
  run(name: CommandName, args: unknown[]): Promise<unknown>;
  stop(): Promise<void>;
}

export function createRuntime(context: vscode.ExtensionContext): Runtime {
  let client: LanguageClient | undefined;
  const start = async (): Promise<LanguageClient> => {
    if (client) return client;
    const { command, args, env } = await findServer(context);
    const serverOptions: ServerOptions = { command, args, options: { env } };
    const clientOptions: LanguageClientOptions = { documentSelector: [{ scheme: 'file' }] };
    client = new LanguageClient('dictate', 'Dictate', serverOptions, clientOptions);
    await client.start();
    return client;
  };
  return {
    run: async (name) =>
      (await start()).sendRequest('workspace/executeCommand', { command: `dictate.${name}` }),
    stop: async () => {
      await client?.stop();
    },
  };
}
