"""Cutting a stream into blocks of a convenient length, and keeping its last moments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dictate.audio.format import samples_of_ms

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

MIN_BLOCK_SAMPLES = samples_of_ms(20)
MAX_BLOCK_SAMPLES = samples_of_ms(60)


class BlockCutter:
    """Joins what is shorter than 20 ms and cuts what is longer than 60 ms; keeps every sample."""

    def __init__(self) -> None:
        self._waiting: list[NDArray[np.int16]] = []
        self._waiting_samples = 0

    def feed(self, samples: NDArray[np.int16]) -> Iterator[NDArray[np.int16]]:
        """Take int16[n] and yield the blocks that are complete, each 20 to 60 ms."""
        self._waiting.append(samples)
        self._waiting_samples += samples.size
        if self._waiting_samples >= MIN_BLOCK_SAMPLES:
            joined = self._take()
            while joined.size >= MAX_BLOCK_SAMPLES + MIN_BLOCK_SAMPLES:
                yield joined[:MAX_BLOCK_SAMPLES]
                joined = joined[MAX_BLOCK_SAMPLES:]
            if joined.size > MAX_BLOCK_SAMPLES:
                yield joined[:MIN_BLOCK_SAMPLES]
                joined = joined[MIN_BLOCK_SAMPLES:]
            yield joined

    def flush(self) -> Iterator[NDArray[np.int16]]:
        """Yield what is left, shorter than 20 ms, if anything is."""
        if self._waiting_samples:
            yield self._take()

    def _take(self) -> NDArray[np.int16]:
        import numpy as np

        joined = np.concatenate(self._waiting)
        self._waiting = []
        self._waiting_samples = 0
        return joined


class PreRoll:
    """Keeps the last `capacity_samples` of a stream."""

    def __init__(self, capacity_samples: int) -> None:
        self._capacity_samples = capacity_samples
        self._blocks: list[NDArray[np.int16]] = []
        self._samples = 0

    def feed(self, samples: NDArray[np.int16]) -> None:
        """Remember int16[n]; older blocks fall off once the newer ones fill the capacity."""
        self._blocks.append(samples)
        self._samples += samples.size
        while self._samples - self._blocks[0].size >= self._capacity_samples:
            self._samples -= self._blocks.pop(0).size

    def take(self) -> list[NDArray[np.int16]]:
        """Hand over the blocks kept, in order, and forget them."""
        blocks, self._blocks, self._samples = self._blocks, [], 0
        return blocks
