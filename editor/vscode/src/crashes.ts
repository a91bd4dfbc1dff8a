// Pure: when a server that crashed starts again, and when it stays down.

export interface RestartTimes {
  delayMs: number;
  limit: number;
  windowMs: number;
}

export class Crashes {
  private timesMs: number[] = [];

  /** Another one, now. Returns how long to wait, or undefined where there were too many lately. */
  add(nowMs: number, times: RestartTimes): number | undefined {
    this.timesMs = this.timesMs.filter((time) => nowMs - time < times.windowMs);
    this.timesMs.push(nowMs);
    return this.timesMs.length >= times.limit
      ? undefined
      : times.delayMs * 2 ** (this.timesMs.length - 1);
  }

  /** The user wants it to start: earlier ones do not count any more. */
  forgive(): void {
    this.timesMs = [];
  }
}
