// Quick picks of what the server offers: microphones and models.

import * as vscode from 'vscode';
import type { Client } from './client';
import { say } from './notices';
import type { Devices, Pair } from './protocol';
import { sizeText } from './shortTexts';

const ONLY_DOWNLOAD: vscode.QuickInputButton = {
  iconPath: new vscode.ThemeIcon('cloud-download'),
  tooltip: 'Download only',
};

export async function chooseMicrophone(client: Client): Promise<void> {
  const found = await client.ask<Devices>('dictate/devices');
  if (!found) return;
  if (found.devices.length === 0) {
    say('warning', 'there is no microphone: connect one, then choose again');
    return;
  }
  const items = found.devices.map(({ name, isDefault }) => {
    const isUsed = found.selected === null ? isDefault : name === found.selected;
    return {
      label: isUsed ? `$(check) ${name}` : `$(blank) ${name}`,
      description: isDefault ? 'the default' : '',
      name,
    };
  });
  const chosen = await vscode.window.showQuickPick(items, { title: 'Microphone' });
  if (!chosen) return;
  const { name } = chosen;
  const result = await client.ask<{ selected: string | null }>('dictate/selectDevice', { name });
  // Otherwise the server said which microphones there are.
  if (result?.selected === name) say('info', `the microphone is ${name}`);
}

function icon(pair: Pair): string {
  if (pair.running) return '$(check)';
  return pair.fits ? '$(blank)' : '$(warning)';
}

export async function chooseModel(client: Client): Promise<void> {
  const pairs = await client.askCommand<Pair[]>('dictate.models.list');
  if (!pairs || pairs.length === 0) return;
  const pick = vscode.window.createQuickPick<vscode.QuickPickItem & { pair: Pair }>();
  pick.title = 'Pair of models';
  pick.placeholder = 'Downloaded where needed, then used';
  pick.matchOnDescription = true;
  pick.items = pairs.map((pair) => ({
    label: `${icon(pair)} ${pair.name}`,
    description: `${pair.models} · ${pair.installed ? 'on this machine' : sizeText(pair.downloadMb)}`,
    detail: pair.reason,
    buttons: pair.installed ? [] : [ONLY_DOWNLOAD],
    pair,
  }));
  pick.onDidTriggerItemButton(({ item }) => {
    pick.hide();
    void client.askCommand('dictate.models.pull', { name: item.pair.name });
  });
  pick.onDidAccept(() => {
    const pair = pick.selectedItems[0]?.pair;
    pick.hide();
    if (pair) void client.askCommand('dictate.models.use', { name: pair.name });
  });
  pick.onDidHide(() => {
    pick.dispose();
  });
  pick.show();
}
