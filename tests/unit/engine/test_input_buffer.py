import numpy as np
import pytest

from dictate.engine.input_buffer import InputBuffer
from dictate.errors import DictateError


def tone(rate_hz: int, seconds: float) -> np.ndarray:
    time_s = np.arange(int(rate_hz * seconds)) / rate_hz
    return (8000 * np.sin(2 * np.pi * 440 * time_s)).astype("<i2")


def filled(samples: np.ndarray) -> InputBuffer:
    buffer = InputBuffer()
    for block in np.array_split(samples, 7):
        buffer.add(buffer.decode(block.tobytes(), 16_000))
    return buffer


def test_sixteen_kilohertz_comes_through_unchanged():
    samples = tone(16_000, 1.0)
    buffer = filled(samples)
    assert buffer.size_samples == samples.size
    np.testing.assert_array_equal(buffer.content(), samples)


def test_twenty_four_kilohertz_is_resampled_whole_however_it_is_cut():
    seed = int(np.random.default_rng().integers(2**31))
    print(f"seed {seed}")
    rng = np.random.default_rng(seed)
    data = tone(24_000, 1.0)
    buffer = InputBuffer()
    start = 0
    while start < data.size:
        end = start + int(rng.integers(1, 3000))
        buffer.add(buffer.decode(data[start:end].tobytes(), 24_000))
        start = end
    buffer.add(buffer.tail())
    assert abs(buffer.size_samples - 16_000) <= 2
    middle = buffer.content()[2000:14_000].astype(float)
    expected = tone(16_000, 1.0)[2000:14_000].astype(float)
    assert np.sqrt(np.mean((middle - expected) ** 2)) < 100


def test_half_a_sample_is_refused_and_nothing_added():
    buffer = filled(tone(16_000, 0.1))
    with pytest.raises(DictateError, match="16-bit"):
        buffer.decode(b"abc", 16_000)
    assert buffer.size_samples == 1600


def test_taking_and_dropping_keep_positions():
    samples = tone(16_000, 1.0)
    buffer = filled(samples)
    buffer.drop_before(1000)
    np.testing.assert_array_equal(buffer.take(2000, 5000), samples[2000:5000])
    assert (buffer.start_sample, buffer.end_sample) == (5000, 16_000)
    buffer.drop_before(4000)
    assert buffer.start_sample == 5000
    np.testing.assert_array_equal(buffer.content(), samples[5000:])
    buffer.clear()
    assert (buffer.start_sample, buffer.size_samples) == (16_000, 0)


def test_a_change_of_rate_loses_no_tail():
    buffer = InputBuffer()
    buffer.add(buffer.decode(tone(24_000, 0.5).tobytes(), 24_000))
    buffer.add(buffer.decode(tone(16_000, 0.5).tobytes(), 16_000))
    assert abs(buffer.size_samples - 16_000) <= 2
