"""What an utterance tells the engine of names, and what it learns of how sure the target was."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from dictate.dictation.engine_link import EngineLink
from dictate.dictation.recognition import Recognised, Recognition, RecognitionOptions
from dictate.dictation.samples import SampleBuffer
from dictate.dictation.word_confidences import words_of
from dictate.engine.client import SocketEngine
from dictate.engine.protocol import Engine, TranscribedWord
from dictate.vad import Segment


@pytest.fixture
async def link(warm: SocketEngine) -> AsyncIterator[EngineLink]:
    del warm  # it runs

    async def connect() -> Engine:
        return await SocketEngine.connect(start=False)

    link = EngineLink(connect)
    yield link
    await link.close()


async def recognised(
    link: EngineLink, sounds: Sequence[NDArray[np.int16]], **options: Any
) -> Recognised:
    """Of an utterance with a segment for each sound."""
    buffer, segments = SampleBuffer(), []
    for sound in sounds:
        segments.append(Segment(len(buffer), len(buffer) + sound.size))
        buffer.append(sound)
    recognition = Recognition(link, buffer, RecognitionOptions(**options))
    recognition.add(segments, None, is_quiet=True)
    recognition.finish()
    return await asyncio.wait_for(recognition.run(), 60)


def done(result: object) -> asyncio.Future[Any]:
    future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)
    return future


async def test_phrases_reach_the_target(link: EngineLink, spoken: dict[str, NDArray[np.int16]]):
    sounds = list(spoken.values())
    plain = await recognised(link, sounds)
    told = await recognised(link, sounds, phrases=done([*spoken]))
    found = [name for name in spoken if name in told.text.lower()]
    assert len(found) > sum(name in plain.text.lower() for name in spoken)


async def test_phrases_that_fail_cost_nothing(
    link: EngineLink, spoken: dict[str, NDArray[np.int16]]
):
    sounds = list(spoken.values())
    plain = await recognised(link, sounds)
    failed = await recognised(link, sounds, phrases=done(ValueError("a broken lexer")))
    assert failed.text == plain.text != ""


async def test_the_words_of_all_segments_have_their_confidences(
    link: EngineLink, spoken: dict[str, NDArray[np.int16]]
):
    result = await recognised(link, list(spoken.values()))
    assert result.segments == len(spoken)
    assert [word for word, _ in result.words] == result.text.split()
    confidences = [confidence for _, confidence in result.words]
    assert all(0.0 < confidence <= 1.0 for confidence in confidences)
    assert min(confidences) < 0.9 < max(confidences)


def transcribed(**words: float) -> list[TranscribedWord]:
    return [
        TranscribedWord(text=text, confidence=confidence, start_token=0, end_token=0)
        for text, confidence in words.items()
    ]


def test_words_between_white_space_take_the_least_of_their_parts():
    assert words_of("get user", transcribed(get=0.5, user=0.9)) == [("get", 0.5), ("user", 0.9)]
    parts = transcribed(你=0.5, 好=0.4, 世=0.9)
    assert words_of("你好 世", parts) == [("你好", 0.4), ("世", 0.9)]


def test_words_that_nothing_is_said_of_are_taken_as_sure():
    assert words_of("a b", []) == [("a", 1.0), ("b", 1.0)]
    assert words_of("get user now", transcribed(get=0.5, now=0.8)) == [
        ("get", 0.5),
        ("user", 1.0),
        ("now", 0.8),
    ]
    assert words_of("", transcribed(get=0.5)) == []
