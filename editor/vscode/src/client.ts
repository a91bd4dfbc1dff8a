// The one server of this window: started at first use, shared by all documents, restarted after a
// crash.

import * as vscode from 'vscode';
import { Crashes } from './crashes';
import type { Config } from './config';
import { DictateClient } from './languageClient';
import { ask, commandButton, errorLine, say, type Severity } from './notices';
import type { Notifications, Requests } from './protocol';
import { Progresses } from './progress';
import { ServerInstaller } from './server/serverInstaller';
import { fit } from './server/version';
import { type Exit, ServerProcess, cause } from './serverProcess';
import { offered } from './wording';

const NOT_RUNNING = 'the server is not running: dictate again';
const SEVERITIES: Record<number, Severity> = { 1: 'error', 2: 'warning', 3: 'info', 4: 'info' };

export type Health = 'down' | 'starting' | 'ready' | 'failed';

/** Something was already said to the user. */
export class AlreadySaid extends Error {}

export class Client implements vscode.Disposable {
  private client: DictateClient | undefined;
  private process: ServerProcess | undefined;
  private starting: Promise<void> | undefined;
  private restartTimer: NodeJS.Timeout | undefined;
  private leaving = false;
  private told = '';
  private stopped = Promise.resolve();
  private readonly crashes = new Crashes();
  private readonly handlers = new Map<string, (params: unknown) => unknown>();
  private readonly requests = new Set<string>();
  private readonly lost = new vscode.EventEmitter<void>();
  private readonly started = new vscode.EventEmitter<void>();
  private readonly healthChanged = new vscode.EventEmitter<Health>();
  private current: Health = 'down';

  readonly progresses = new Progresses((token) => {
    void this.notify('window/workDoneProgress/cancel', { token });
  });

  /** Finds the server's program, and offers to install it where there is none. */
  readonly installer: ServerInstaller;

  /** A server that was ready is gone. */
  readonly onDidLose = this.lost.event;
  /** A server is ready; listeners run before whatever waited for it. */
  readonly onDidStart = this.started.event;
  readonly onDidChangeHealth = this.healthChanged.event;

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly config: Config,
    private readonly channel: vscode.LogOutputChannel,
  ) {
    this.installer = new ServerInstaller(context, {
      log: channel,
      stopServer: () => this.stop(),
      onChanged: () => {
        if (this.current === 'failed') this.setHealth('down');
      },
    });
    this.handle('window/showMessage', (params) => {
      const buttons = offered(params.message).map(({ title, command }) =>
        commandButton(title, command),
      );
      say(SEVERITIES[params.type] ?? 'info', params.message, ...buttons);
    });
    this.answer('window/showMessageRequest', async (params) => {
      const actions = params.actions ?? [];
      const titles = actions.map((action) => action.title);
      const chosen = await ask(SEVERITIES[params.type] ?? 'info', params.message, titles);
      return actions.find((action) => action.title === chosen) ?? null;
    });
    config.onDidChange(() => {
      this.tellSettings();
    });
  }

  get health(): Health {
    return this.current;
  }

  get isReady(): boolean {
    return this.current === 'ready';
  }

  get pid(): number | undefined {
    return this.process?.pid;
  }

  /** Takes a notification of the server. */
  handle<M extends keyof Notifications>(
    method: M,
    handler: (params: Notifications[M]) => void,
  ): void {
    this.handlers.set(method, handler as (params: unknown) => unknown);
  }

  /** Answers a request of the server. */
  answer<M extends keyof Requests>(method: M, handler: (params: Requests[M]) => unknown): void {
    this.handlers.set(method, handler as (params: unknown) => unknown);
    this.requests.add(method);
  }

  /** Resolves when the server is ready, at once where it is. Rejects with a line. */
  ready(): Promise<void> {
    if (this.current === 'ready') return Promise.resolve();
    this.starting ??= this.start().finally(() => {
      this.starting = undefined;
    });
    return this.starting;
  }

  /** Sends a request to a server that is ready. Rejects with a line. */
  async request<R>(method: string, params: unknown): Promise<R> {
    const { client } = this;
    if (!client || this.current !== 'ready') throw new Error(NOT_RUNNING);
    try {
      return await client.sendRequest<R>(method, params);
    } catch (error) {
      // Whoever lost the server is told of that already.
      if (this.client !== client) throw new AlreadySaid(NOT_RUNNING);
      throw error;
    }
  }

  execute<R>(command: string, ...args: unknown[]): Promise<R> {
    return this.request('workspace/executeCommand', { command, arguments: args });
  }

  /** The same, starting the server where needed; what goes wrong is said. */
  async ask<R>(method: string, params: unknown = {}): Promise<R | undefined> {
    try {
      await this.ready();
      return await this.request<R>(method, params);
    } catch (error) {
      this.sayError(error);
      return undefined;
    }
  }

  async askCommand<R>(command: string, ...args: unknown[]): Promise<R | undefined> {
    return this.ask('workspace/executeCommand', { command, arguments: args });
  }

  async notify(method: string, params: unknown): Promise<void> {
    if (this.current === 'ready') {
      await this.client?.sendNotification(method, params).catch(() => undefined);
    }
  }

  sayError(error: unknown): void {
    this.channel.error(errorLine(error));
    if (!(error instanceof AlreadySaid)) say('error', errorLine(error));
  }

  /** Stops the server and starts it again, whatever happened before. */
  async restart(): Promise<void> {
    this.crashes.forgive();
    await this.stop();
    await this.ready();
  }

  /** Lets the server end in order. */
  async stop(): Promise<void> {
    clearTimeout(this.restartTimer);
    await this.starting?.catch(() => undefined);
    const { client, process } = this;
    if (client && process) {
      this.letGo('down');
      this.stopped = (async () => {
        await client.stop().catch(() => undefined);
        await process.gone();
        await client.dispose().catch(() => undefined);
      })();
    }
    await this.stopped;
  }

  async leave(): Promise<void> {
    this.leaving = true;
    await this.stop();
  }

  dispose(): void {
    clearTimeout(this.restartTimer);
    this.installer.dispose();
    this.lost.dispose();
    this.started.dispose();
    this.healthChanged.dispose();
  }

  private setHealth(health: Health): void {
    if (health === this.current) return;
    this.current = health;
    this.healthChanged.fire(health);
  }

  private async start(): Promise<void> {
    clearTimeout(this.restartTimer);
    this.setHealth('starting');
    await this.stopped;
    let process: ServerProcess | undefined;
    try {
      const command = await this.installer.obtain();
      if (!command) throw new AlreadySaid('there is no server to start');
      this.channel.info(`starting ${[command.command, ...command.args].join(' ')}`);
      process = await ServerProcess.start(command, (text) => {
        this.channel.append(text);
      });
      const began = process;
      const client = this.makeClient(process);
      const initialized = client.start();
      const exit = await Promise.race([initialized.then(() => undefined), process.exited]);
      if (exit) {
        initialized.catch(() => undefined);
        throw new Error(
          `the server stopped while starting (${cause(exit)}): run "Dictate: Run Doctor"`,
        );
      }
      this.process = process;
      this.client = client;
      void process.exited.then((exit) => {
        this.exited(began, exit);
      });
    } catch (error) {
      this.setHealth('failed');
      void process?.gone(0);
      throw error;
    }
    this.setHealth('ready');
    this.channel.info(`the server runs as process ${process.pid ?? '?'}`);
    this.checkVersion();
    this.tellSettings();
    this.started.fire();
  }

  private makeClient(process: ServerProcess): DictateClient {
    const settings = this.config.forServer();
    this.told = JSON.stringify(settings);
    const { version } = this.context.extension.packageJSON as { version: string };
    const client = new DictateClient(process, this.progresses, this.channel, () => ({
      dictate: { client: 'vscode', edit: true, version },
      settings,
    }));
    for (const [method, handler] of this.handlers) {
      if (this.requests.has(method)) {
        client.onRequest(method, (params: unknown) => handler(params));
      } else {
        client.onNotification(method, (params: unknown) => {
          handler(params);
        });
      }
    }
    return client;
  }

  private checkVersion(): void {
    const { version } = this.context.extension.packageJSON as { version: string };
    const info = this.client?.initializeResult?.serverInfo;
    const path = commandButton('Open Settings', 'workbench.action.openSettings', 'dictate.server');
    if (info?.name !== 'dictate') {
      const name = info?.name ?? 'a program without a name';
      say('error', `the server is ${name}, not Dictate: correct dictate.server.path`, path);
      return;
    }
    const theirs = info.version ?? '0';
    const fits = fit(theirs, version);
    if (fits === 'older') {
      say(
        'warning',
        `the server is ${theirs}, too old for this extension (${version}): update the server`,
        commandButton('Update', 'dictate.installServer'),
        path,
      );
    } else if (fits === 'newer') {
      say(
        'warning',
        `this extension is ${version}, too old for the server (${theirs}): update the extension`,
        commandButton(
          'Show Extension',
          'workbench.extensions.search',
          `@id:${this.context.extension.id}`,
        ),
      );
    }
  }

  /** Tells a running server about settings that changed since it was told last. */
  private tellSettings(): void {
    const settings = this.config.forServer();
    const text = JSON.stringify(settings);
    if (this.current === 'ready' && text !== this.told) {
      this.told = text;
      void this.notify('workspace/didChangeConfiguration', { settings: { dictate: settings } });
    }
  }

  private letGo(health: Health): void {
    this.client = undefined;
    this.process = undefined;
    this.progresses.clear();
    this.setHealth(health);
    this.lost.fire();
  }

  private exited(process: ServerProcess, exit: Exit): void {
    if (this.process !== process || this.leaving) return;
    const delayMs = this.crashes.add(Date.now(), this.config.restartTimes());
    this.letGo(delayMs === undefined ? 'failed' : 'down');
    this.channel.error(`the server stopped (${cause(exit)})`);
    const buttons = [
      commandButton('Restart', 'dictate.restart'),
      commandButton('Show Log', 'dictate.showLog'),
    ];
    if (delayMs === undefined) {
      say('error', `the server stopped again (${cause(exit)}) and stays down`, ...buttons);
      return;
    }
    say(
      'warning',
      `the server stopped (${cause(exit)}) and is starting again; what was spoken is kept`,
      ...buttons,
    );
    this.restartTimer = setTimeout(() => {
      this.ready().catch((error: unknown) => {
        this.sayError(error);
      });
    }, delayMs);
  }
}
