// What travels between this extension and the server beside LSP's own messages.

import type { Point, Span } from './points';

export type State = 'idle' | 'starting' | 'listening' | 'finishing';
/** Who ends an utterance: the user, or a pause. */
export type Mode = 'manual' | 'handsFree' | 'vibe';
export type WritingMode = 'auto' | 'code' | 'prose' | 'raw' | 'vibe';

export interface StateParams {
  state: State;
  utteranceId: string | null;
  uri: string | null;
  device: string | null;
  mode?: Mode;
}

export interface LevelParams {
  utteranceId: string;
  dbfs: number;
  speech: boolean;
}

export interface PartialParams {
  utteranceId: string;
  uri: string;
  /** Fitted to its place, white space in front included. */
  text: string;
  /** The beginning of it that has settled. */
  committed: string;
}

/** From the end of speech to the acknowledged edit. */
export interface Latency {
  count: number;
  lastMs: number | null;
  p50Ms: number | null;
  p95Ms: number | null;
}

export interface Stats extends Latency {
  maxMs: number | null;
  stages: Record<string, { p50Ms: number; p95Ms: number }>;
}

export interface FinalParams {
  utteranceId: string;
  uri: string;
  outcome: 'inserted' | 'cancelled' | 'failed';
  text: string;
  timingsMs: Record<string, number>;
  audioMs: number;
  latency: Latency | null;
  message?: string;
  heard?: string;
  /** Where the text stands. */
  range?: Span;
  /** What in it was hardly understood. */
  doubtful?: Span[];
}

export interface EditParams {
  utteranceId: string;
  edit: { textDocument: { uri: string; version: number }; range: Span; newText: string };
}

export interface EditAnswer {
  applied: boolean;
  reason?: 'stale' | 'closed' | 'readonly';
}

export interface SelectParams {
  uri: string;
  range: Span;
}

/** The argument of the commands that begin something. */
export interface CommandArgument {
  uri?: string;
  position?: Point;
  file?: string;
  realtime?: boolean;
  preset?: 'vibe';
}

export interface CommandResult {
  utteranceId: string | null;
  state: State;
}

export interface PlaceResult extends CommandResult {
  placed: boolean;
}

export interface EngineStatus {
  state: 'loading' | 'ready' | 'failed';
  pair: string;
  target: string;
  draft?: string | null;
  device: string;
  dtype: string;
  changingTo?: string | null;
  notices?: string[];
}

export interface Status {
  state: State;
  mode: Mode;
  engine: EngineStatus | null;
  microphone: string | null;
  pending: number;
  logFile: string;
  version: string;
  latency: Latency | null;
  download: { pair: string; percentage: number | null; message: string } | null;
}

export interface Devices {
  devices: { name: string; isDefault: boolean }[];
  selected: string | null;
}

/** A pair of models. */
export interface Pair {
  name: string;
  models: string;
  installed: boolean;
  running: boolean;
  fits: boolean;
  reason: string;
  downloadMb: number | null;
}

export interface Alternatives {
  utteranceId: string | null;
  uri: string | null;
  text: string;
  choices: { index: number; label: string; detail: string }[];
}

export interface ModeResult {
  mode: WritingMode;
  effective: WritingMode;
  reason: string;
}

export interface VocabularyFiles {
  path: string;
  projectPath: string | null;
}

export interface HistoryEntry {
  utteranceId: string;
  uri: string;
  text: string;
  heard: string;
  outcome: 'inserted' | 'failed';
  /** ISO 8601. */
  spokenAt: string;
  audioMs: number;
  latencyMs: number | null;
  message?: string;
}

export interface HistoryList {
  entries: HistoryEntry[];
}

/** LSP's own, which this extension shows itself. */
export interface ShownMessage {
  type: number;
  message: string;
  actions?: { title: string }[];
}

/** Notifications of the server, with their parameters. */
export interface Notifications {
  'dictate/state': StateParams;
  'dictate/level': LevelParams;
  'dictate/partial': PartialParams;
  'dictate/final': FinalParams;
  'window/showMessage': ShownMessage;
}

/** Requests of the server, with their parameters. */
export interface Requests {
  'dictate/edit': EditParams;
  'dictate/select': SelectParams;
  'window/showMessageRequest': ShownMessage;
}
