// Every word to the user is one line that starts with the extension's name, once.

import * as vscode from 'vscode';
import { line } from './wording';

export type Severity = 'error' | 'warning' | 'info';

const SHOW = {
  error: vscode.window.showErrorMessage,
  warning: vscode.window.showWarningMessage,
  info: vscode.window.showInformationMessage,
} as const;

export interface Button {
  title: string;
  run: () => unknown;
}

/** A button that runs one of our commands. */
export function commandButton(title: string, command: string, ...args: unknown[]): Button {
  return { title, run: () => vscode.commands.executeCommand(command, ...args) };
}

/** Shows a line, with buttons; nobody waits for the answer. */
export function say(severity: Severity, text: string, ...buttons: Button[]): void {
  void SHOW[severity](line(text), ...buttons.map((button) => button.title)).then(async (chosen) => {
    await buttons.find((button) => button.title === chosen)?.run();
  });
}

/** Asks; resolves with the chosen title. */
export function ask(
  severity: Severity,
  text: string,
  titles: string[],
): Thenable<string | undefined> {
  return SHOW[severity](line(text), ...titles);
}

export function errorLine(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
