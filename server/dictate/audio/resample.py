"""Streaming conversion of any sample rate to 16 kHz.

The result does not depend on how the sound is cut into blocks, and nothing stays behind: some
15-20 ms sit in the filter until `flush`, often the end of the last word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dictate.audio.format import SAMPLE_RATE_HZ, to_int16

if TYPE_CHECKING:
    import numpy as np
    import soxr
    from numpy.typing import NDArray


class StreamResampler:
    """Converts blocks of one stream, in order; `flush` ends it and makes it ready for another."""

    def __init__(self, rate_hz: float) -> None:
        """Prepare for sound at `rate_hz` samples a second."""
        self._rate_hz = rate_hz
        self._stream: soxr.ResampleStream | None = None

    def feed(self, block: NDArray[np.float32]) -> NDArray[np.int16]:
        """Convert the next block.

        Args:
            block: float32[n] in [-1, 1], finite, at the stream's rate; n may be 0.

        Returns:
            int16[m] at 16 kHz; m may be 0, since the filter looks ahead.
        """
        if self._rate_hz == SAMPLE_RATE_HZ:
            return to_int16(block)
        return to_int16(self._open().resample_chunk(block))

    def flush(self) -> NDArray[np.int16]:
        """End the stream: int16[m] at 16 kHz, what was still in the filter."""
        import numpy as np

        if self._stream is None:
            return np.zeros(0, np.int16)
        tail = self._stream.resample_chunk(np.zeros(0, np.float32), last=True)
        self._stream = None
        return to_int16(tail)

    def _open(self) -> soxr.ResampleStream:
        import soxr

        if self._stream is None:
            self._stream = soxr.ResampleStream(self._rate_hz, SAMPLE_RATE_HZ, 1, dtype="float32")
        return self._stream
