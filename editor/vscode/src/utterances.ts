// The utterances that are on their way, in the order in which they were begun, which is the order in
// which their texts stand. One of them is being spoken at most. Pure but for the places.

import type { Mode, State } from './protocol';
import type { Place, StandingText } from './places';
import { type Point, isSame } from './points';

export interface Utterance {
  /** The server's name for it. */
  id: string | undefined;
  place: Place;
  /** Where the text goes, too: the cursors beside the first one. */
  others: Place[];
  /** What was selected at those places and gives way to the text. */
  selected: StandingText[];
  /** Half of the undo step is made: what was selected is gone. */
  continuesUndo: boolean;
  state: State;
  mode: Mode;
  /** The command that begins it. */
  request: 'queued' | 'sent' | 'answered';
  partial: string;
  committed: string;
  levelDbfs: number | undefined;
  isSpeaking: boolean;
  /** Its text stands there; only the server's last word is missing. */
  landed: boolean;
  /** When the first samples arrived. */
  heardSinceMs: number | undefined;
}

export function isOpen(state: State): boolean {
  return state === 'starting' || state === 'listening';
}

export class Utterances {
  private list: Utterance[] = [];
  // The server may still speak of one that is over here; it must not be taken for a new one.
  private readonly over = new Set<string>();

  /**
   * @param changed one begins, ends or changes its state
   * @param removed its places are not needed any more
   */
  constructor(
    private readonly changed: () => void,
    private readonly removed: (utterance: Utterance) => void,
  ) {}

  add(place: Place, state: State, mode: Mode): Utterance {
    const utterance: Utterance = {
      id: undefined,
      place,
      others: [],
      selected: [],
      continuesUndo: false,
      state,
      mode,
      request: 'queued',
      partial: '',
      committed: '',
      levelDbfs: undefined,
      isSpeaking: false,
      landed: false,
      heardSinceMs: undefined,
    };
    this.list.push(utterance);
    this.changed();
    return utterance;
  }

  /** One that the server began by itself, behind all others. */
  takeUp(id: string, place: Place, mode: Mode): Utterance {
    const utterance = this.add(place, 'starting', mode);
    utterance.id = id;
    utterance.request = 'answered';
    return utterance;
  }

  remove(utterance: Utterance): void {
    const index = this.list.indexOf(utterance);
    if (index < 0) return;
    this.list.splice(index, 1);
    if (utterance.id !== undefined) this.over.add(utterance.id);
    this.removed(utterance);
    this.changed();
  }

  removeAll(): void {
    for (const utterance of [...this.list]) this.remove(utterance);
  }

  get all(): readonly Utterance[] {
    return this.list;
  }

  get any(): boolean {
    return this.list.length > 0;
  }

  isOver(id: string): boolean {
    return this.over.has(id);
  }

  /** Nobody speaks to the others any more, which the server does not say of each. */
  onlySpoken(spoken: Utterance): void {
    for (const utterance of this.list) {
      if (utterance !== spoken && utterance.id !== undefined && isOpen(utterance.state)) {
        utterance.state = 'finishing';
      }
    }
  }

  /** The one that is being spoken. */
  get speaking(): Utterance | undefined {
    return this.list.find((utterance) => isOpen(utterance.state));
  }

  /** The one to show: that which is being spoken, else that which was begun last. */
  get shown(): Utterance | undefined {
    return this.speaking ?? this.list.at(-1);
  }

  /**
   * The utterance that the server speaks of. It may do so before it answered the command, so an
   * unknown name belongs to the one whose command is not answered yet.
   */
  find(id: string | null, mode?: Mode): Utterance | undefined {
    if (id === null || this.over.has(id)) return undefined;
    const known = this.list.find((utterance) => utterance.id === id);
    if (known) return known;
    const begun = this.list.find(
      (utterance) =>
        utterance.id === undefined &&
        utterance.request === 'sent' &&
        // In a hands-free mode the server begins utterances meanwhile.
        (mode === undefined || (mode === 'manual') === (utterance.mode === 'manual')),
    );
    if (begun) begun.id = id;
    return begun;
  }

  /**
   * The server answered the command that begins the utterance. Without a name nothing was begun, and
   * the server said why; with the name of another, that one went on. A kept one comes back under
   * its name.
   */
  answered(utterance: Utterance, id: string | null): void {
    utterance.request = 'answered';
    if (utterance.id !== undefined) return;
    if (id === null || this.list.some((other) => other.id === id)) {
      this.remove(utterance);
    } else {
      this.over.delete(id);
      utterance.id = id;
    }
  }

  /**
   * The places where a text is inserted and others wait that were begun after `arrived`: their texts
   * belong behind it. Without `arrived`, which is of no list, these are all that wait there.
   */
  placesBehind(uri: string, points: readonly Point[], arrived: Utterance | undefined): Place[] {
    const from = arrived ? this.list.indexOf(arrived) + 1 : 0;
    return this.list
      .slice(from)
      .flatMap(({ place, others }) => [place, ...others])
      .filter((place) => place.uri === uri && points.some((point) => isSame(point, place.at)));
  }
}
