"""The sound that a session has received and not yet committed."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from dictate.audio.format import SAMPLE_RATE_HZ
from dictate.audio.resample import StreamResampler
from dictate.errors import DictateError

_BYTES_PER_SAMPLE: Final = 2


class InputBuffer:
    """Bytes of a session's format in, 16 kHz int16 out.

    Positions count samples at 16 kHz since the session's first; `start_sample` is that of the first
    one that is still here.
    """

    def __init__(self) -> None:
        self._blocks: list[NDArray[np.int16]] = []
        self._resampler: StreamResampler | None = None
        self._rate_hz = SAMPLE_RATE_HZ
        self.start_sample = 0
        self.size_samples = 0

    @property
    def end_sample(self) -> int:
        """Position behind the last sample."""
        return self.start_sample + self.size_samples

    def decode(self, data: bytes, rate_hz: int) -> NDArray[np.int16]:
        """Turn the client's next bytes into 16 kHz samples; they are not yet in the buffer.

        Args:
            data: little-endian int16 mono.
            rate_hz: of `data`; may change from call to call.

        Returns:
            int16[n]; n may be 0, since a resampler looks ahead.

        Raises:
            DictateError: half a sample.
        """
        if len(data) % _BYTES_PER_SAMPLE:
            raise DictateError("the sound ends in half a sample: send whole 16-bit samples")
        samples: NDArray[np.int16] = np.frombuffer(data, "<i2").astype(np.int16, copy=False)
        before = self.tail() if rate_hz != self._rate_hz else samples[:0]
        self._rate_hz = rate_hz
        if rate_hz != SAMPLE_RATE_HZ:
            if self._resampler is None:
                self._resampler = StreamResampler(rate_hz)
            samples = self._resampler.feed(samples.astype(np.float32) / 32768.0)
        return np.concatenate((before, samples)) if before.size else samples

    def tail(self) -> NDArray[np.int16]:
        """Flush the resampler: the samples that were still in it, not yet in the buffer."""
        if self._resampler is None:
            return np.zeros(0, np.int16)
        samples = self._resampler.flush()
        self._resampler = None
        return samples

    def add(self, samples: NDArray[np.int16]) -> None:
        """Put int16[n] at the end."""
        if samples.size:
            self._blocks.append(samples)
            self.size_samples += samples.size

    def content(self) -> NDArray[np.int16]:
        """A copy of everything, int16[size_samples]."""
        return np.concatenate(self._blocks) if self._blocks else np.zeros(0, np.int16)

    def take(self, start_sample: int, end_sample: int) -> NDArray[np.int16]:
        """The samples between two positions; they and all before them leave the buffer."""
        content = self.content()
        start, end = start_sample - self.start_sample, end_sample - self.start_sample
        self._keep(content[end:], end_sample)
        return content[start:end]

    def drop_before(self, position_sample: int) -> None:
        """Let everything before a position go."""
        if position_sample > self.start_sample:
            self._keep(self.content()[position_sample - self.start_sample :], position_sample)

    def clear(self) -> None:
        """Let everything go, what is in the resampler included."""
        self.add(self.tail())
        self._keep(np.zeros(0, np.int16), self.end_sample)

    def _keep(self, rest: NDArray[np.int16], start_sample: int) -> None:
        self._blocks = [rest] if rest.size else []
        self.start_sample, self.size_samples = start_sample, rest.size
