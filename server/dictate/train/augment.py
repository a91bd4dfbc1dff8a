"""What a microphone and a room do to speech, on the fly, so that no two epochs hear the same clip.

All arrays are float32 mono at 16 kHz. A `NoiseBank` is made once per process: drawing a slice of it
is free, making fresh noise for every clip is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

SAMPLE_RATE: Final = 16_000
Samples = npt.NDArray[np.float32]

_BANK_S: Final = 40
_MAINS_HZ: Final = (50.0, 60.0)


def change_speed(speech: Samples, factor: float) -> Samples:
    """Play `factor` times as fast: pitch and formants move too, which makes another speaker."""
    count = int(speech.size / factor)
    positions = np.arange(count, dtype=np.float32) * np.float32(factor)
    left = np.minimum(positions.astype(np.int32), speech.size - 2)
    share = positions - left.astype(np.float32)
    return np.asarray(speech[left] + share * (speech[left + 1] - speech[left]), dtype=np.float32)


def _unit(noise: npt.NDArray[np.floating[Any]]) -> Samples:
    """The same noise with rms 1."""
    return np.asarray(noise / np.sqrt(np.mean(noise**2)), dtype=np.float32)


def _coloured(rng: np.random.Generator, count: int, slope: float) -> Samples:
    """Noise of rms 1 falling with frequency to the power `slope`: 0 white, 0.5 pink, 1 brown."""
    spectrum = np.fft.rfft(rng.standard_normal(count))
    spectrum /= np.maximum(np.arange(spectrum.size), count * 20 / SAMPLE_RATE) ** slope
    noise = np.fft.irfft(spectrum, count)
    return _unit(noise)


def _clicks(rng: np.random.Generator, count: int) -> Samples:
    """Keystrokes: short bursts of decaying noise, some six a second."""
    noise = np.zeros(count, dtype=np.float32)
    burst = 800
    envelope = np.exp(-np.arange(burst) / 90.0)
    for start in rng.integers(0, count - burst, size=6 * count // SAMPLE_RATE):
        noise[start : start + burst] += (
            rng.standard_normal(burst) * envelope * rng.uniform(0.3, 1)
        ).astype(np.float32)
    return _unit(noise)


def _hum(rng: np.random.Generator, count: int) -> Samples:
    """Mains hum with overtones over a bed of faint pink noise."""
    time = np.arange(count) / SAMPLE_RATE
    base = rng.choice(_MAINS_HZ)
    tone = sum(
        rng.uniform(0.1, 1) * np.sin(2 * np.pi * base * k * time + rng.uniform(0, 6))
        for k in (1, 2, 3, 5)
    )
    noise = np.asarray(tone) + 0.2 * _coloured(rng, count, 0.5)
    return _unit(noise)


class NoiseBank:
    """A few long noises of rms 1; `draw` cuts a random slice of a random one."""

    def __init__(self, rng: np.random.Generator, voices: Sequence[Samples] = ()) -> None:
        """`voices` are clips of speech; several on top of each other make babble."""
        count = _BANK_S * SAMPLE_RATE
        self._noises = [
            _coloured(rng, count, 0.0), _coloured(rng, count, 0.5), _coloured(rng, count, 0.8),
            _coloured(rng, count, 1.0), _clicks(rng, count), _hum(rng, count),
        ]  # fmt: skip
        self._quiet = list(self._noises)
        if len(voices) >= 20:
            babble = np.zeros(count, dtype=np.float32)
            for _ in range(4):
                order = rng.permutation(len(voices))
                line = np.concatenate([voices[index] for index in order])
                babble += np.resize(line, count)
            self._noises.append(_unit(babble))

    def draw(self, rng: np.random.Generator, count: int) -> Samples:
        """`count` samples of noise of about rms 1."""
        return _cut(self._noises, rng, count)

    def draw_quiet(self, rng: np.random.Generator, count: int) -> Samples:
        """The same without voices."""
        return _cut(self._quiet, rng, count)


def _cut(noises: Sequence[Samples], rng: np.random.Generator, count: int) -> Samples:
    noise = noises[int(rng.integers(len(noises)))]
    start = int(rng.integers(noise.size - count))
    return noise[start : start + count]


def room_and_microphone(speech: Samples, rng: np.random.Generator) -> Samples:
    """A small room's reverberation, a tilted or band-limited response, or both, in one pass."""
    tail = int(rng.uniform(0.02, 0.25) * SAMPLE_RATE)
    size = 1 << int(np.ceil(np.log2(speech.size + tail)))
    spectrum = np.fft.rfft(speech, size)
    if rng.random() < 0.6:
        impulse = rng.standard_normal(tail) * np.exp(-np.arange(tail) * (5.0 / tail))
        impulse *= rng.uniform(0.05, 0.6) / np.sqrt(np.sum(impulse**2))
        impulse[0] = 1.0
        spectrum *= np.fft.rfft(impulse, size)
    if rng.random() < 0.7:
        frequency = np.linspace(0, SAMPLE_RATE / 2, spectrum.size)
        low, high = rng.uniform(20, 250), rng.uniform(3200, 8500)
        gain = (
            1
            / np.sqrt(1 + (low / np.maximum(frequency, 1)) ** 4)
            / np.sqrt(1 + (frequency / high) ** 8)
        )
        spectrum *= gain * ((frequency + 200) / 1200) ** rng.uniform(-0.35, 0.35)
    return np.fft.irfft(spectrum, size)[: speech.size].astype(np.float32)


def distort(speech: Samples, rng: np.random.Generator) -> Samples:
    """Room and microphone for an eighth of the clips; length and timing stay."""
    return room_and_microphone(speech, rng) if rng.random() < 0.12 else speech


def place(
    speech: Samples, total: int, offset: int, rng: np.random.Generator, bank: NoiseBank | None
) -> Samples:
    """Put a clip at `offset` into a window of `total` samples, at a random level, often with noise.

    The noise covers the whole window or only the clip and a margin around it, as it is when silence
    was padded in front of and behind what a microphone recorded. Half of the windows stay
    clean, all of them without a bank.
    """
    window = np.zeros(total, dtype=np.float32)
    window[offset : offset + speech.size] = speech
    level = 10 ** (rng.uniform(-30, -4) / 20) / max(float(np.abs(speech).max()), 1e-4)
    window *= np.float32(level)
    if bank is None or rng.random() < 0.5:
        return window
    first, last = 0, total
    if rng.random() < 0.5:
        first = max(0, offset - int(rng.uniform(0, 0.6) * SAMPLE_RATE))
        last = min(total, offset + speech.size + int(rng.uniform(0, 0.6) * SAMPLE_RATE))
    rms = float(np.sqrt(np.mean(speech**2))) * level
    snr_db = rng.triangular(10, 30, 55)
    window[first:last] += bank.draw(rng, last - first) * np.float32(rms / 10 ** (snr_db / 20))
    return np.clip(window, -1, 1)


def not_speech(total: int, rng: np.random.Generator, bank: NoiseBank) -> Samples:
    """A window in which nobody speaks: silence, noise, bumps and breaths, tones or chords."""
    kind = rng.random()
    if kind < 0.12:
        window = np.zeros(total, dtype=np.float32)
        if rng.random() < 0.5:
            window += rng.standard_normal(total).astype(np.float32) * np.float32(
                10 ** rng.uniform(-5, -3)
            )
        return window
    if kind < 0.40:
        window = bank.draw_quiet(rng, total)
    elif kind < 0.55:
        window = _bumps(rng, total)
    else:
        window = _tones(rng, total)
    if rng.random() < 0.4:
        window = window + bank.draw_quiet(rng, total) * np.float32(10 ** rng.uniform(-2, -0.5))
    window = window * np.float32(
        10 ** (rng.uniform(-40, -4) / 20) / max(float(np.abs(window).max()), 1e-4)
    )
    return np.asarray(window, dtype=np.float32)


def _bumps(rng: np.random.Generator, total: int) -> Samples:
    """A few bursts of coloured noise that swell and fade: breaths, knocks, a chair, a cough."""
    window = np.zeros(total, dtype=np.float32)
    for _ in range(int(rng.integers(1, 6))):
        size = min(int(rng.uniform(0.02, 0.7) * SAMPLE_RATE), total)
        start = int(rng.integers(total - size + 1))
        rise = rng.uniform(0.02, 0.6)
        ramp = np.linspace(0, 1, size, dtype=np.float32)
        envelope = np.minimum(ramp / rise, (1 - ramp) / (1 - rise)) ** rng.uniform(0.5, 3)
        burst = _coloured(rng, size, rng.uniform(0, 1)) if size > 64 else np.zeros(size)
        window[start : start + size] += (burst * envelope * rng.uniform(0.2, 1)).astype(np.float32)
    return window


def _tones(rng: np.random.Generator, total: int) -> Samples:
    """Notes one after another or together, like music or beeps."""
    window = np.zeros(total, dtype=np.float32)
    count = int(rng.integers(1, 14))
    steady = rng.random() < 0.3
    for _ in range(count):
        size = total if steady else min(int(rng.uniform(0.08, 2.0) * SAMPLE_RATE), total)
        start = int(rng.integers(total - size + 1))
        time = np.arange(size) / SAMPLE_RATE
        # Equal temperament from 65 Hz, or any frequency: sirens and beeps know no scale.
        pitch_hz = (
            65.4 * 2 ** (rng.integers(60) / 12) if rng.random() < 0.7 else rng.uniform(60, 6000)
        )
        glide = rng.uniform(-0.5, 0.5) if rng.random() < 0.15 else 0.0
        wobble = rng.uniform(0, 0.006) * np.sin(2 * np.pi * rng.uniform(3, 8) * time)
        phase = 2 * np.pi * pitch_hz * (time + glide * time**2 / 2 + wobble / 5)
        note = np.zeros(size)
        for overtone in range(1, int(rng.integers(2, 9))):
            if pitch_hz * overtone < SAMPLE_RATE / 2:
                loudness = rng.uniform(0, 1) / overtone ** rng.uniform(0.3, 2)
                note += loudness * np.sin(overtone * phase)
        attack = np.minimum(1, time / rng.uniform(0.002, 0.1))
        decay = np.exp(-time * rng.uniform(0, 6))
        fade = np.minimum(1, (size - np.arange(size)) / 400)
        window[start : start + size] += (note * attack * decay * fade).astype(np.float32)
    return window
