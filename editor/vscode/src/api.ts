// What `activate` returns, for tests and for other extensions.

import type { FinalParams, Mode, State } from './protocol';

export interface DictateApi {
  /** How long activation took. */
  readonly activationMs: number;
  readonly state: State;
  readonly mode: Mode;
  /** How the last utterance ended. */
  readonly lastFinal: FinalParams | undefined;
  /** What was understood while the last utterance was spoken. */
  readonly partials: readonly string[];
  readonly serverPid: number | undefined;
}
