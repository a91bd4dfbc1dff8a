"""How long this server's dictations took, from the end of speech to the acknowledged edit."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from typing import Any, Final

_KEPT: Final = 500


class Latencies:
    """The timings of the latest dictations that reached a document."""

    def __init__(self) -> None:
        """Begin with none."""
        self._timings_ms: deque[dict[str, float]] = deque(maxlen=_KEPT)

    def add(self, timings_ms: dict[str, float]) -> None:
        """Take one dictation's stages; "total" is the whole."""
        self._timings_ms.append(timings_ms)

    def summary(self) -> dict[str, Any] | None:
        """`count`, `lastMs`, `p50Ms` and `p95Ms` of the whole; None before the first."""
        totals_ms = [each["total"] for each in self._timings_ms]
        if not totals_ms:
            return None
        return {
            "count": len(totals_ms),
            "lastMs": _rounded(totals_ms[-1]),
            "p50Ms": _rounded(percentile(totals_ms, 50)),
            "p95Ms": _rounded(percentile(totals_ms, 95)),
        }

    def stats(self) -> dict[str, Any]:
        """The summary with the longest, and every stage; figures are None where there are none."""
        summary = self.summary()
        if summary is None:
            nothing = dict.fromkeys(("lastMs", "p50Ms", "p95Ms", "maxMs"))
            return {"count": 0, **nothing, "stages": {}}
        stages: dict[str, list[float]] = {}
        for timings_ms in self._timings_ms:
            for name, spent_ms in timings_ms.items():
                stages.setdefault(name, []).append(spent_ms)
        return {
            **summary,
            "maxMs": _rounded(max(stages.pop("total"))),
            "stages": {
                name: {
                    "p50Ms": _rounded(percentile(spent_ms, 50)),
                    "p95Ms": _rounded(percentile(spent_ms, 95)),
                }
                for name, spent_ms in stages.items()
            },
        }


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` percent do not exceed; of at least one value."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share / 100 * len(ordered)) - 1)]


def _rounded(value_ms: float) -> float:
    return round(value_ms, 1)
