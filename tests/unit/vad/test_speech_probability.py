import itertools
import random

import numpy as np
import pytest

from dictate.audio.file import read_audio
from dictate.vad import SegmenterOptions, split_speech
from dictate.vad.speech_probability import FRAME_SAMPLES, SpeechProbability
from tests.rigs.speech import missing_speech, speak

SENTENCE = "open the file and rename the function get user to fetch account"
PAUSE = np.zeros(16_000, np.int16)

needs_espeak = pytest.mark.skipif(
    missing_speech() is not None, reason=missing_speech() or "espeak-ng"
)


@pytest.fixture(scope="module")
def speech(tmp_path_factory):
    return read_audio(speak(SENTENCE, tmp_path_factory.mktemp("speech") / "sentence.wav"))


def attenuated(sound, decibels):
    return np.round(sound * 10 ** (-decibels / 20)).astype(np.int16)


@needs_espeak
def test_speech_is_near_one_and_the_silence_around_it_near_zero(speech):
    probabilities = SpeechProbability().feed(np.concatenate([PAUSE, speech, PAUSE]))
    edge = len(PAUSE) // FRAME_SAMPLES
    assert np.median(probabilities[edge:-edge]) > 0.99
    assert max(probabilities[: edge - 1]) < 0.1
    assert max(probabilities[-edge + 4 :]) < 0.1


@pytest.mark.skipif(missing_speech("flite") is not None, reason=missing_speech("flite") or "flite")
def test_flite_is_heard_as_well(tmp_path):
    sound = read_audio(speak(SENTENCE, tmp_path / "flite.wav", engine="flite"))
    assert np.median(SpeechProbability().feed(sound)) > 0.99


@needs_espeak
@pytest.mark.parametrize("decibels", [20, 30, 40, 50])
def test_a_quiet_microphone_is_heard(speech, decibels):
    quiet = np.concatenate([PAUSE, attenuated(speech, decibels), PAUSE])
    loud = np.concatenate([PAUSE, speech, PAUSE])
    assert len(split_speech(quiet)) == len(split_speech(loud)) == 1
    assert abs(split_speech(quiet)[0].start_sample - split_speech(loud)[0].start_sample) < 4_000


@pytest.mark.parametrize("level", [3, 30, 300, 3_000])
def test_noise_is_no_speech_at_any_level(level):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    noise = np.random.default_rng(seed).normal(0, level, 80_000).astype(np.int16)
    assert max(SpeechProbability().feed(noise)) < 0.35
    assert split_speech(noise) == []


def test_digital_silence_a_hum_and_keystrokes_are_no_speech():
    time_s = np.arange(80_000) / 16_000
    hum = (3_000 * np.sin(2 * np.pi * 50 * time_s)).astype(np.int16)
    keys = np.zeros(80_000, np.int16)
    for start in range(2_000, 78_000, 3_000):
        burst = np.random.default_rng(start).normal(0, 1, 400) * np.exp(-np.arange(400) / 60)
        keys[start : start + 400] = (burst * 5_000).astype(np.int16)
    for sound in (np.zeros(80_000, np.int16), hum, keys):
        assert split_speech(sound) == []


@needs_espeak
def test_blocks_of_any_size_give_what_the_whole_gives(speech):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    generator = random.Random(seed)
    model, pieces, fed = SpeechProbability(), [], 0
    while fed < len(speech):
        count = generator.choice([0, 1, 160, 511, 512, 513, 5_000])
        pieces += model.feed(speech[fed : fed + count])
        fed += count
    assert pieces == SpeechProbability().feed(speech)
    assert len(pieces) == len(speech) // FRAME_SAMPLES


@needs_espeak
def test_reset_makes_it_as_new(speech):
    model = SpeechProbability()
    first = model.feed(speech)
    model.reset()
    assert model.feed(speech) == first


@pytest.mark.parametrize("samples", [0, 1, 511])
def test_less_than_a_frame_is_nothing(samples):
    assert SpeechProbability().feed(np.zeros(samples, np.int16)) == []
    assert split_speech(np.zeros(samples, np.int16)) == []


@needs_espeak
@pytest.mark.parametrize("word", ["a", "x", "stop", "graph", "half"])
def test_a_single_word_is_held_from_its_first_sound_to_its_last(word, tmp_path):
    sound = read_audio(speak(word, tmp_path / "word.wav"))
    loud = np.flatnonzero(np.abs(sound.astype(int)) > 0.02 * np.abs(sound.astype(int)).max())
    segments = split_speech(np.concatenate([PAUSE, sound, PAUSE]))
    assert len(segments) == 1
    assert segments[0].start_sample <= len(PAUSE) + loud[0] - 100 * 16
    assert segments[0].end_sample >= len(PAUSE) + loud[-1] - 20 * 16


@needs_espeak
def test_three_minutes_of_speech_are_split_at_quiet_places_and_nothing_is_lost(speech):
    long = np.concatenate([speech] * 45)
    assert len(long) > 170 * 16_000
    options = SegmenterOptions(max_segment_ms=10_000)
    segments = split_speech(long, options)
    assert all(segment.end_sample - segment.start_sample <= 160_000 for segment in segments)
    outside = np.ones(len(long), bool)
    for segment in segments:
        outside[segment.start_sample : segment.end_sample] = False
    loud = np.abs(long.astype(int)) > 1_500
    assert (loud & outside).sum() < 0.002 * loud.sum()
    for left, right in itertools.pairwise(segments):
        assert left.end_sample <= right.start_sample
        around = long[left.end_sample - 400 : left.end_sample + 400].astype(float)
        assert np.sqrt((around**2).mean()) < np.sqrt((speech.astype(float) ** 2).mean())
