"""Sound in which nobody speaks, made otherwise than training's, to judge what is written on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

SAMPLE_RATE: Final = 16_000
Samples = npt.NDArray[np.float32]
_SHORTEST_S: Final = 0.5
_LONGEST_S: Final = 6.0


def silence(rng: np.random.Generator) -> Samples:
    """Nothing, or the last bits of a converter, or an offset."""
    samples = np.zeros(_length(rng), dtype=np.float32)
    kind = rng.integers(3)
    if kind == 1:
        samples += (rng.integers(-2, 3, samples.size) / 32_768).astype(np.float32)
    elif kind == 2:
        samples += np.float32(rng.uniform(-0.02, 0.02))
    return samples


def noise(rng: np.random.Generator) -> Samples:
    """A band of noise that swells and fades like wind, a fan or a passing car."""
    size = _length(rng)
    spectrum = np.fft.rfft(rng.standard_normal(size))
    frequency_hz = np.fft.rfftfreq(size, 1 / SAMPLE_RATE)
    centre_hz = 10 ** rng.uniform(1.7, 3.7)
    octaves = rng.uniform(0.3, 3.0)
    distance = np.log2(np.maximum(frequency_hz, 1.0) / centre_hz) / octaves
    band = np.fft.irfft(spectrum * np.exp(-(distance**2)), size)
    swell = 1 + rng.uniform(0, 0.9) * np.sin(
        2 * np.pi * rng.uniform(0.1, 3) * np.arange(size) / SAMPLE_RATE + rng.uniform(0, 6)
    )
    return _levelled(band * swell, rng)


def music(rng: np.random.Generator) -> Samples:
    """Plucked strings, a few at a time, in a key (Karplus and Strong, 1983)."""
    size = _length(rng)
    samples = np.zeros(size)
    root_hz = 82.4 * 2 ** (rng.integers(24) / 12)
    scale = (0, 2, 4, 5, 7, 9, 11) if rng.random() < 0.5 else (0, 3, 5, 7, 10)
    beat = int(rng.uniform(0.12, 0.6) * SAMPLE_RATE)
    for start in range(0, size, beat):
        for _ in range(int(rng.integers(1, 4))):
            degree = scale[int(rng.integers(len(scale)))] + 12 * int(rng.integers(3))
            period = max(2, round(SAMPLE_RATE / (root_hz * 2 ** (degree / 12))))
            length = min(size - start, int(rng.uniform(1, 4) * beat))
            note = np.resize(rng.uniform(-1, 1, period), length)
            # A turn of the string is the one before, smoothed and a little weaker.
            for turn in range(period, length, period):
                before = note[turn - period : turn]
                after = 0.996 * 0.5 * (before + np.roll(before, 1))
                note[turn : turn + period] = after[: length - turn]
            samples[start : start + length] += note
    return _levelled(samples, rng)


KINDS: Final[dict[str, Callable[[np.random.Generator], Samples]]] = {
    "silence": silence, "noise": noise, "music-like tones": music,
}  # fmt: skip


def _length(rng: np.random.Generator) -> int:
    return int(rng.uniform(_SHORTEST_S, _LONGEST_S) * SAMPLE_RATE)


def _levelled(samples: npt.NDArray[np.floating[Any]], rng: np.random.Generator) -> Samples:
    peak = float(np.abs(samples).max(initial=1e-9))
    return np.asarray(samples * (10 ** (rng.uniform(-40, -3) / 20) / peak), dtype=np.float32)
