"""Clips to play: where their speech ends, pauses between them, and sound without speech."""

import shutil

import numpy as np
import pytest
import soundfile

from dictate.audio.file import read_audio
from dictate.audio.format import SAMPLE_RATE_HZ
from dictate.bench import espeak, festival
from dictate.bench.non_speech import KINDS, non_speech
from dictate.bench.sentences import SENTENCES
from dictate.bench.streaming_metrics import SpokenWord
from dictate.bench.streaming_spans import Span
from dictate.bench.streaming_speech import Clip, audible, joined, speech
from dictate.errors import DictateError

SPEAKERS = {"espeak-ng": (espeak, "en-us"), "festival": (festival, "ked_diphone")}


def tone(begin_s, end_s, total_s, amplitude=10_000):
    samples = np.zeros(round(total_s * SAMPLE_RATE_HZ), np.int16)
    begin, end = round(begin_s * SAMPLE_RATE_HZ), round(end_s * SAMPLE_RATE_HZ)
    samples[begin:end] = amplitude
    return samples


def clip(begin_s=0.2, end_s=1.0, total_s=1.5):
    words = [SpokenWord("first", 0.6), SpokenWord("last", end_s)]
    return Clip(tone(begin_s, end_s, total_s), [Span(begin_s, end_s)], words, "first last")


def test_speech_ends_with_the_last_sample_that_can_be_heard():
    samples = tone(0.5, 1.5, 2.0)
    samples[: SAMPLE_RATE_HZ // 4] = 50  # 46 dB below the peak
    samples[-SAMPLE_RATE_HZ // 4 :] = -50
    assert audible(samples) == Span(0.5, 1.5)
    samples[-1] = -60
    assert audible(samples).end_s == 2.0


def test_silence_has_no_speech():
    with pytest.raises(DictateError, match="silent"):
        audible(np.zeros(100, np.int16))


def test_a_single_clip_gets_a_moment_before_it_and_room_behind():
    one = joined([clip()], 3)
    assert one.sentences[0].begin_s == pytest.approx(0.4, abs=1e-3)
    assert one.sentences[0].end_s == pytest.approx(1.2, abs=1e-3)
    assert one.words[-1].end_s == pytest.approx(1.2, abs=1e-3)
    assert one.samples.size / SAMPLE_RATE_HZ >= 1.2 + 3.0
    heard = audible(one.samples)
    assert heard.end_s == pytest.approx(one.sentences[0].end_s, abs=0.01)


def test_pauses_are_counted_from_speech_to_speech():
    together = joined([clip() for _ in range(30)], 5)
    pauses = [
        after.begin_s - before.end_s
        for before, after in zip(together.sentences, together.sentences[1:], strict=False)
    ]
    assert all(1.0 - 1e-3 <= pause <= 2.5 + 1e-3 for pause in pauses)
    assert max(pauses) - min(pauses) > 1.0
    assert together.text == " ".join(["first last"] * 30)
    assert [word.end_s for word in together.words[1::2]] == pytest.approx(
        [sentence.end_s for sentence in together.sentences]
    )
    assert together.speech_s == pytest.approx(30 * 0.8)
    for sentence in together.sentences:
        middle = round((sentence.begin_s + sentence.end_s) / 2 * SAMPLE_RATE_HZ)
        assert together.samples[middle] > 5_000


def test_a_seed_names_a_recording():
    assert np.array_equal(joined([clip()] * 3, 1).samples, joined([clip()] * 3, 1).samples)
    assert joined([clip()] * 3, 1).sentences != joined([clip()] * 3, 2).sentences


def test_no_two_moments_of_the_silence_are_the_same():
    samples = joined([clip()], 0).samples
    silence = samples[-SAMPLE_RATE_HZ:]
    assert len({silence[at : at + 32].tobytes() for at in range(0, 15_000, 32)}) == 469
    assert np.abs(silence).max() < 60


def test_a_recording_survives_its_file(tmp_path):
    samples = joined([clip()], 0).samples
    soundfile.write(tmp_path / "played.wav", samples, SAMPLE_RATE_HZ, subtype="PCM_16")
    assert np.array_equal(read_audio(tmp_path / "played.wav"), samples)


def test_the_bundled_recordings_come_in_turn_without_word_ends():
    spoken = speech(6, 0, source="bundled")
    assert len(spoken.clips) == 6
    assert len({one.text for one in spoken.clips}) == 4
    assert all(one.words == [] and one.sentences[0].end_s > 0.5 for one in spoken.clips)
    assert "bundled" in spoken.source


def test_a_folder_of_recordings_may_have_texts_beside(tmp_path):
    soundfile.write(tmp_path / "one.wav", tone(0.2, 1.0, 1.2), SAMPLE_RATE_HZ)
    soundfile.write(tmp_path / "two.WAV", tone(0.2, 0.8, 1.2), SAMPLE_RATE_HZ)
    (tmp_path / "one.txt").write_text(" open the\nfile \n", encoding="utf-8")
    spoken = speech(2, 0, folder=tmp_path)
    assert {one.text for one in spoken.clips} == {"open the file", ""}
    assert {one.sentences[0].end_s for one in spoken.clips} == {1.0, 0.8}


def test_a_folder_without_recordings_is_one_line(tmp_path):
    with pytest.raises(DictateError, match=r"no \.wav file lies in"):
        speech(2, 0, folder=tmp_path)


def test_a_synthesiser_that_is_missing_is_one_line(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(DictateError, match="flite is not installed"):
        speech(1, 0, source="flite")


@pytest.mark.parametrize("name", SPEAKERS)
def test_words_end_in_order_and_the_last_with_the_sound(name):
    speaker, voice = SPEAKERS[name]
    there = espeak.is_there() if name == "espeak-ng" else voice in festival.voices()
    if not there:
        pytest.skip(f"{name} is not installed")
    text = "fix the bug of the login form and push the branch"
    samples, words = speaker.speak(text, voice)
    assert [word.text for word in words] == text.split()
    ends = [word.end_s for word in words]
    assert ends == sorted(ends)
    assert ends[0] > 0.1
    heard = audible(samples)
    assert ends[-1] == pytest.approx(heard.end_s, abs=0.3)
    assert ends[-2] < heard.end_s - 0.1


def test_sentences_are_plain_words():
    assert len(set(SENTENCES)) == len(SENTENCES) >= 30
    assert all(word.isalpha() and word.islower() for text in SENTENCES for word in text.split())


def test_every_kind_of_non_speech_comes_in_turn_and_differs():
    clips = non_speech(2 * len(KINDS), 7)
    assert [kind for kind, _ in clips] == list(KINDS) * 2
    assert len({samples.tobytes() for _, samples in clips}) == len(clips)
    for kind, samples in clips:
        assert samples.dtype == np.int16
        assert 1.0 <= samples.size / SAMPLE_RATE_HZ <= 4.0
        loudest = int(np.abs(samples.astype(np.int32)).max())
        assert loudest <= 3 if kind == "silence" else 300 < loudest < 20_000, kind


def test_non_speech_is_the_same_for_the_same_seed():
    one, other = non_speech(5, 3), non_speech(5, 3)
    assert all(np.array_equal(a, b) for (_, a), (_, b) in zip(one, other, strict=True))
    assert non_speech(0, 0) == []


def test_clatter_is_bursts_and_noise_is_steady():
    random = np.random.default_rng(1)

    def share_of_loud_moments(kind):
        sound = KINDS[kind](random, 3 * SAMPLE_RATE_HZ)
        levels = np.abs(sound).reshape(-1, 160).max(axis=1)
        return float(np.mean(levels > 0.2 * levels.max()))

    assert share_of_loud_moments("keyboard clatter") < 0.5
    assert share_of_loud_moments("noise") > 0.95
