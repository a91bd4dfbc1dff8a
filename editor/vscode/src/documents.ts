// Which documents take a dictation.

import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import * as vscode from 'vscode';

// These have no file system, and their editors can be written in.
const WRITABLE_SCHEMES = new Set([
  'untitled',
  'vscode-notebook-cell',
  'vscode-interactive-input',
  'vscode-scm',
  'comment',
]);

// Inputs that stand in no tab.
const TABLESS_SCHEMES = new Set(['vscode-interactive-input', 'vscode-scm', 'comment']);

/** As far as is known without asking anybody; not output, not what other extensions only show. */
export function isWritable(document: vscode.TextDocument): boolean {
  const { scheme } = document.uri;
  return WRITABLE_SCHEMES.has(scheme) || vscode.workspace.fs.isWritableFileSystem(scheme) === true;
}

/** Whether the editor shows the file read-only, as far as an extension can know. */
export async function isReadOnlyFile(document: vscode.TextDocument): Promise<boolean> {
  if (document.isUntitled || WRITABLE_SCHEMES.has(document.uri.scheme)) return false;
  try {
    const status = await vscode.workspace.fs.stat(document.uri);
    if (((status.permissions ?? 0) & vscode.FilePermission.Readonly) !== 0) return true;
    const byPermissions = vscode.workspace
      .getConfiguration('files', document.uri)
      .get<boolean>('readonlyFromPermissions', false);
    if (byPermissions && document.uri.scheme === 'file') {
      await access(document.uri.fsPath, constants.W_OK);
    }
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES';
  }
}

function uriOf(input: unknown): vscode.Uri | undefined {
  if (input instanceof vscode.TabInputTextDiff) return input.modified;
  return input instanceof vscode.TabInputText ||
    input instanceof vscode.TabInputCustom ||
    input instanceof vscode.TabInputNotebook
    ? input.uri
    : undefined;
}

/** Whether the user closed it: VS Code may keep the text of a closed document for a while. */
export function isClosed(document: vscode.TextDocument): boolean {
  if (document.isClosed) return true;
  if (editorOf(document)) return false;
  if (TABLESS_SCHEMES.has(document.uri.scheme)) return false;
  const notebook = vscode.workspace.notebookDocuments.find((each) =>
    each.getCells().some((cell) => cell.document === document),
  );
  const uri = (notebook ?? document).uri.toString();
  return !vscode.window.tabGroups.all.some((group) =>
    group.tabs.some((tab) => uriOf(tab.input)?.toString() === uri),
  );
}

/** The editor that shows the document: the active one if it does, else another that is visible. */
export function editorOf(document: vscode.TextDocument): vscode.TextEditor | undefined {
  const active = vscode.window.activeTextEditor;
  if (active?.document === document) return active;
  return vscode.window.visibleTextEditors.find((editor) => editor.document === document);
}
