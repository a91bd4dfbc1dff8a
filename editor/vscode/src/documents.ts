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

/** The editor that shows the document: the active one if it does, else another that is visible. */
export function editorOf(document: vscode.TextDocument): vscode.TextEditor | undefined {
  const active = vscode.window.activeTextEditor;
  if (active?.document === document) return active;
  return vscode.window.visibleTextEditors.find((editor) => editor.document === document);
}
