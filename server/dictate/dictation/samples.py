"""The samples of one utterance in memory, for segments, replays and hypotheses."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_FIRST_CAPACITY_SAMPLES = 16_000 * 30


class SampleBuffer:
    """A growing array of int16 samples at 16 kHz; positions count from the utterance's start."""

    def __init__(self) -> None:
        import numpy as np

        self._data: NDArray[np.int16] = np.empty(_FIRST_CAPACITY_SAMPLES, dtype=np.int16)
        self._first_sample = 0
        self._end_sample = 0

    def __len__(self) -> int:
        """All that were ever added."""
        return self._end_sample

    def append(self, block: "NDArray[np.int16]") -> None:
        """Add samples at the end."""
        import numpy as np

        held = self._end_sample - self._first_sample
        if held + len(block) > len(self._data):
            grown = np.empty(max(held + len(block), 2 * len(self._data)), dtype=np.int16)
            grown[:held] = self._data[:held]
            self._data = grown
        self._data[held : held + len(block)] = block
        self._end_sample += len(block)

    def between(self, start_sample: int, end_sample: int) -> "NDArray[np.int16]":
        """Return a copy of the samples in [start_sample, end_sample), as far as they are there."""
        start = max(start_sample, self._first_sample) - self._first_sample
        end = min(end_sample, self._end_sample) - self._first_sample
        copy: NDArray[np.int16] = self._data[start : max(start, end)].copy()
        return copy

    def forget_before(self, sample: int) -> None:
        """Nobody asks for anything in front of `sample` any more."""
        sample = min(sample, self._end_sample)
        if sample > self._first_sample:
            held = self._data[sample - self._first_sample : self._end_sample - self._first_sample]
            self._data[: len(held)] = held.copy()
            self._first_sample = sample
