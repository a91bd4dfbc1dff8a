// Hold-to-talk. VS Code tells of no key's release, only that a held key repeats: the first repeat
// comes after the keyboard's delay, the next ones quickly, and their absence is the release. Pure.

export interface HoldTimes {
  firstMs: number;
  repeatMs: number;
}

export interface Clock {
  /** Calls back once after so long; returns what takes that back. */
  after(ms: number, callback: () => void): () => void;
}

export class Hold {
  private cancelWait: (() => void) | undefined;
  private began = false;

  /**
   * @param times asked at every press
   * @param begin starts a dictation; false where none was begun, because one runs already
   * @param end ends it
   */
  constructor(
    private readonly clock: Clock,
    private readonly times: () => HoldTimes,
    private readonly begin: () => boolean,
    private readonly end: () => void,
  ) {}

  /** Call this on every press and every repeat of the key. */
  press(): void {
    const { firstMs, repeatMs } = this.times();
    if (this.cancelWait) {
      this.wait(repeatMs);
      return;
    }
    // A key that was pressed while a toggled dictation ran must not end it.
    this.began = this.begin();
    this.wait(firstMs);
  }

  /** Nobody holds the key any more, whatever it seems. */
  reset(): void {
    this.cancelWait?.();
    this.cancelWait = undefined;
    this.began = false;
  }

  private wait(ms: number): void {
    this.cancelWait?.();
    this.cancelWait = this.clock.after(ms, () => {
      this.cancelWait = undefined;
      if (this.began) this.end();
    });
  }
}
