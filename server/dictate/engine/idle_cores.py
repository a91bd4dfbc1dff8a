"""How many cores other programs leave idle: threads that wait for a taken core cost far more.

Measured on two cores with base.en's shape in int8: an utterance takes 0.6 s on both while nothing
else runs, 0.8 s on one, and 1.7 s on both while a compiler wants one of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import psutil

# Shorter stretches say little: the system counts in hundredths of a second.
_SHORTEST_S: Final = 0.2


class IdleCores:
    """Watches from one call to the next."""

    def __init__(
        self,
        cores: int,
        clock: Callable[[], float] = time.monotonic,
        others_s: Callable[[], float] | None = None,
    ) -> None:
        """Begin to watch.

        Args:
            cores: that this process may use; the answer is between 1 and this.
            clock: seconds.
            others_s: processor time of all other processes, in seconds.
        """
        self._cores = cores
        self._clock = clock
        self._others_s = others_s or _others_s
        self._idle = cores
        self._since_s, self._before_s = clock(), self._others_s()

    def count(self) -> int:
        """Cores that were idle, but for this process, since the last call."""
        now_s = self._clock()
        if now_s - self._since_s >= _SHORTEST_S:
            spent_s = self._others_s()
            busy = (spent_s - self._before_s) / (now_s - self._since_s)
            self._since_s, self._before_s = now_s, spent_s
            self._idle = max(1, min(self._cores, round(self._cores - busy)))
        return self._idle


def _others_s() -> float:
    everything = psutil.cpu_times()
    own = psutil.Process().cpu_times()
    waiting = everything.idle + getattr(everything, "iowait", 0.0)
    # Linux counts what guests use a second time, in user and nice.
    guests = getattr(everything, "guest", 0.0) + getattr(everything, "guest_nice", 0.0)
    return float(sum(everything) - guests - waiting - own.user - own.system)
