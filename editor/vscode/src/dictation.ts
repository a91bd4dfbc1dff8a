// What the user asks for: begin, end, cancel, bring back; and what the server says of it.

import * as vscode from 'vscode';
import type { Client } from './client';
import type { Config } from './config';
import { isReadOnlyFile, isWritable } from './documents';
import { Doubtful } from './doubtful';
import { Ghost } from './ghost';
import { HandsFree } from './handsFree';
import { Landing } from './landing';
import { type Button, commandButton, say } from './notices';
import { Places, findDocument } from './places';
import type {
  CommandArgument,
  CommandResult,
  FinalParams,
  Latency,
  LevelParams,
  Mode,
  PartialParams,
  State,
  StateParams,
} from './protocol';
import { select } from './selecting';
import { Symbols } from './symbols';
import { type Utterance, Utterances, isOpen } from './utterances';

export const NO_EDITOR = 'the cursor is in no text editor: click into one, then dictate';

/** The argument of a code action's command of ours, or of whoever calls a command. */
export interface StartOptions {
  file?: string;
  realtime?: boolean;
}

export class Dictation implements vscode.Disposable {
  private readonly places = new Places();
  private readonly ghost: Ghost;
  private readonly doubtful: Doubtful;
  private readonly symbols: Symbols;
  private readonly utterances: Utterances;
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly ended = new vscode.EventEmitter<FinalParams>();
  private readonly disposables: vscode.Disposable[] = [];
  private readonly handsFree: HandsFree;
  private microphone: string | undefined;
  private latest: Latency | undefined;
  private heard: string[] = [];

  /** An utterance begins, ends, gets louder or changes its state. */
  readonly onDidChange = this.changed.event;
  readonly onDidEnd = this.ended.event;

  constructor(
    private readonly client: Client,
    private readonly config: Config,
  ) {
    this.ghost = new Ghost(config);
    this.doubtful = new Doubtful(this.places, config);
    this.symbols = new Symbols(client);
    this.utterances = new Utterances(
      () => {
        this.redraw();
        this.changed.fire();
      },
      (utterance) => {
        this.places.remove(utterance.place, ...utterance.others);
        for (const each of utterance.selected) this.places.forget(each);
      },
    );
    this.handsFree = new HandsFree(client, this.places, this.utterances, () => {
      this.redraw();
    });
    const landing = new Landing(
      this.places,
      this.utterances,
      this.doubtful,
      () => this.handsFree.nextPlace,
      () => {
        this.redraw();
      },
    );
    client.handle('dictate/state', (params) => {
      this.onState(params);
    });
    client.handle('dictate/level', (params) => {
      this.onLevel(params);
    });
    client.handle('dictate/partial', (params) => {
      this.onPartial(params);
    });
    client.handle('dictate/final', (params) => {
      this.onFinal(params);
    });
    client.answer('dictate/edit', (params) => landing.edit(params));
    client.answer('dictate/select', select);
    this.disposables.push(
      client.onDidLose(() => {
        this.handsFree.setMode('manual');
        this.utterances.removeAll();
        this.doubtful.forget();
      }),
      this.places.onDidMove(() => {
        if (this.utterances.any) this.redraw();
      }),
      vscode.window.onDidChangeVisibleTextEditors(() => {
        this.redraw();
        this.doubtful.draw();
      }),
      vscode.window.onDidChangeTextEditorVisibleRanges(() => {
        if (this.utterances.any) this.redraw();
      }),
      config.onDidChange(() => {
        this.redraw();
      }),
    );
  }

  get state(): State {
    return this.utterances.shown?.state ?? 'idle';
  }

  /** Who ends an utterance. */
  get mode(): Mode {
    return this.handsFree.isOn ? this.handsFree.mode : (this.utterances.speaking?.mode ?? 'manual');
  }

  get shown(): Utterance | undefined {
    return this.utterances.shown;
  }

  get isActive(): boolean {
    return this.utterances.any || this.handsFree.isOn;
  }

  /** Something listens, or the server is about to begin the next utterance. */
  get isListening(): boolean {
    return this.utterances.speaking !== undefined || this.handsFree.isOn;
  }

  get device(): string | undefined {
    return this.microphone;
  }

  get latency(): Latency | undefined {
    return this.latest;
  }

  /** What was understood while the last utterance was spoken, each longer than the one before. */
  get partials(): readonly string[] {
    return this.heard;
  }

  toggle(): void {
    if (this.isListening) this.stop();
    else this.start();
  }

  /** Begins to listen, or to read a recording; false where it did not. */
  start(options: StartOptions = {}): boolean {
    if (this.isListening) {
      say('info', 'already listening: "Dictate: Stop Dictation" ends it');
      return false;
    }
    const utterance = this.begin('starting', 'manual');
    if (utterance) this.ask(utterance, 'dictate.start', { ...options });
    return utterance !== undefined;
  }

  /** Begins to listen until told to stop, one utterance after the other; or ends that. */
  toggleHandsFree(preset?: 'vibe'): void {
    const { speaking } = this.utterances;
    if (this.handsFree.isOn || (speaking && speaking.mode !== 'manual')) {
      this.send('dictate.handsFree');
      return;
    }
    const utterance = this.begin('starting', preset ?? 'handsFree');
    if (utterance) this.ask(utterance, 'dictate.handsFree', preset ? { preset } : {});
  }

  /** Ends the utterance that is being spoken; its text follows. A hands-free mode ends with it. */
  stop(): void {
    if (this.isListening) this.send('dictate.stop');
    else say('info', 'not listening');
  }

  /** Throws away what is being spoken. A hands-free mode ends with it. */
  cancel(): void {
    if (this.isActive) this.send('dictate.cancel');
    else say('info', 'nothing to cancel');
  }

  /** Brings the texts of the kept utterances to the cursor. */
  retry(): void {
    const utterance = this.begin('finishing', 'manual');
    if (utterance) this.ask(utterance, 'dictate.retry', {});
  }

  /** Where the cursor is, for commands about a place. */
  place(): CommandArgument {
    const editor = vscode.window.activeTextEditor;
    if (!editor || !isWritable(editor.document)) return {};
    const { line, character } = editor.selection.active;
    return { uri: editor.document.uri.toString(), position: { line, character } };
  }

  dispose(): void {
    this.handsFree.dispose();
    this.utterances.removeAll();
    this.doubtful.clear();
    this.ghost.dispose();
    this.doubtful.dispose();
    this.symbols.dispose();
    this.places.dispose();
    for (const each of this.disposables) each.dispose();
    this.changed.dispose();
    this.ended.dispose();
  }

  private redraw(): void {
    this.ghost.draw(this.utterances.all);
  }

  /** An utterance whose text belongs at the cursors; undefined where it has no place. */
  private begin(state: State, mode: Mode): Utterance | undefined {
    const editor = vscode.window.activeTextEditor;
    if (!editor) {
      say('error', NO_EDITOR);
      return undefined;
    }
    const { document } = editor;
    if (!isWritable(document)) {
      say('error', 'this document cannot be changed: go to another, then dictate');
      return undefined;
    }
    const uri = document.uri.toString();
    const utterance = this.utterances.add(
      this.places.add(uri, editor.selection.active),
      state,
      mode,
    );
    const [first, ...others] = editor.selections;
    // Of a hands-free mode only the first text goes there.
    utterance.others = others.map(({ active }) => this.places.add(uri, active));
    if (first && editor.selections.every((selection) => !selection.isEmpty)) {
      utterance.selected = editor.selections.map((selection) => ({
        start: this.places.add(uri, selection.start, 'right'),
        end: this.places.add(uri, selection.end),
        text: document.getText(selection),
      }));
    }
    this.heard = [];
    this.redraw();
    void this.warnOfReadOnly(document, utterance);
    return utterance;
  }

  private async warnOfReadOnly(document: vscode.TextDocument, utterance: Utterance): Promise<void> {
    if ((await isReadOnlyFile(document)) && this.utterances.all.includes(utterance)) {
      say('error', 'this file is read-only: go to another, then dictate');
      this.cancel();
    }
  }

  /** Sends the command that begins the utterance, with its place: at once where the server runs. */
  private ask(utterance: Utterance, command: string, extra: CommandArgument): void {
    if (this.client.isReady) {
      void this.sendBegin(utterance, command, extra);
      return;
    }
    this.client.ready().then(
      () => this.sendBegin(utterance, command, extra),
      (error: unknown) => {
        this.utterances.remove(utterance);
        this.client.sayError(error);
      },
    );
  }

  private async sendBegin(
    utterance: Utterance,
    command: string,
    extra: CommandArgument,
  ): Promise<void> {
    const { uri, at } = utterance.place;
    if (!this.utterances.all.includes(utterance)) return;
    if (!findDocument(uri)) {
      this.utterances.remove(utterance);
      say('error', 'the document was closed before the server was ready: dictate again');
      return;
    }
    utterance.request = 'sent';
    const argument: CommandArgument = { uri, position: at, ...extra };
    try {
      const asked = this.client.execute<CommandResult>(command, argument);
      void this.symbols.refresh(uri);
      const result = await asked;
      this.utterances.answered(utterance, result.utteranceId);
    } catch (error) {
      this.utterances.remove(utterance);
      this.client.sayError(error);
    }
  }

  private send(command: string): void {
    void this.client.askCommand(command);
  }

  // In a hands-free mode an unknown name is that of the next utterance. The microphone has been open
  // all the time, so it listens at once.
  private begunByServer(params: StateParams): Utterance | undefined {
    const { utteranceId, state, uri } = params;
    const next = this.handsFree.nextPlace;
    if (!next || utteranceId === null || !isOpen(state) || this.utterances.isOver(utteranceId)) {
      return undefined;
    }
    if (uri !== null && uri !== next.uri) return undefined;
    params.state = 'listening';
    this.heard = [];
    const place = this.places.add(next.uri, next.at);
    return this.utterances.takeUp(utteranceId, place, this.handsFree.mode);
  }

  private onState(params: StateParams): void {
    this.handsFree.setMode(params.state === 'idle' ? 'manual' : (params.mode ?? 'manual'));
    this.microphone = params.device ?? this.microphone;
    const utterance =
      this.utterances.find(params.utteranceId, params.mode) ?? this.begunByServer(params);
    if (utterance && params.state === 'idle') {
      this.utterances.remove(utterance);
    } else if (utterance) {
      utterance.state = params.state;
      utterance.mode = params.mode ?? utterance.mode;
      if (params.state === 'listening' && utterance.heardSinceMs === undefined) {
        utterance.heardSinceMs = Date.now();
      }
      if (isOpen(utterance.state)) {
        this.utterances.onlySpoken(utterance);
        this.handsFree.continueAt(utterance.place);
      }
    }
    this.redraw();
    this.changed.fire();
  }

  private onLevel({ utteranceId, dbfs, speech }: LevelParams): void {
    const utterance = this.utterances.find(utteranceId);
    if (utterance?.state === 'listening') {
      utterance.levelDbfs = dbfs;
      utterance.isSpeaking = speech;
      this.changed.fire();
    }
  }

  private onPartial({ utteranceId, text, committed }: PartialParams): void {
    const utterance = this.utterances.find(utteranceId);
    if (!utterance) return;
    utterance.partial = text;
    utterance.committed = committed;
    this.heard.push(text);
    this.redraw();
  }

  private onFinal(final: FinalParams): void {
    this.latest = final.latency ?? this.latest;
    const utterance = this.utterances.find(final.utteranceId);
    if (utterance) this.utterances.remove(utterance);
    this.doubtful.show(final);
    const { outcome, message } = final;
    if (outcome === 'failed') {
      const buttons: Button[] = [
        commandButton('Insert', 'dictate.retry'),
        commandButton('Show Log', 'dictate.showLog'),
      ];
      say('error', message ?? 'the text did not arrive; it is kept', ...buttons);
    } else if (message !== undefined) {
      say(outcome === 'inserted' ? 'warning' : 'info', message);
    }
    this.changed.fire();
    this.ended.fire(final);
  }
}
