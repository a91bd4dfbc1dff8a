import random

import numpy as np
import pytest
import soxr

from dictate.audio.format import SAMPLE_RATE_HZ, mix_down, to_int16
from dictate.audio.resample import StreamResampler

RATES_HZ = [8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000, 192_000]


def noise(count):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    generator = np.random.default_rng(seed)
    return generator, generator.uniform(-0.9, 0.9, count).astype(np.float32)


def streamed(sound, rate_hz, sizes):
    resampler, pieces, fed = StreamResampler(rate_hz), [], 0
    for size in sizes:
        pieces.append(resampler.feed(sound[fed : fed + size]))
        fed += size
    pieces.append(resampler.feed(sound[fed:]))
    return np.concatenate([*pieces, resampler.flush()])


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_any_partition_into_blocks_gives_what_the_whole_gives(rate_hz):
    generator, sound = noise(rate_hz)
    whole = to_int16(soxr.resample(sound, rate_hz, SAMPLE_RATE_HZ))
    for _ in range(4):
        sizes = generator.choice([0, 1, 7, 95, 441, 480, 5_000], size=60)
        result = streamed(sound, rate_hz, sizes)
        assert len(result) == len(whole) == SAMPLE_RATE_HZ
        assert np.abs(result.astype(int) - whole).max() <= 1


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_a_tone_keeps_its_pitch_level_and_last_samples(rate_hz):
    time_s = np.arange(rate_hz) / rate_hz
    sound = (0.5 * np.sin(2 * np.pi * 1_000 * time_s)).astype(np.float32)
    result = streamed(sound, rate_hz, [rate_hz // 50] * 50)
    expected = 16_384 * np.sin(2 * np.pi * 1_000 * np.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ)
    assert np.abs(result[200:-200] - expected[200:-200]).max() < 60
    assert np.abs(result[-200:]).max() > 10_000, "the tail arrives, at its level"


@pytest.mark.parametrize("rate_hz", [44_100, 48_000])
def test_without_the_flush_the_end_would_be_missing(rate_hz):
    _, sound = noise(rate_hz)
    resampler = StreamResampler(rate_hz)
    without = len(resampler.feed(sound))
    assert without + len(resampler.flush()) == SAMPLE_RATE_HZ
    assert without < SAMPLE_RATE_HZ - 100


def test_after_a_flush_a_new_stream_begins():
    _, sound = noise(48_000)
    resampler = StreamResampler(48_000)
    first = np.concatenate([resampler.feed(sound), resampler.flush()])
    second = np.concatenate([resampler.feed(sound), resampler.flush()])
    assert np.array_equal(first, second)


def test_flushing_what_was_never_fed_gives_nothing():
    assert StreamResampler(48_000).flush().size == 0
    assert StreamResampler(16_000).flush().size == 0


def test_floats_become_int16_without_wrapping_around():
    assert to_int16(np.array([0, 1, -1, 2, -2, 0.5], np.float32)).tolist() == [
        *(0, 32_767, -32_768, 32_767, -32_768, 16_384)
    ]


def test_channels_are_averaged_and_broken_samples_are_silence():
    frames = np.array([[0.2, 0.4], [np.nan, 0.4], [np.inf, -np.inf]], np.float32)
    assert mix_down(frames) == pytest.approx([0.3, 0.2, 0.0])
