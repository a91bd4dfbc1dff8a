"""The samples of one utterance in memory, for segments, replays and hypotheses."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_FIRST_CAPACITY_SAMPLES = 16_000 * 30


class SampleBuffer:
    """A growing array of int16 samples at 16 kHz."""

    def __init__(self) -> None:
        import numpy as np

        self._data: NDArray[np.int16] = np.empty(_FIRST_CAPACITY_SAMPLES, dtype=np.int16)
        self._length_samples = 0

    def __len__(self) -> int:
        return self._length_samples

    def append(self, block: "NDArray[np.int16]") -> None:
        """Add samples at the end."""
        import numpy as np

        needed = self._length_samples + len(block)
        if needed > len(self._data):
            grown = np.empty(max(needed, 2 * len(self._data)), dtype=np.int16)
            grown[: self._length_samples] = self._data[: self._length_samples]
            self._data = grown
        self._data[self._length_samples : needed] = block
        self._length_samples = needed

    def between(self, start_sample: int, end_sample: int) -> "NDArray[np.int16]":
        """Return a copy of the samples in [start_sample, end_sample), as far as they exist."""
        end_sample = min(end_sample, self._length_samples)
        copy: NDArray[np.int16] = self._data[max(0, start_sample) : end_sample].copy()
        return copy
