"""What comes out of the real engine for real speech, over the socket and in process."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from dictate.asr.drafts.board import Board
from dictate.asr.drafts.pricing import StepPrices
from dictate.engine.client import SocketEngine
from dictate.engine.in_process import InProcessEngine
from dictate.engine.protocol import (
    Engine,
    EngineError,
    EngineOptions,
    EngineSession,
    Hypothesis,
    Transcript,
)
from dictate.models.registry import Registry
from tests.engine.home import Home, outside_the_loop


@pytest.fixture(scope="module")
def local() -> Iterator[InProcessEngine]:
    """The bundled pair in this process."""
    engine = InProcessEngine()
    yield engine
    outside_the_loop(asyncio.run, engine.close())


@pytest.fixture
async def undrafted(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[InProcessEngine]:
    """The bundled target without its draft model, which may be dearer and better than lookups.

    What its steps cost is laid down: on a busy machine no draft might seem to pay.
    """
    prices = StepPrices.of({1: 2.0, 16: 3.0})
    monkeypatch.setattr(StepPrices, "measure", lambda _step, _clock: prices)
    monkeypatch.setattr(Board, "observe_pass", lambda *_arguments: None)
    target = Registry.load().pair("bundled").target
    engine = InProcessEngine(EngineOptions(target=str(target)))
    yield engine
    await engine.close()


@pytest.fixture(params=["socket", "in process"])
async def engine(
    request: pytest.FixtureRequest, warm: SocketEngine, local: InProcessEngine
) -> Engine:
    return warm if request.param == "socket" else local


async def decode(
    engine: Engine, samples: NDArray[np.int16], speech_only: bool = False
) -> Transcript:
    session = await engine.session(speech_only=speech_only)
    for start in range(0, samples.size, 8_000):
        await session.append(samples[start : start + 8_000])
    transcript = await session.commit()
    await session.close()
    return transcript


def assert_same_words(one: Transcript, other: Transcript) -> None:
    """Sums of floats depend on how many threads a busy machine leaves: only confidences may."""
    assert [(word.text, word.start_token, word.end_token) for word in one.words] == [
        (word.text, word.start_token, word.end_token) for word in other.words
    ]
    assert [word.confidence for word in one.words] == pytest.approx(
        [word.confidence for word in other.words], abs=1e-4
    )


async def test_speech_gives_text_with_its_figures(engine: Engine, speech: NDArray[np.int16]):
    transcript = await decode(engine, speech)
    assert transcript.text == transcript.text.strip() != ""
    assert transcript.audio_ms == pytest.approx(speech.size / 16)
    assert {"wait", "vad", "features", "encode", "decode", "engine"} <= set(transcript.timings_ms)
    assert 0 < transcript.timings_ms["decode"] <= transcript.timings_ms["engine"]
    assert transcript.proposed_tokens >= transcript.accepted_tokens >= 0
    status = await engine.status()
    assert status.state == "ready"
    assert status.draft is not None
    assert status.window_s == 10.0


async def test_silence_and_noise_give_no_text(engine: Engine):
    noise = np.random.default_rng(0).normal(0, 50, 48_000).astype(np.int16)
    for samples in (np.zeros(48_000, np.int16), noise, np.zeros(1, np.int16)):
        assert (await decode(engine, samples)).text == ""


async def test_socket_and_process_agree(
    warm: SocketEngine, local: InProcessEngine, speech: NDArray[np.int16]
):
    for speech_only in (False, True):
        remote_text = (await decode(warm, speech, speech_only)).text
        assert remote_text == (await decode(local, speech, speech_only)).text


async def test_three_minutes_arrive_whole(warm: SocketEngine, speech: NDArray[np.int16]):
    pause = np.zeros(12_800, np.int16)
    one = (await decode(warm, np.concatenate((pause, speech, pause)))).text
    repeats = 180 * 16_000 // (speech.size + pause.size) + 1
    long = np.concatenate([pause, *[np.concatenate((speech, pause))] * repeats])
    assert long.size >= 180 * 16_000
    transcript = await decode(warm, long)
    assert transcript.audio_ms == pytest.approx(long.size / 16)
    # Each repetition is a segment of its own; cut at slightly other places, most read the same.
    words = len(transcript.text.split())
    assert words == pytest.approx(repeats * len(one.split()), rel=0.25)


async def test_speech_without_a_pause_is_cut_to_the_window(
    warm: SocketEngine, speech: NDArray[np.int16]
):
    voiced = speech[np.abs(speech).astype(float).cumsum() > 0]
    endless = np.tile(voiced, 25 * 16_000 // voiced.size + 1)
    for speech_only in (False, True):
        transcript = await decode(warm, endless, speech_only)
        assert transcript.text
        assert not transcript.truncated


async def test_empty_commit_is_an_error_and_the_session_goes_on(
    engine: Engine, speech: NDArray[np.int16]
):
    session = await engine.session()
    for _ in range(2):
        with pytest.raises(EngineError, match="append"):
            await session.commit()
    await session.append(speech)
    await session.clear()
    with pytest.raises(EngineError, match="append"):
        await session.commit()
    await session.append(speech)
    assert (await session.commit()).text


async def test_calls_take_their_place_when_they_are_made(engine: Engine, speech: NDArray[np.int16]):
    session = await engine.session(speech_only=True)
    commits = []
    for length in (16_000, 24_000, speech.size):
        await session.append(speech[:length])
        commits.append(asyncio.create_task(session.commit()))
    transcripts = await asyncio.gather(*commits)
    lengths = [round(transcript.audio_ms * 16) for transcript in transcripts]
    assert lengths == [16_000, 24_000, speech.size]


async def test_hypothesis_reads_the_buffer_and_leaves_it(engine: Engine, speech: NDArray[np.int16]):
    session = await engine.session(speech_only=True)
    assert await session.hypothesis() == await session.preview() == Hypothesis()
    await session.append(speech)
    guess = await session.hypothesis()
    final = await session.commit()
    assert guess.text == final.text != ""


async def test_what_two_hypotheses_share_is_committed(engine: Engine, speech: NDArray[np.int16]):
    session = await engine.session(speech_only=True)
    await session.append(speech[:-12_000])
    first = await session.hypothesis()
    assert first.committed == "", "nothing was there to agree with"
    again = await session.hypothesis()
    assert again.committed == again.text == first.text
    await session.append(speech[-12_000:])
    whole = await session.hypothesis()
    assert whole.text.startswith(whole.committed)
    assert whole.text.startswith(whole.likely)
    assert first.text.split()[:2] == whole.committed.split()[:2]
    await session.close()


async def test_a_preview_is_the_final_and_leaves_it_nothing_to_do(
    local: InProcessEngine, speech: NDArray[np.int16], monkeypatch: pytest.MonkeyPatch
):
    alone = await decode(local, speech, speech_only=True)
    decoded: list[int] = []
    transcriber = local._host._held.transcriber
    assert transcriber is not None
    transcribe = transcriber.transcribe

    def counted(samples: NDArray[np.int16], **options: Any) -> Transcript:
        decoded.append(samples.size)
        return transcribe(samples, **options)

    monkeypatch.setattr(transcriber, "transcribe", counted)
    session = await local.session(speech_only=True)
    await session.append(speech)
    preview = await session.preview()
    assert preview == Hypothesis(text=alone.text, committed=alone.text, likely=alone.text)
    final = await session.commit()
    assert decoded == [speech.size]
    assert final.text == alone.text
    assert_same_words(final, alone)

    # Speech that goes on, another prompt, or other sound of the same length: decoded anew.
    await session.append(speech[:-8_000])
    await session.preview()
    await session.append(speech[-8_000:])
    assert (await session.commit()).text == alone.text
    assert decoded[1:] == [speech.size - 8_000, speech.size]
    await session.append(speech)
    await session.preview()
    await session.configure(prompt="getUser", language=None)
    await session.commit()
    assert decoded[3:] == [speech.size] * 2
    await session.append(speech)
    await session.preview()
    await session.clear()
    await session.append(np.zeros_like(speech))
    assert (await session.commit()).text == ""
    assert len(decoded) == 7
    await session.close()


async def test_a_preview_over_the_socket_is_the_final(engine: Engine, speech: NDArray[np.int16]):
    alone = await decode(engine, speech, speech_only=True)
    session = await engine.session(speech_only=True)
    await session.append(speech)
    # Not awaited: the commit waits for it, and decodes nothing.
    preview = asyncio.create_task(session.preview())
    await asyncio.sleep(0)
    final = await session.commit()
    assert (await preview).text == final.text == alone.text
    assert_same_words(final, alone)
    await session.close()


async def test_a_commit_does_not_wait_for_hypotheses(
    local: InProcessEngine, speech: NDArray[np.int16]
):
    busy, waiting = await local.session(), await local.session(speech_only=True)
    await busy.append(np.tile(speech, 30))
    await waiting.append(speech)
    guess = asyncio.create_task(busy.hypothesis())
    while local._host._queue()._running is None:
        await asyncio.sleep(0.01)
    assert not guess.done(), "the long hypothesis is running"
    await waiting.commit()
    assert await guess == Hypothesis()
    await busy.close()
    await waiting.close()


async def test_a_flood_of_hypotheses_is_coalesced(warm: SocketEngine, speech: NDArray[np.int16]):
    session = await warm.session(speech_only=True)
    # So much that the flood is over long before the first guess.
    await session.append(np.tile(speech, 10))
    guesses = await asyncio.gather(*[session.hypothesis() for _ in range(50)])
    assert guesses[-1].text != ""
    assert sum(guess.text != "" for guess in guesses) < 10


async def test_closing_drops_what_is_in_flight(engine: Engine, speech: NDArray[np.int16]):
    session = await engine.session()
    await session.append(np.tile(speech, 30))
    commit = asyncio.create_task(session.commit())
    await asyncio.sleep(0.1)
    await session.close()
    with pytest.raises(EngineError):
        await asyncio.wait_for(commit, 30)
    await session.close()
    assert (await decode(engine, speech)).text


async def test_sessions_of_several_clients_do_not_mix(
    warm: SocketEngine, speech: NDArray[np.int16]
):
    alone = (await decode(warm, speech)).text

    async def one(index: int) -> None:
        session = await warm.session()
        await session.append(speech if index % 2 else np.zeros(16_000 + index, np.int16))
        transcript = await session.commit()
        assert transcript.text == (alone if index % 2 else "")
        await session.close()

    await asyncio.gather(*[one(index) for index in range(12)])
    while (await warm.status()).sessions:
        await asyncio.sleep(0.02)


async def test_status_answers_while_the_engine_decodes(
    warm: SocketEngine, speech: NDArray[np.int16]
):
    session = await warm.session()
    for _ in range(4):
        await session.append(np.tile(speech, 60))
    commit = asyncio.create_task(session.commit())
    await asyncio.sleep(0.2)
    for _ in range(20):
        assert (await warm.status()).sessions >= 1
    assert not commit.done(), "the engine is to be busy all the while"
    await session.close()
    with pytest.raises(EngineError):
        await commit


async def test_no_dictated_word_and_no_name_is_in_the_log(
    shared_home: Home, warm: SocketEngine, speech: NDArray[np.int16]
):
    session = await warm.session()
    await session.configure(
        prompt="xylophoneIdentifier, secretName", language=None, context="xylophone = tuned(42)"
    )
    await session.append(speech)
    await session.hypothesis()
    text = (await session.commit()).text
    with pytest.raises(EngineError):
        await session.commit()
    log = shared_home.log
    assert "warm after" in log
    assert text not in log
    assert "xylophone" not in log
    assert "secretName" not in log


async def test_the_final_drafts_with_the_hypothesis_of_the_same_sound(
    undrafted: InProcessEngine, speech: NDArray[np.int16]
):
    session = await undrafted.session(speech_only=True)
    alone = await decode(undrafted, speech, speech_only=True)
    await session.append(speech[:-1_600])
    assert (await session.hypothesis()).text
    await session.append(speech[-1_600:])
    final = await session.commit()
    assert final.text == alone.text
    assert final.accepted_tokens > 0
    await session.append(speech)
    assert (await session.hypothesis()).text
    await session.clear()
    # Sent again, cut differently: what was heard in it still helps.
    await session.append(speech[160:])
    again = await session.commit()
    assert again.accepted_tokens > 0
    await session.close()
    sources = {source.name: source for source in (await undrafted.status()).draft_sources}
    assert sources["previous hypothesis"].accepted_tokens > 0
    assert sources["previous hypothesis"].saved_ms > sources["previous hypothesis"].spent_ms


async def test_what_was_said_or_stands_in_the_buffer_is_drafted_from(
    undrafted: InProcessEngine, speech: NDArray[np.int16]
):
    text = (await decode(undrafted, speech, speech_only=True)).text
    session = await undrafted.session(speech_only=True)
    await session.configure(prompt="", language=None, context=f"    # {text}\n")
    await session.append(speech)
    assert (await session.commit()).text == text
    await session.close()
    sources = {source.name: source for source in (await undrafted.status()).draft_sources}
    assert sources["n-grams"].accepted_tokens > 0


async def test_sound_sent_while_loading_is_decoded_when_warm(home: Home, speech: NDArray[np.int16]):
    engine = await SocketEngine.connect()
    assert (await engine.status()).state == "loading"
    session: EngineSession = await engine.session()
    await session.append(speech)
    assert (await session.commit()).text
    assert (await engine.status()).state == "ready"
    await engine.close()


async def test_status_answers_while_the_engine_loads(home: Home):
    engine = await SocketEngine.connect()
    answers = 0
    while True:
        status = await engine.status()
        if status.state == "ready":
            break
        answers += 1
    assert answers >= 5
    await engine.close()


async def test_in_process_failure_is_told_by_the_session(home: Home):
    engine = InProcessEngine(EngineOptions(pair="nobody"))
    with pytest.raises(EngineError, match="nobody"):
        await engine.session()
    status = await engine.status()
    assert (status.state, status.pid) == ("failed", os.getpid())
    await engine.close()
