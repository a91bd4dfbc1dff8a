// Offering, installing, updating and removing the server, in VS Code's windows.

import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { homedir } from 'node:os';
import * as path from 'node:path';
import * as vscode from 'vscode';
import {
  type FoundServer,
  ServerProblem,
  extensionVersion,
  findServer,
  managedEnvironment,
  serverSettings,
} from './findServer';
import { Busy, Cancelled, InstallError, type Installed, install, uninstall } from './install';
import { isLocked } from './lock';
import { findMaker } from './maker';
import { amount, packageArgument, torchSource } from './recipe';
import { runProcess } from './run';
import { environmentForMaking } from './settings';
import { isProgram } from './vetting';

export interface Hooks {
  /** The "Dictate" output channel. */
  log: vscode.OutputChannel;
  /** Ends the running server and waits for its end. */
  stopServer: () => Promise<void>;
  /** Says that another server is to be used from now on. */
  onChanged: (server: 'installed' | 'removed') => void;
}

const INSTALL = 'Install';
const UPDATE = 'Update';
const CHOOSE = 'Choose the program…';
const NOT_NOW = 'Not now';
const SHOW_LOG = 'Show log';
const OPEN_SETTING = 'Open the setting';
const CLEAR = 'Clear it and install';
const REMOVE = 'Remove';
const DICTATE = 'Start dictation';

export class ServerInstaller implements vscode.Disposable {
  private readonly ended = new AbortController();
  private offering: Promise<void> | undefined;

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly hooks: Hooks,
  ) {}

  /** Ends an installation that runs, with all the programs that it started. */
  dispose(): void {
    this.ended.abort();
  }

  /**
   * Finds the server. Where there is none, says so and offers what can be done, and returns
   * undefined: what was asked for must not begin minutes later, when nobody speaks any more.
   */
  async obtain(): Promise<FoundServer | undefined> {
    try {
      return await this.find();
    } catch (error) {
      if (!(error instanceof ServerProblem)) throw error;
      this.hooks.log.appendLine(error.message);
      // One offer at a time, however often a key is pressed.
      this.offering ??= this.offer(error).finally(() => {
        this.offering = undefined;
      });
      return undefined;
    }
  }

  find(): Promise<FoundServer> {
    return findServer(this.context, (line) => {
      this.hooks.log.appendLine(line);
    });
  }

  /** The command dictate.installServer. */
  async install(): Promise<void> {
    if (!(await this.clearSettingIfAgreed())) return;
    const found = await this.find().catch(() => undefined);
    if (found && found.origin !== 'managed') {
      const answer = await vscode.window.showInformationMessage(
        `Dictate: a server is here already, version ${found.version}: ${found.program}`,
        'Install another',
      );
      if (answer === undefined) return;
    }
    await this.installWithConsent(found?.origin === 'managed' ? UPDATE : INSTALL);
  }

  /** What is installed is not used while the setting names a program; false: it is to stay so. */
  private async clearSettingIfAgreed(): Promise<boolean> {
    const { path: named } = serverSettings(this.context);
    if (named === '') return true;
    const answer = await vscode.window.showWarningMessage(
      `Dictate: the setting dictate.server.path is '${named}', which is used instead of an installed server`,
      CLEAR,
      OPEN_SETTING,
    );
    if (answer === OPEN_SETTING) {
      await vscode.commands.executeCommand('workbench.action.openSettings', 'dictate.server.path');
    }
    if (answer !== CLEAR) return false;
    await vscode.workspace
      .getConfiguration('dictate')
      .update('server.path', undefined, vscode.ConfigurationTarget.Global);
    return true;
  }

  /** The command dictate.removeServer. */
  async remove(): Promise<void> {
    const environment = managedEnvironment(this.context);
    if (!existsSync(environment.root)) {
      void vscode.window.showInformationMessage(
        'Dictate: this extension has installed no server: there is nothing to remove',
      );
      return;
    }
    const answer = await vscode.window.showWarningMessage(
      'Remove the server that Dictate installed?',
      {
        modal: true,
        detail: `${environment.root} is deleted. Settings, models and your vocabulary stay.`,
      },
      REMOVE,
    );
    if (answer !== REMOVE) return;
    await this.hooks.stopServer();
    try {
      await uninstall(environment, runProcess);
    } catch (error) {
      await this.explain(error, 'removing the server');
      return;
    }
    void vscode.commands.executeCommand('setContext', 'dictate.serverFound', false);
    this.hooks.onChanged('removed');
    void vscode.window.showInformationMessage('Dictate: the server is removed');
  }

  private async offer(problem: ServerProblem): Promise<void> {
    const line = `Dictate: ${problem.message}`;
    if (problem.kind === 'setting') {
      const answer = await vscode.window.showErrorMessage(line, CHOOSE, OPEN_SETTING);
      if (answer === CHOOSE) await this.chooseProgram();
      if (answer === OPEN_SETTING) {
        await vscode.commands.executeCommand(
          'workbench.action.openSettings',
          'dictate.server.path',
        );
      }
      return;
    }
    if (isLocked(managedEnvironment(this.context).lockFile)) {
      await this.waitForOther();
      return;
    }
    const install = problem.kind === 'outdated' ? UPDATE : INSTALL;
    const answer = await vscode.window.showWarningMessage(line, install, CHOOSE, NOT_NOW);
    if (answer === install) await this.installWithConsent(install);
    if (answer === CHOOSE) await this.chooseProgram();
  }

  private async chooseProgram(): Promise<void> {
    const [chosen] =
      (await vscode.window.showOpenDialog({
        title: 'The program dictate, or the virtual environment that it is in',
        openLabel: 'Use',
        canSelectFiles: true,
        canSelectFolders: process.platform === 'darwin',
        defaultUri: vscode.Uri.file(homedir()),
      })) ?? [];
    if (!chosen) return;
    if (chosen.scheme !== 'file') {
      void vscode.window.showErrorMessage(
        'Dictate: that program is on another machine, and the server runs on yours: choose a local one',
      );
      return;
    }
    await vscode.workspace
      .getConfiguration('dictate')
      .update('server.path', chosen.fsPath, vscode.ConfigurationTarget.Global);
    try {
      const found = await this.find();
      this.hooks.onChanged('installed');
      await this.announce(`Dictate: server ${found.version} is found`);
    } catch (error) {
      await this.explain(error, 'choosing the program');
    }
  }

  /** Says what would be installed where by what, and does it if that is agreed to. */
  private async installWithConsent(verb: typeof INSTALL | typeof UPDATE): Promise<void> {
    const settings = serverSettings(this.context);
    const environment = managedEnvironment(this.context);
    const env = environmentForMaking(process.env, settings.environment);
    const asked = packageArgument(settings.package, homedir(), existsSync);
    if ('problem' in asked) {
      void vscode.window.showErrorMessage(`Dictate: ${asked.problem}`);
      return;
    }
    const made = await findMaker({
      python: settings.python,
      platform: process.platform,
      env,
      home: homedir(),
      run: runProcess,
      isProgram,
    });
    if ('problem' in made) {
      this.hooks.log.appendLine(made.problem);
      const answer = await vscode.window.showErrorMessage(
        `Dictate: ${made.problem}`,
        CHOOSE,
        OPEN_SETTING,
      );
      if (answer === CHOOSE) await this.chooseProgram();
      if (answer === OPEN_SETTING) {
        await vscode.commands.executeCommand('workbench.action.openSettings', 'dictate.server');
      }
      return;
    }
    const torch = torchSource(settings.torch, process.platform, hasNvidia());
    const detail = [
      `What: ${asked.argument} and the packages that it needs, torch among them`,
      `Where: ${environment.root}`,
      `How much: ${amount(torch, process.platform)}${await freeSpace(environment.root)}`,
      `By: ${made.name}`,
      `From: ${torch === 'default' ? '' : `torch from ${hostOf(torch.index)}, the rest from `}pypi.org, or the index that ${made.maker.kind === 'uv' ? 'uv' : 'pip'} is configured for`,
      '',
      'Nothing else on this machine is changed. “Dictate: Remove the Installed Server” undoes it.',
    ].join('\n');
    const title =
      verb === UPDATE ? 'Install the server of Dictate anew?' : 'Install the server of Dictate?';
    const answer = await vscode.window.showInformationMessage(title, { modal: true, detail }, verb);
    if (answer !== verb) return;
    try {
      const installed = await vscode.window.withProgress(
        {
          location: vscode.ProgressLocation.Notification,
          title: 'Dictate: installing the server',
          cancellable: true,
        },
        async (progress, token) => {
          const cancel = new AbortController();
          token.onCancellationRequested(() => {
            cancel.abort();
          });
          const signal = anyOf(cancel.signal, this.ended.signal);
          return install({
            maker: made.maker,
            makerName: made.name,
            package: asked.argument,
            torch,
            environment,
            version: extensionVersion(this.context),
            env,
            platform: process.platform,
            run: runProcess,
            signal,
            onProgress: (message) => {
              progress.report({ message });
            },
            onLine: (line) => {
              this.hooks.log.appendLine(line);
            },
            beforeReplacing: this.hooks.stopServer,
            now: () => new Date(),
          });
        },
      );
      await this.installed(installed);
    } catch (error) {
      await this.explain(error, 'installing the server');
    }
  }

  private async installed({ stamp, missing }: Installed): Promise<void> {
    void vscode.commands.executeCommand('setContext', 'dictate.serverFound', true);
    this.hooks.log.appendLine(`installed: server ${stamp.version}`);
    this.hooks.onChanged('installed');
    if (missing !== undefined) {
      this.hooks.log.appendLine(missing);
      void vscode.window.showWarningMessage(`Dictate: the server is installed, but ${missing}`);
      return;
    }
    await this.announce(`Dictate: server ${stamp.version} is installed`);
  }

  private async announce(line: string): Promise<void> {
    const answer = await vscode.window.showInformationMessage(line, DICTATE);
    if (answer === DICTATE) await vscode.commands.executeCommand('dictate.toggle');
  }

  /** Waits while another window installs, and says how that ended. */
  private async waitForOther(): Promise<void> {
    const environment = managedEnvironment(this.context);
    const waited = await vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: 'Dictate: another window is installing the server',
        cancellable: true,
      },
      async (_, token) => {
        while (isLocked(environment.lockFile)) {
          if (token.isCancellationRequested || this.ended.signal.aborted) return false;
          await new Promise((resolve) => setTimeout(resolve, 500));
        }
        return true;
      },
    );
    if (!waited) return;
    const stamp = environment.current();
    if (stamp) await this.installed({ stamp });
    else {
      void vscode.window.showWarningMessage(
        'Dictate: the other window did not finish the installation: dictate again to try it here',
      );
    }
  }

  private async explain(error: unknown, what: string): Promise<void> {
    if (error instanceof Busy) {
      await this.waitForOther();
      return;
    }
    if (error instanceof Cancelled) {
      this.hooks.log.appendLine('cancelled; what was begun is removed');
      // The window may be closing, and a message would be the last thing to wait for.
      if (!this.ended.signal.aborted) {
        void vscode.window.showInformationMessage(
          'Dictate: the installation is cancelled, and what was begun is removed',
        );
      }
      return;
    }
    const reason = error instanceof Error ? error.message : String(error);
    const known = error instanceof InstallError || error instanceof ServerProblem;
    this.hooks.log.appendLine(`${what} failed: ${reason}`);
    const answer = await vscode.window.showErrorMessage(
      known ? `Dictate: ${reason}` : `Dictate: ${what} failed: ${reason}`,
      SHOW_LOG,
    );
    if (answer === SHOW_LOG) this.hooks.log.show();
  }
}

function hasNvidia(): boolean {
  return ['/proc/driver/nvidia/version', '/dev/nvidiactl', '/usr/lib/wsl/lib/libcuda.so.1'].some(
    existsSync,
  );
}

function hostOf(address: string): string {
  try {
    return new URL(address).host;
  } catch {
    return address;
  }
}

/** What is free where the environment is to be, in words. */
async function freeSpace(folder: string): Promise<string> {
  let existing = folder;
  while (!existsSync(existing) && existing !== path.dirname(existing)) {
    existing = path.dirname(existing);
  }
  try {
    const { bavail, bsize } = await statfs(existing);
    return `; ${((bavail * bsize) / 1e9).toFixed(1)} GB are free there`;
  } catch {
    return '';
  }
}

/** A signal that aborts with either; `AbortSignal.any` came with a later Node than VS Code 1.82's. */
function anyOf(first: AbortSignal, second: AbortSignal): AbortSignal {
  const controller = new AbortController();
  for (const signal of [first, second]) {
    if (signal.aborted) controller.abort();
    signal.addEventListener('abort', () => {
      controller.abort();
    });
  }
  return controller.signal;
}
