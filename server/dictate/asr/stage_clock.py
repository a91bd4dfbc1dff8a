"""How long the stages of an utterance take."""

import time


class StageClock:
    """Wall time per stage, in milliseconds."""

    def __init__(self) -> None:
        """Begin the first stage."""
        self.stages_ms: dict[str, float] = {}
        self._last = time.perf_counter()

    def end(self, stage: str) -> None:
        """The stage with this name ends, and the next one begins."""
        now = time.perf_counter()
        self.stages_ms[stage] = 1e3 * (now - self._last)
        self._last = now
