// Selects a range where the server asks for it: "select that".

import * as vscode from 'vscode';
import { editorOf } from './documents';
import { findDocument, toRange } from './places';
import type { SelectParams } from './protocol';

/** Answers `dictate/select`. */
export async function select({ uri, range }: SelectParams): Promise<{ selected: boolean }> {
  const document = findDocument(uri);
  const there = toRange(range);
  if (!document || there.isEmpty || !document.validateRange(there).isEqual(there)) {
    return { selected: false };
  }
  try {
    const editor =
      editorOf(document) ?? (await vscode.window.showTextDocument(document, { preview: false }));
    if (editor !== vscode.window.activeTextEditor && editor.viewColumn !== undefined) {
      await vscode.window.showTextDocument(document, { viewColumn: editor.viewColumn });
    }
    editor.selection = new vscode.Selection(there.start, there.end);
    editor.revealRange(there, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
    return { selected: true };
  } catch {
    // Closed meanwhile.
    return { selected: false };
  }
}
