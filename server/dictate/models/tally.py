"""How far a download is and how fast it goes, counted by the threads that do it."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Final

_WINDOW_S: Final = 5.0
_STEP_S: Final = 0.1


@dataclass(frozen=True)
class PullProgress:
    """How far a download is.

    Attributes:
        pair: which one.
        done_bytes: of `total_bytes`, what is on this machine already.
        total_bytes: of all files of the pair; 0 until the hub has told.
        bytes_per_s: over the last seconds.
        message: one line for people: what is being done or waited for.
    """

    pair: str
    done_bytes: int
    total_bytes: int
    bytes_per_s: float
    message: str


class Tally:
    """Counts bytes; any thread may call anything."""

    def __init__(self, pair: str) -> None:
        self._pair = pair
        self._lock = threading.Lock()
        self._total = 0
        self._done = 0
        self._received = 0
        self._message = ""
        self._samples: deque[tuple[float, int]] = deque([(time.monotonic(), 0)])

    def expect(self, total_bytes: int, done_bytes: int) -> None:
        """Set what there is to have and what is here."""
        with self._lock:
            self._total, self._done = total_bytes, done_bytes

    def moved(self, count: int, received: bool) -> None:
        """Add bytes that are here now (or, below 0, no more); `received`: they came just now."""
        with self._lock:
            self._done += count
            if received:
                self._received += count
                now_s = time.monotonic()
                if now_s - self._samples[-1][0] >= _STEP_S:
                    self._samples.append((now_s, self._received))

    def say(self, message: str) -> None:
        """Set the line for people."""
        with self._lock:
            self._message = message

    def progress(self) -> PullProgress:
        """How far it is now."""
        with self._lock:
            now_s = time.monotonic()
            while len(self._samples) > 1 and self._samples[0][0] < now_s - _WINDOW_S:
                self._samples.popleft()
            start_s, start_bytes = self._samples[0]
            rate = (self._received - start_bytes) / max(now_s - start_s, _STEP_S)
            return PullProgress(self._pair, self._done, self._total, rate, self._message)
