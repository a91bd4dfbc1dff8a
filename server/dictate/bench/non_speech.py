"""Sound in which nobody speaks: silence, noise, a keyboard's clatter, tones."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dictate.audio.format import SAMPLE_RATE_HZ, to_int16

Sound = NDArray[np.float64]

_LENGTH_S: Final = (1.0, 4.0)
_PEAK_DBFS: Final = (-40.0, -6.0)
_KEY_HZ: Final = (1_200.0, 4_500.0)
_SEMITONE: Final = 2 ** (1 / 12)


def non_speech(count: int, seed: int) -> list[tuple[str, NDArray[np.int16]]]:
    """Clips of every kind in turn, int16[n] at 16 kHz each, with the kind's name."""
    random = np.random.default_rng(seed)
    kinds = list(KINDS.items())
    clips = []
    for index in range(count):
        name, make = kinds[index % len(kinds)]
        size = round(random.uniform(*_LENGTH_S) * SAMPLE_RATE_HZ)
        clips.append((name, to_int16(make(random, size).astype(np.float32))))
    return clips


def silence(random: np.random.Generator, size: int) -> Sound:
    """No sound at all, or what a converter adds to it."""
    loudest_bit = int(random.integers(0, 4))
    return random.integers(-loudest_bit, loudest_bit + 1, size) / 32_768


def noise(random: np.random.Generator, size: int) -> Sound:
    """A steady hiss or rumble: power falls with the frequency, or does not."""
    spectrum = np.fft.rfft(random.standard_normal(size))
    tilt = random.uniform(0.0, 1.0)
    frequency = np.arange(spectrum.size)
    return _levelled(random, np.fft.irfft(spectrum / np.maximum(frequency, 8.0) ** tilt, size))


def clatter(random: np.random.Generator, size: int) -> Sound:
    """Typing: every key is struck and, a moment later, let go more softly."""
    sound = np.zeros(size)
    strikes_per_s = random.uniform(3.0, 12.0)
    at_s = 0.0
    while (at_s := at_s + random.exponential(1 / strikes_per_s)) * SAMPLE_RATE_HZ < size:
        let_go_s = at_s + random.uniform(0.06, 0.12)
        _add(sound, at_s, _click(random))
        _add(sound, let_go_s, 0.4 * _click(random))
    return _levelled(random, sound)


def tones(random: np.random.Generator, size: int) -> Sound:
    """A tune: notes of a few harmonics that are struck and die away."""
    sound = np.zeros(size)
    note_s = random.uniform(0.15, 0.5)
    for begin_s in np.arange(0, size / SAMPLE_RATE_HZ, note_s):
        frequency_hz = 110 * _SEMITONE ** int(random.integers(0, 36))
        times_s = np.arange(round(2 * note_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
        note = np.sum(
            [
                np.sin(2 * np.pi * harmonic * frequency_hz * times_s) / harmonic
                for harmonic in range(1, 6)
                if harmonic * frequency_hz < SAMPLE_RATE_HZ / 2
            ],
            axis=0,
        )
        _add(sound, float(begin_s), note * np.exp(-times_s / note_s))
    return _levelled(random, sound)


KINDS: Final[dict[str, Callable[[np.random.Generator, int], Sound]]] = {
    "silence": silence, "noise": noise, "keyboard clatter": clatter, "tones": tones,
}  # fmt: skip


def _click(random: np.random.Generator) -> Sound:
    """A burst of noise through a plastic case: some 10 ms around one frequency."""
    times_s = np.arange(round(0.03 * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    case = np.sin(2 * np.pi * random.uniform(*_KEY_HZ) * times_s)
    burst = random.standard_normal(times_s.size)
    click: Sound = (case + 0.7 * burst) * np.exp(-times_s / random.uniform(0.002, 0.008))
    return random.uniform(0.4, 1.0) * click


def _add(sound: Sound, at_s: float, piece: Sound) -> None:
    """Mix `piece` in; what would reach behind the end is cut off."""
    begin = round(at_s * SAMPLE_RATE_HZ)
    room = sound[begin : begin + piece.size]
    room += piece[: room.size]


def _levelled(random: np.random.Generator, sound: Sound) -> Sound:
    peak = max(float(np.abs(sound).max(initial=0.0)), 1e-9)
    return sound * (10 ** (random.uniform(*_PEAK_DBFS) / 20) / peak)
