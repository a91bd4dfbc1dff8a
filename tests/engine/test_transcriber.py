"""How sound of any length is cut for the pair; on the bundled pair itself."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from dictate.asr import DecodingCancelledError, Pair
from dictate.engine.transcriber import Transcriber
from dictate.models.registry import Registry
from dictate.vad.speech_probability import SpeechProbability


@pytest.fixture(scope="module")
def pair() -> Pair:
    # As in the engine: a team of threads would wait for whatever else runs here.
    torch.set_num_threads(1)
    entry = Registry.load().pair("bundled")
    return Pair.load(entry.target, entry.draft, device="cpu", short_window=True)


@pytest.fixture(scope="module")
def two_sentences(speech: NDArray[np.int16]) -> NDArray[np.int16]:
    """Two sentences a second apart, silence around them; shorter than a window."""
    second = np.zeros(16_000, np.int16)
    short = speech[:40_000]
    return np.concatenate((second, short, second, short, second))


def pieces_of(transcriber: Transcriber, samples: NDArray[np.int16], **how: object) -> list[str]:
    pieces: list[str] = []
    transcript = transcriber.transcribe(samples, on_text=pieces.append, **how)  # type: ignore[arg-type]
    assert "".join(pieces) == transcript.text
    return pieces


def test_pauses_divide_where_windows_may_be_short(pair: Pair, two_sentences: NDArray[np.int16]):
    assert len(pieces_of(Transcriber(pair, short_window=True), two_sentences)) == 2


def test_neighbours_share_a_window_where_each_costs_a_whole_one(
    pair: Pair, two_sentences: NDArray[np.int16]
):
    transcriber = Transcriber(pair, short_window=False)
    assert len(pieces_of(transcriber, two_sentences)) == 1
    # Four seconds and a half each: two of them fit the window of ten, and only two.
    four = np.concatenate((two_sentences, two_sentences))
    assert len(pieces_of(transcriber, four)) >= 2


def test_several_windows_are_decoded_together_and_read_the_same(
    pair: Pair, two_sentences: NDArray[np.int16], monkeypatch: pytest.MonkeyPatch
):
    whole_windows = Pair.load(Registry.load().pair("bundled").target, follows_prompts=False)
    sounds = np.concatenate([two_sentences] * 3)
    together = pieces_of(Transcriber(whole_windows, short_window=False), sounds)
    assert len(together) >= 2
    monkeypatch.setattr(Pair, "transcribes_together", False)
    alone = pieces_of(Transcriber(whole_windows, short_window=False), sounds)
    assert together == alone


def test_speech_that_is_vouched_for_is_taken_as_it_is(
    pair: Pair, two_sentences: NDArray[np.int16], monkeypatch: pytest.MonkeyPatch
):
    transcriber = Transcriber(pair, short_window=True)

    def feed(_self: SpeechProbability, _block: NDArray[np.int16]) -> list[float]:
        raise AssertionError("nobody is to look for speech")

    monkeypatch.setattr(SpeechProbability, "feed", feed)
    assert transcriber.transcribe(two_sentences, speech_only=True).text
    with pytest.raises(AssertionError):
        transcriber.transcribe(two_sentences)


def test_the_window_is_never_exceeded(pair: Pair, speech: NDArray[np.int16]):
    seed = int(np.random.default_rng().integers(2**31))
    print(f"seed {seed}")
    rng = np.random.default_rng(seed)
    voiced = np.tile(speech, 6)
    for short_window in (True, False):
        transcriber = Transcriber(pair, short_window=short_window)
        # `Pair.transcribe` refuses whatever is too long.
        size = int(rng.integers(1, voiced.size))
        transcriber.transcribe(voiced[:size], speech_only=bool(rng.integers(2)))
    exact = pair.window_samples
    for size in (exact - 2401, exact - 2400, exact - 2399, exact, exact + 1):
        Transcriber(pair, short_window=True).transcribe(voiced[:size], speech_only=True)


def test_nothing_and_next_to_nothing_are_taken(pair: Pair):
    transcriber = Transcriber(pair, short_window=True)
    assert transcriber.transcribe(np.zeros(0, np.int16), speech_only=True).text == ""
    assert transcriber.transcribe(np.ones(1, np.int16)).text == ""
    transcriber.transcribe(np.ones(1, np.int16), speech_only=True)


def test_cancelling_ends_search_and_decoding(pair: Pair, speech: NDArray[np.int16]):
    transcriber = Transcriber(pair, short_window=True)
    with pytest.raises(DecodingCancelledError):
        transcriber.transcribe(np.tile(speech, 20), cancelled=lambda: True)
    calls = 0

    def later() -> bool:
        nonlocal calls
        calls += 1
        return calls > 1

    with pytest.raises(DecodingCancelledError):
        transcriber.transcribe(speech, speech_only=True, cancelled=later)
    assert transcriber.transcribe(speech).text
