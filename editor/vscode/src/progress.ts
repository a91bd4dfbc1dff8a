// What the server says is under way: downloads where they can be cancelled, the rest at the bottom.

import * as vscode from 'vscode';
import type {
  ProgressToken,
  WorkDoneProgressBegin,
  WorkDoneProgressEnd,
  WorkDoneProgressReport,
} from 'vscode-languageclient/node';
import { progressTitle } from './wording';

type Value = WorkDoneProgressBegin | WorkDoneProgressReport | WorkDoneProgressEnd;

interface Shown {
  report: (value: WorkDoneProgressReport) => void;
  end: () => void;
}

export class Progresses {
  private readonly shown = new Map<ProgressToken, Shown>();
  private readonly changed = new vscode.EventEmitter<void>();

  readonly onDidChange = this.changed.event;

  /** @param cancel tells the server that the user wants no more of it */
  constructor(private readonly cancel: (token: ProgressToken) => void) {}

  /** Something is under way. */
  get any(): boolean {
    return this.shown.size > 0;
  }

  handle(token: ProgressToken, value: Value, next: () => void): void {
    if (value.kind === 'begin') {
      this.begin(token, value);
    } else if (value.kind === 'report') {
      this.shown.get(token)?.report(value);
    } else {
      this.end(token);
    }
    // Only so that it takes note of the end: it would show every progress at the bottom.
    if (value.kind === 'end') next();
  }

  /** Nothing is under way any more: the server is gone. */
  clear(): void {
    for (const token of [...this.shown.keys()]) this.end(token);
  }

  private begin(token: ProgressToken, value: WorkDoneProgressBegin): void {
    const cancellable = value.cancellable === true;
    const options: vscode.ProgressOptions = {
      location: cancellable ? vscode.ProgressLocation.Notification : vscode.ProgressLocation.Window,
      title: progressTitle(value.title),
      cancellable,
    };
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    let done = 0;
    let pending: WorkDoneProgressReport[] = [{ ...value, kind: 'report' }];
    let show: ((value: WorkDoneProgressReport) => void) | undefined;
    void vscode.window.withProgress(options, (progress, cancelled) => {
      cancelled.onCancellationRequested(() => {
        this.cancel(token);
      });
      show = ({ message, percentage }) => {
        const increment = percentage === undefined ? 0 : Math.max(0, percentage - done);
        done += increment;
        progress.report({
          ...(message === undefined ? {} : { message }),
          ...(percentage === undefined ? {} : { increment }),
        });
      };
      pending.forEach(show);
      pending = [];
      return ended;
    });
    const report = (next: WorkDoneProgressReport): void => {
      if (show) show(next);
      else pending.push(next);
    };
    this.shown.set(token, { report, end });
    this.changed.fire();
  }

  private end(token: ProgressToken): void {
    this.shown.get(token)?.end();
    if (this.shown.delete(token)) this.changed.fire();
  }
}
