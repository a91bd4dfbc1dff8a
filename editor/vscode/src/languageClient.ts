// vscode-languageclient, as far as this extension needs it: documents, progress and our own messages.

import {
  CloseAction,
  type DynamicFeature,
  ErrorAction,
  LanguageClient,
  type LanguageClientOptions,
  type Middleware,
  type StaticFeature,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageclient/node';
import type * as vscode from 'vscode';
import { isWritable } from './documents';
import type { Progresses } from './progress';
import type { ServerProcess } from './serverProcess';

// What the server offers to editors without a plugin is not wanted beside our own commands; VS Code
// would refuse the commands, which are registered already.
const FEATURES = new Set([
  'textDocument/didOpen',
  'textDocument/didChange',
  'textDocument/didClose',
  'workspace/didChangeWorkspaceFolders',
]);

export class DictateClient extends LanguageClient {
  constructor(
    process: ServerProcess,
    progresses: Progresses,
    private readonly channel: vscode.LogOutputChannel,
    initializationOptions: () => unknown,
  ) {
    const { stdout, stdin } = process.streams;
    const middleware: Middleware = {
      didOpen: (document, next) => (isWritable(document) ? next(document) : Promise.resolve()),
      didChange: (event, next) => (isWritable(event.document) ? next(event) : Promise.resolve()),
      didClose: (document, next) => (isWritable(document) ? next(document) : Promise.resolve()),
      handleWorkDoneProgress: (token, value, next) => {
        progresses.handle(token, value, () => {
          next(token, value);
        });
      },
    };
    const options: LanguageClientOptions = {
      documentSelector: [{ scheme: '*' }],
      outputChannel: channel,
      initializationOptions,
      // Who uses the client says what went wrong, once.
      initializationFailedHandler: () => false,
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => ({
          action: CloseAction.DoNotRestart,
          message: 'the server hung up',
          handled: true,
        }),
      },
      middleware,
    };
    super(
      'dictate',
      'Dictate',
      () =>
        Promise.resolve({
          reader: new StreamMessageReader(stdout),
          writer: new StreamMessageWriter(stdin),
        }),
      options,
    );
  }

  override registerFeature(feature: StaticFeature | DynamicFeature<unknown>): void {
    // Its class cannot be asked for, and has another name where the bundle is made small.
    const isWanted =
      'registrationType' in feature
        ? FEATURES.has(feature.registrationType.method)
        : feature.getState().kind === 'window';
    if (isWanted) super.registerFeature(feature);
  }

  // Into the log; the user is told by whoever asked for something.
  override error(message: string, data?: unknown): void {
    this.channel.error(data instanceof Error ? `${message} ${data.message}` : message);
  }

  override info(message: string): void {
    this.channel.info(message);
  }

  override warn(message: string): void {
    this.channel.warn(message);
  }
}
