"""Phrases of a session reach the target of every pair, and are part of what is asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from dictate.engine.client import SocketEngine
from dictate.engine.in_process import InProcessEngine
from dictate.engine.protocol import (
    MAX_PHRASE_CHARACTERS,
    MAX_PHRASES,
    Engine,
    EngineOptions,
    EngineSession,
    bounded_phrases,
)
from tests.engine.home import outside_the_loop
from tests.engine.wire import MANUAL_16_KHZ, wire

OTHERS = ["socket handler", "getUserById", "retry queue", "renew lease", "HTTPServer", "token sink"]


@pytest.fixture(scope="module")
def local() -> Iterator[InProcessEngine]:
    engine = InProcessEngine()
    yield engine
    outside_the_loop(asyncio.run, engine.close())


@pytest.fixture(params=["socket", "in process"])
async def engine(
    request: pytest.FixtureRequest, warm: SocketEngine, local: InProcessEngine
) -> Engine:
    return warm if request.param == "socket" else local


async def said(session: EngineSession, samples: NDArray[np.int16]) -> str:
    await session.append(samples)
    return (await session.commit()).text


async def test_listed_names_are_written_that_are_missed_otherwise(engine, spoken):
    session = await engine.session(speech_only=True)
    plain = {name: await said(session, samples) for name, samples in spoken.items()}
    await session.configure(prompt="", language=None, phrases=[*spoken, *OTHERS])
    told = {name: await said(session, samples) for name, samples in spoken.items()}
    await session.configure(prompt="", language=None)
    again = {name: await said(session, samples) for name, samples in spoken.items()}
    await session.close()
    assert again == plain, "phrases are gone when none are given"
    missed = [name for name in spoken if name not in plain[name].lower()]
    assert missed, "these sentences must tell the two apart"
    found = [name for name in spoken if name in told[name].lower()]
    assert len(found) > len(spoken) - len(missed)
    for other in OTHERS:
        assert not any(other.lower() in text.lower() for text in told.values())


async def test_a_pair_that_follows_no_prompts_follows_phrases(tmp_path, monkeypatch, spoken, local):
    from dictate.models.registry import Registry

    (tmp_path / "dictate").mkdir()
    (tmp_path / "dictate" / "models.toml").write_text(
        f'[pair.other]\ntarget = "{Registry.load().pair("bundled").target}"\n'
        "short_window = true\nfollows_prompts = false\n"
    )
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    engine = InProcessEngine(EngineOptions(pair="other", device="cpu"))
    try:
        texts = []
        for one in (engine, local):
            session = await one.session(speech_only=True)
            await session.configure(prompt="", language=None, phrases=list(spoken))
            texts.append([await said(session, samples) for samples in spoken.values()])
    finally:
        await engine.close()
    assert texts[0] == texts[1]


async def test_a_preview_with_other_phrases_is_not_the_final(engine, spoken):
    session = await engine.session(speech_only=True)
    plain = {name: await said(session, samples) for name, samples in spoken.items()}
    for name, samples in spoken.items():
        await session.configure(prompt="", language=None, phrases=[*spoken, *OTHERS])
        await session.append(samples)
        preview = (await session.preview()).text
        await session.configure(prompt="", language=None, phrases=[])
        assert (await session.commit()).text == plain[name]
        await session.configure(prompt="", language=None, phrases=[*spoken, *OTHERS])
        await session.append(samples)
        await session.preview()
        assert (await session.commit()).text == preview
    await session.close()


async def test_what_is_sent_beyond_the_bounds_is_cut(engine, spoken):
    session = await engine.session(speech_only=True)
    name, samples = next(iter(spoken.items()))
    await session.configure(prompt="", language=None, phrases=[name])
    expected = await said(session, samples)
    many = [name, *(f"{index} {'x' * 200}" for index in range(3 * MAX_PHRASES))]
    await session.configure(prompt="", language=None, phrases=many)
    assert await said(session, samples) == expected
    await session.close()


def test_bounds_keep_the_likeliest_and_leave_out_what_says_nothing():
    phrases = bounded_phrases([" ", "", " get user ", "x" * 500, *map(str, range(5_000))])
    assert phrases[:2] == ("get user", "x" * MAX_PHRASE_CHARACTERS)
    assert len(phrases) == MAX_PHRASES
    assert phrases[2:4] == ("0", "1")


@pytest.mark.parametrize("wrong", ["getUser", [1, 2], {"a": 1}, [None]], ids=repr)
async def test_phrases_that_are_none_are_refused_and_the_session_goes_on(warm, wrong: Any, spoken):
    del warm  # it runs
    async with wire() as client:
        await client.send(
            {"type": "session.update", "session": {**MANUAL_16_KHZ, "dictate": {"phrases": wrong}}}
        )
        error = (await client.until("error"))[-1]["error"]
        assert error["code"] == "invalid_value"
        assert "phrases" in error["param"]
        await client.update({**MANUAL_16_KHZ, "dictate": {"phrases": ["find caller"]}})
        await client.append(spoken["find caller"])
        await client.send({"type": "input_audio_buffer.commit"})
        done = await client.until("conversation.item.input_audio_transcription.completed")
        assert done[-1]["transcript"]


async def test_phrases_are_neither_shown_nor_logged(shared_home, warm, spoken):
    async with wire() as client:
        shown = await client.update({**MANUAL_16_KHZ, "dictate": {"phrases": ["xylophoneSecret"]}})
        assert "xylophone" not in str(shown)
    session = await warm.session(speech_only=True)
    await session.configure(prompt="", language=None, phrases=["xylophoneSecret"])
    await said(session, next(iter(spoken.values())))
    await session.close()
    assert "xylophone" not in shared_home.log
