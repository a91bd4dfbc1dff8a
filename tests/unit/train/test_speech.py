import random
import shutil

import numpy as np
import pytest

from dictate.train.speech import (
    HELD_OUT_FLITE,
    HELD_OUT_VARIANTS,
    Voice,
    synthesise,
    training_voice,
    unseen_voice,
)

PROGRAMS = ("espeak-ng", "flite", "text2wave")


def test_training_never_draws_a_held_out_voice() -> None:
    rng = random.Random(0)
    drawn = {training_voice(rng).label for _ in range(5_000)}
    assert f"flite:{HELD_OUT_FLITE}" not in drawn
    assert not [
        label for label in drawn if label.endswith(tuple(f"+{v}" for v in HELD_OUT_VARIANTS))
    ]
    for program in ("espeak-ng", "flite"):
        assert {unseen_voice(rng, program).label for _ in range(50)}.isdisjoint(drawn)


@pytest.mark.skipif(not all(map(shutil.which, PROGRAMS)), reason="needs the synthesisers")
@pytest.mark.parametrize(
    "voice",
    [
        Voice("espeak-ng", "en-us", 150),
        Voice("flite", "slt", 100),
        Voice("festival", "ked_diphone", 100),
    ],
    ids=lambda voice: voice.program,
)
def test_speech_is_trimmed_16_khz_mono(voice: Voice) -> None:
    speech = synthesise("rename this variable", voice)
    assert speech.dtype == np.float32
    assert speech.ndim == 1
    assert 0.8 * 16_000 < speech.size < 3 * 16_000
    # No more than the kept margin of silence on either side.
    loud = np.flatnonzero(np.abs(speech) > 0.02 * np.abs(speech).max())
    assert loud[0] < 1_600
    assert speech.size - loud[-1] < 3_200


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="needs espeak-ng")
def test_speed_and_voice_reach_the_synthesiser() -> None:
    slow, fast = (
        synthesise("return the first item", Voice("espeak-ng", "en-us", speed))
        for speed in (120, 210)
    )
    assert slow.size > 1.3 * fast.size
    other = synthesise("return the first item", Voice("espeak-ng", "en-us+f2", 120))
    assert not np.array_equal(slow, other)


@pytest.mark.skipif(shutil.which("flite") is None, reason="needs flite")
def test_pitch_moves_flites_voices() -> None:
    low, high = (
        synthesise("return the first item", Voice("flite", "slt", 100, pitch)) for pitch in (20, 80)
    )
    assert pitch_hz(high) > 1.25 * pitch_hz(low)


def pitch_hz(speech: np.ndarray) -> float:
    """The strongest period between 60 and 300 Hz, by autocorrelation."""
    spectrum = np.abs(np.fft.rfft(speech, 2 * speech.size)) ** 2
    periods = np.fft.irfft(spectrum)[16_000 // 300 : 16_000 // 60]
    return 16_000 / (16_000 // 300 + int(np.argmax(periods)))
