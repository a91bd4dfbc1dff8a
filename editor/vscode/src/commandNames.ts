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
