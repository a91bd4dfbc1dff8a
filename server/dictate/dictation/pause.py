"""How long a pause ends a dictation: learned from the speaker's own pauses."""

from __future__ import annotations

import contextlib
import json
import math
from typing import Final

from dictate.paths import state_dir
from dictate.whole_file import write_atomically

LEAST_MS: Final = 240.0
MOST_MS: Final = 1200.0
FIRST_MS: Final = 320.0
_RESUMED_MS: Final = 450.0
"""Who goes on this soon after the end was called had not finished."""
_SHORTER_MS: Final = 1.0
_LONGER_MS: Final = 49.0
"""Steps whose ratio makes one end in fifty too early in the long run (Robbins and Monro, "A
Stochastic Approximation Method", 1951: the quantile at which both balance)."""


class LearnedPause:
    """The pause that ends a dictation: a little shorter after each end that was none too early."""

    def __init__(self) -> None:
        """Take up what was learned on this machine."""
        self._pause_ms = _stored()
        self._ended_s: float | None = None

    @property
    def pause_ms(self) -> float:
        """A pause this long is an end."""
        return self._pause_ms

    def ended(self, at_s: float) -> None:
        """A pause was taken for the end, at `at_s` of a monotonic clock."""
        self._settle(too_early=False)
        self._ended_s = at_s

    def resumed(self, at_s: float) -> None:
        """Somebody speaks again."""
        if self._ended_s is not None:
            self._settle(too_early=1000 * (at_s - self._ended_s) < _RESUMED_MS)

    def keep(self) -> None:
        """Write down what was learned; a disk that refuses costs no more than that."""
        self._settle(too_early=False)
        with contextlib.suppress(OSError):
            content = json.dumps({"pause_ms": round(self._pause_ms)})
            write_atomically(state_dir() / _FILE, content.encode())

    def _settle(self, *, too_early: bool) -> None:
        """Judge the last end, once."""
        if self._ended_s is None:
            return
        self._ended_s = None
        step_ms = _LONGER_MS if too_early else -_SHORTER_MS
        self._pause_ms = min(MOST_MS, max(LEAST_MS, self._pause_ms + step_ms))


_FILE: Final = "pause.json"


def _stored() -> float:
    try:
        stored = float(json.loads((state_dir() / _FILE).read_text())["pause_ms"])
    except (OSError, ValueError, KeyError, TypeError):
        return FIRST_MS
    return min(MOST_MS, max(LEAST_MS, stored)) if math.isfinite(stored) else FIRST_MS
