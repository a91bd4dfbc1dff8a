// Everything that is loaded at the first use; here it is only put together.

import * as vscode from 'vscode';
import type { DictateApi } from './api';
import { chooseMicrophone, chooseModel } from './choosing';
import { Client } from './client';
import type { CommandName } from './commandNames';
import { Config } from './config';
import { Dictation, NO_EDITOR } from './dictation';
import { Hold } from './hold';
import { tellKeyConflicts } from './keys';
import { say } from './notices';
import type { FinalParams } from './protocol';
import { chooseFile } from './recordings';
import { doctor, showLog, showStats, showStatus } from './reporting';
import { StatusBar } from './statusBar';
import { Writing } from './writing';

export interface Runtime extends Omit<DictateApi, 'activationMs'> {
  run(name: CommandName, args: readonly unknown[]): unknown;
  leave(): Promise<void>;
}

export function createRuntime(
  context: vscode.ExtensionContext,
  item: vscode.StatusBarItem,
  activationMs: number,
): Runtime {
  const channel = vscode.window.createOutputChannel('Dictate', { log: true });
  channel.info(`activated in ${activationMs.toFixed(1)} ms`);
  const config = new Config();
  const client = new Client(context, config, channel);
  const dictation = new Dictation(client, config);
  const writing = new Writing(client, dictation);
  const statusBar = new StatusBar(item, client, config, dictation, writing);
  let lastFinal: FinalParams | undefined;

  const hold = new Hold(
    {
      after: (ms, callback) => {
        const timer = setTimeout(callback, ms);
        return () => {
          clearTimeout(timer);
        };
      },
    },
    () => ({ firstMs: config.own['hold.firstMs'], repeatMs: config.own['hold.repeatMs'] }),
    () => !dictation.isListening && dictation.start(),
    () => {
      if (dictation.isListening) dictation.stop();
    },
  );

  const contextKeys = new Map<string, unknown>();
  const setContext = (key: string, value: unknown): void => {
    if (contextKeys.get(key) === value) return;
    contextKeys.set(key, value);
    void vscode.commands.executeCommand('setContext', key, value);
  };
  const follow = (): void => {
    setContext('dictate.active', dictation.isActive);
    setContext('dictate.state', dictation.state);
  };

  context.subscriptions.push(
    channel,
    config,
    client,
    dictation,
    writing,
    statusBar,
    dictation.onDidChange(follow),
    dictation.onDidEnd((final) => {
      lastFinal = final;
      // How long, never what was said.
      const latency = final.timingsMs['total'];
      channel.info(
        `${final.outcome}${latency === undefined ? '' : ` after ${latency.toFixed(0)} ms`}`,
      );
    }),
    client.onDidLose(() => {
      hold.reset();
      follow();
    }),
  );
  tellKeyConflicts(context);

  const commands: Record<CommandName, (...args: readonly unknown[]) => unknown> = {
    // The key comes with this where the cursor is in a terminal, a search box, a list.
    toggle: (focus) => {
      if (focus === 'noEditor') {
        say('error', NO_EDITOR);
        return;
      }
      dictation.toggle();
      // So that Escape, and what is typed, reaches the editor again.
      if (focus === 'statusBar') {
        void vscode.commands.executeCommand('workbench.action.focusActiveEditorGroup');
      }
    },
    start: () => dictation.start(),
    stop: () => {
      dictation.stop();
    },
    cancel: () => {
      dictation.cancel();
    },
    hold: () => {
      hold.press();
    },
    handsFree: () => {
      dictation.toggleHandsFree();
    },
    vibe: () => {
      dictation.toggleHandsFree('vibe');
    },
    file: async (path, options) => {
      const chosen = await chooseFile(path, options, config.own.realtimeFiles);
      if (chosen) dictation.start(chosen);
    },
    chooseMicrophone: () => chooseMicrophone(client),
    chooseModel: () => chooseModel(client),
    mode: (mode) => writing.chooseMode(mode),
    raw: () => {
      writing.raw();
    },
    alternatives: () => writing.alternatives(),
    vocabulary: () => writing.vocabulary(),
    history: () => writing.history(),
    stats: () => showStats(client),
    status: () => showStatus(client),
    retry: () => {
      dictation.retry();
    },
    discard: () => client.askCommand('dictate.discard'),
    restart: async () => {
      await client.restart().catch((error: unknown) => {
        client.sayError(error);
      });
    },
    showLog: () => showLog(client, channel),
    doctor: () => doctor(context, channel),
    installServer: () => client.installer.install(),
    removeServer: () => client.installer.remove(),
    openSettings: () =>
      vscode.commands.executeCommand(
        'workbench.action.openSettings',
        `@ext:${context.extension.id}`,
      ),
    openKeybindings: () =>
      vscode.commands.executeCommand(
        'workbench.action.openGlobalKeybindings',
        `@ext:${context.extension.id}`,
      ),
  };

  return {
    run: (name, args) => commands[name](...args),
    leave: () => client.leave(),
    get state() {
      return dictation.state;
    },
    get mode() {
      return dictation.mode;
    },
    get lastFinal() {
      return lastFinal;
    },
    get partials() {
      return dictation.partials;
    },
    get serverPid() {
      return client.pid;
    },
  };
}
