// The commands that this extension registers, below `dictate.`.

export const COMMANDS = [
  'toggle',
  'start',
  'stop',
  'cancel',
  'hold',
  'handsFree',
  'vibe',
  'file',
  'chooseMicrophone',
  'chooseModel',
  'mode',
  'raw',
  'alternatives',
  'vocabulary',
  'history',
  'stats',
  'status',
  'retry',
  'discard',
  'restart',
  'showLog',
  'doctor',
  'openSettings',
  'openKeybindings',
  'installServer',
  'removeServer',
] as const;

export type CommandName = (typeof COMMANDS)[number];

/** Starts or stops from the status bar. A click there takes the focus from the editor. */
export const toggleByClick = {
  title: 'Start or Stop Dictation',
  command: 'dictate.toggle',
  arguments: ['statusBar'],
};
