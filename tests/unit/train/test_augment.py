import numpy as np
import pytest

from dictate.train.augment import NoiseBank, change_speed, not_speech, place, room_and_microphone


@pytest.fixture(scope="module")
def bank() -> NoiseBank:
    return NoiseBank(np.random.default_rng(0))


@pytest.fixture
def speech() -> np.ndarray:
    return np.sin(np.arange(16_000, dtype=np.float32) * 0.2) * np.float32(0.9)


@pytest.mark.parametrize("factor", [0.86, 1.0, 1.18])
def test_speed_changes_the_length_by_its_factor(speech: np.ndarray, factor: float) -> None:
    faster = change_speed(speech, factor)
    assert faster.dtype == np.float32
    assert abs(faster.size - speech.size / factor) <= 1
    assert np.abs(faster).max() <= 0.95


def test_a_room_keeps_length_and_stays_finite(speech: np.ndarray) -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        heard = room_and_microphone(speech, rng)
        assert heard.shape == speech.shape
        assert heard.dtype == np.float32
        assert np.isfinite(heard).all()


def test_without_noise_everything_around_the_clip_is_digital_silence(speech: np.ndarray) -> None:
    window = place(speech, 40_000, 5_000, np.random.default_rng(2), None)
    assert not window[:5_000].any()
    assert not window[21_000:].any()
    assert window[5_000:21_000].any()


def test_a_window_never_clips_whatever_noise_it_draws(speech: np.ndarray, bank: NoiseBank) -> None:
    rng = np.random.default_rng(3)
    for _ in range(40):
        window = place(speech, 30_000, 8_000, rng, bank)
        assert window.shape == (30_000,)
        assert np.abs(window).max() <= 1


def test_noise_has_about_unit_rms(bank: NoiseBank) -> None:
    rng = np.random.default_rng(4)
    loudness = [np.sqrt(np.mean(bank.draw(rng, 160_000) ** 2)) for _ in range(20)]
    assert min(loudness) > 0.3
    assert max(loudness) < 3


def test_a_window_without_speech_is_finite_and_never_clips(bank: NoiseBank) -> None:
    rng = np.random.default_rng(5)
    for _ in range(200):
        total = int(rng.integers(2_000, 160_000))
        window = not_speech(total, rng, bank)
        assert window.shape == (total,)
        assert window.dtype == np.float32
        assert np.isfinite(window).all()
        assert np.abs(window).max(initial=0) <= 1
