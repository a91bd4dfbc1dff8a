// What users look at when they want to know more: figures, status, log, doctor.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as vscode from 'vscode';
import type { Client } from './client';
import { keyConflictLine } from './keys';
import { commandButton, errorLine, say } from './notices';
import type { EngineStatus, Stats, Status } from './protocol';
import { findServer } from './server/findServer';
import { shownMs, statsTable } from './statusText';
import { openFile } from './writing';

const DOCTOR_MS = 60_000;

async function showText(text: string): Promise<void> {
  const document = await vscode.workspace.openTextDocument({ content: `${text}\n` });
  await vscode.window.showTextDocument(document, { preview: true });
}

export async function showStats(client: Client): Promise<void> {
  const stats = await client.ask<Stats>('dictate/stats');
  if (!stats) return;
  if (stats.count === 0)
    say('info', 'no dictation has reached a document yet, so there are no times');
  else await showText(statsTable(stats));
}

function engineText(engine: EngineStatus | null): string {
  if (!engine) return 'not running (it starts with the first dictation)';
  const draft = engine.draft ? ` + ${engine.draft}` : '';
  const change = engine.changingTo ? `, changing to ${engine.changingTo}` : '';
  return `${engine.state}: ${engine.target}${draft} on ${engine.device}, ${engine.dtype}${change}`;
}

export async function showStatus(client: Client): Promise<void> {
  const status = await client.ask<Status>('dictate/status');
  if (!status) return;
  const items: vscode.QuickPickItem[] = [
    { label: '$(pulse) State', description: status.state },
    { label: '$(server-process) Engine', description: engineText(status.engine) },
    { label: '$(mic) Microphone', description: status.microphone ?? 'the default one' },
    {
      label: '$(dashboard) Last text',
      description: status.latency
        ? `${shownMs(status.latency.lastMs)}, p50 ${shownMs(status.latency.p50Ms)}, ` +
          `p95 ${shownMs(status.latency.p95Ms)} of ${status.latency.count}`
        : 'none yet',
    },
    { label: '$(archive) Kept', description: `${status.pending}` },
    { label: '$(output) Log', description: status.logFile },
  ];
  if (status.download) {
    const done = status.download.percentage;
    const share = done === null ? '' : ` ${done} %`;
    items.push({ label: '$(cloud-download) Download', description: status.download.pair + share });
  }
  for (const notice of status.engine?.notices ?? []) {
    items.push({ label: `$(info) ${notice}` });
  }
  const commands: Record<string, string> = {
    '$(mic) Microphone': 'dictate.chooseMicrophone',
    '$(server-process) Engine': 'dictate.chooseModel',
    '$(dashboard) Last text': 'dictate.stats',
    '$(archive) Kept': 'dictate.history',
    '$(output) Log': 'dictate.showLog',
  };
  const chosen = await vscode.window.showQuickPick(items, { title: `Dictate ${status.version}` });
  const command = chosen && commands[chosen.label];
  if (command) await vscode.commands.executeCommand(command);
}

/** The server's log where there is one, and always what this extension noted. */
export async function showLog(client: Client, channel: vscode.LogOutputChannel): Promise<void> {
  channel.show(true);
  if (!client.isReady) return;
  const status = await client.ask<Status>('dictate/status');
  if (!status) return;
  if (existsSync(status.logFile)) await openFile(status.logFile);
  else channel.info(`nothing was logged yet in ${status.logFile}`);
}

/** Runs the server's own doctor, and shows what it says. */
export async function doctor(
  context: vscode.ExtensionContext,
  channel: vscode.LogOutputChannel,
): Promise<void> {
  channel.show(true);
  channel.info('dictate doctor');
  const conflict = keyConflictLine(context);
  channel.appendLine(
    conflict === undefined ? '  ok    no other extension binds the keys' : `  note  ${conflict}`,
  );
  let command;
  try {
    command = await findServer(context);
  } catch (error) {
    channel.appendLine(`  fail  ${errorLine(error)}`);
    return;
  }
  const found = command;
  channel.appendLine(`  ok    program: ${found.command}`);
  const args = [...found.args.filter((each) => each !== 'lsp'), 'doctor'];
  const isFine = await new Promise<boolean>((resolve) => {
    const options = { env: found.env, timeout: DOCTOR_MS };
    execFile(found.command, args, options, (error, stdout, stderr) => {
      channel.appendLine(stdout.trimEnd());
      if (stderr.trim() !== '') channel.appendLine(stderr.trimEnd());
      if (error && stdout === '') channel.appendLine(`  fail  ${error.message}`);
      resolve(!error);
    });
  });
  if (!isFine) {
    say(
      'warning',
      'the doctor found something to do: see the output',
      commandButton('Show Log', 'dictate.showLog'),
    );
  }
}
