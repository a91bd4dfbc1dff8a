"""Changing the pair of an engine that serves: nothing is lost, and a failure changes nothing."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from dictate import cli
from dictate.asr import Pair, free_memory
from dictate.audio.file import read_audio
from dictate.bench.recordings import recordings
from dictate.engine import choice, control, loading
from dictate.engine.client import SocketEngine
from dictate.engine.in_process import InProcessEngine
from dictate.engine.protocol import EngineError, EngineOptions, EngineStatus
from tests.engine.home import Home, copy_bundled

pytestmark = pytest.mark.timeout(600)

COPY = EngineOptions(pair="copy")


@pytest.fixture
def recording() -> tuple[NDArray[np.int16], str]:
    spoken = recordings()[0]
    return read_audio(spoken.path), spoken.text


@pytest.fixture
def copy(home: Home) -> Path:
    """The bundled pair as a user's pair named `copy`, and one named `broken`."""
    return copy_bundled(home, '[pair.broken]\ntarget = "nowhere"\n')


async def warm(options: EngineOptions | None = None) -> InProcessEngine:
    engine = InProcessEngine(options)
    await (await engine.session()).close()
    return engine


def ask(engine: InProcessEngine, options: EngineOptions) -> None:
    """Have it change its pair; returns at once."""
    engine._host.use(options)


async def changed(engine: InProcessEngine) -> EngineStatus:
    """The status once nothing is changing any more."""
    while (status := await engine.status()).changing_to is not None:
        await asyncio.sleep(0.02)
    return status


async def say(engine: InProcessEngine | SocketEngine, samples: NDArray[np.int16]) -> str:
    session = await engine.session(speech_only=True)
    try:
        await session.append(samples)
        return (await session.commit()).text
    finally:
        await session.close()


@pytest.fixture
def held_up(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Loading beside another pair waits for this."""
    go_on = threading.Event()
    load = loading.load_beside

    def wait(*given: object) -> object:
        go_on.wait(30)
        return load(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(loading, "load_beside", wait)
    return go_on


async def test_the_old_pair_serves_until_the_new_one_is_warm(
    copy: Path, recording: tuple[NDArray[np.int16], str], held_up: threading.Event
):
    samples, text = recording
    engine = await warm()
    session = await engine.session(speech_only=True)
    await session.append(samples[: samples.size // 2])
    ask(engine, COPY)
    status = await engine.status()
    assert (status.pair, status.changing_to) == ("bundled", "copy")
    assert await say(engine, samples) == text, "others are served meanwhile"
    held_up.set()
    status = await changed(engine)
    assert (status.pair, status.change_fault) == ("copy", None)
    assert status.target.endswith("/target") and "bundled" not in status.target
    assert status.wanted.pair == "copy"
    # The utterance that was under way is decoded whole, by the new pair.
    await session.append(samples[samples.size // 2 :])
    assert (await session.commit()).text == text
    await session.close()
    await engine.close()


async def test_a_change_between_two_utterances_loses_neither(
    copy: Path, recording: tuple[NDArray[np.int16], str]
):
    samples, text = recording
    engine = await warm()
    session = await engine.session(speech_only=True)
    texts: list[asyncio.Task[str]] = []
    for turn in range(4):
        ask(engine, EngineOptions(pair=("copy", "bundled")[turn % 2]))
        texts += [asyncio.create_task(say(engine, samples)) for _ in range(2)]
        await changed(engine)
    assert await asyncio.gather(*texts) == [text] * len(texts)
    assert (await engine.status()).pair == "bundled"
    await session.close()
    await engine.close()


async def test_asking_again_for_what_runs_or_loads_changes_nothing(
    copy: Path, held_up: threading.Event, monkeypatch: pytest.MonkeyPatch
):
    loads: list[Path] = []
    load = Pair.load
    engine = await warm()

    def note(target: Path, *given: object, **named: object) -> Pair:
        loads.append(target)
        return load(target, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Pair, "load", note)
    ask(engine, EngineOptions())
    assert (await engine.status()).changing_to is None
    for _ in range(3):
        ask(engine, COPY)
    held_up.set()
    assert (await changed(engine)).pair == "copy"
    ask(engine, COPY)
    assert (await engine.status()).changing_to is None
    assert loads == [copy / "target"]
    await engine.close()


async def test_the_last_wish_stands(copy: Path, held_up: threading.Event):
    engine = await warm()
    ask(engine, COPY)
    ask(engine, EngineOptions(pair="broken"))
    ask(engine, EngineOptions())
    held_up.set()
    status = await changed(engine)
    await asyncio.sleep(0.3)
    assert await engine.status() and (status.pair, status.change_fault) == ("bundled", None)
    ask(engine, EngineOptions(pair="broken"))
    ask(engine, COPY)
    status = await changed(engine)
    assert (status.pair, status.change_fault) == ("copy", None)
    await engine.close()


@pytest.mark.parametrize("pair", ["broken", "none such"])
async def test_a_pair_that_cannot_run_leaves_the_old_one_and_says_why(
    pair: str, copy: Path, recording: tuple[NDArray[np.int16], str]
):
    samples, text = recording
    engine = await warm()
    ask(engine, EngineOptions(pair=pair))
    status = await changed(engine)
    assert (status.pair, status.state) == ("bundled", "ready")
    assert status.change_fault is not None
    assert "\n" not in status.change_fault
    assert ("nowhere" if pair == "broken" else pair) in status.change_fault
    assert await say(engine, samples) == text
    await engine.close()


def rooms(monkeypatch: pytest.MonkeyPatch, engine_mb: float, together: float) -> list[str]:
    """Memory for `together` times what the bundled pair needs; returns what is loaded when."""
    loaded: list[str] = []
    load = Pair.load

    def note(target: Path, *given: object, **named: object) -> Pair:
        loaded.append(target.parent.name)
        return load(target, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Pair, "load", note)
    free = {"mb": engine_mb * together}
    monkeypatch.setattr(free_memory, "free_bytes", lambda device: int(free["mb"] * 2**20))
    give_back = free_memory.give_back

    def given_back(device: torch.device) -> None:
        free["mb"] += engine_mb
        give_back(device)

    monkeypatch.setattr(free_memory, "give_back", given_back)
    return loaded


async def test_where_both_do_not_fit_the_old_one_goes_first(
    copy: Path, recording: tuple[NDArray[np.int16], str], monkeypatch: pytest.MonkeyPatch
):
    samples, text = recording
    engine = await warm()
    needed_mb = (await engine.status()).estimated_memory_mb
    rooms(monkeypatch, needed_mb, 0.5)
    texts = [asyncio.create_task(say(engine, samples)) for _ in range(2)]
    await asyncio.sleep(0)
    ask(engine, COPY)
    texts += [asyncio.create_task(say(engine, samples)) for _ in range(2)]
    status = await changed(engine)
    assert (status.pair, status.change_fault) == ("copy", None)
    assert status.draft is not None
    assert status.notices == []
    assert await asyncio.gather(*texts) == [text] * 4
    await engine.close()


async def test_what_fits_in_no_case_is_refused_without_giving_anything_back(
    copy: Path, recording: tuple[NDArray[np.int16], str], monkeypatch: pytest.MonkeyPatch
):
    samples, text = recording
    engine = await warm()
    loaded = rooms(monkeypatch, 0.0, 0.0)
    # Not even what is given back suffices.
    held = engine._host._held
    assert held.fit is not None
    monkeypatch.setattr(
        held, "fit", type(held.fit)(held.fit.device, held.fit.precision, 1, 1, has_draft=True)
    )
    ask(engine, COPY)
    status = await changed(engine)
    assert status.pair == "bundled"
    assert status.change_fault is not None and "copy needs about" in status.change_fault
    assert loaded == []
    assert await say(engine, samples) == text
    await engine.close()


async def test_a_load_that_fails_in_place_brings_the_old_pair_back(
    copy: Path, recording: tuple[NDArray[np.int16], str], monkeypatch: pytest.MonkeyPatch
):
    samples, text = recording
    engine = await warm()
    rooms(monkeypatch, (await engine.status()).estimated_memory_mb, 0.5)
    load = Pair.load

    def fail_for_the_copy(target: Path, *given: object, **named: object) -> Pair:
        if target.parent == copy:
            raise MemoryError
        return load(target, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Pair, "load", fail_for_the_copy)
    ask(engine, COPY)
    waiting = asyncio.create_task(say(engine, samples))
    status = await changed(engine)
    assert (status.pair, status.state) == ("bundled", "ready")
    assert status.change_fault is not None and "memory ran out" in status.change_fault
    assert await waiting == text
    await engine.close()


async def test_running_out_of_memory_beside_tries_in_place(
    copy: Path, recording: tuple[NDArray[np.int16], str], monkeypatch: pytest.MonkeyPatch
):
    samples, text = recording
    engine = await warm()
    load, failed = Pair.load, []

    def fail_once(target: Path, *given: object, **named: object) -> Pair:
        if not failed:
            failed.append(target)
            raise MemoryError
        return load(target, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Pair, "load", fail_once)
    ask(engine, COPY)
    status = await changed(engine)
    assert (status.pair, status.change_fault) == ("copy", None)
    assert await say(engine, samples) == text
    await engine.close()


async def test_over_the_socket(copy: Path, recording: tuple[NDArray[np.int16], str]):
    samples, text = recording
    engine = await SocketEngine.connect()
    other = await SocketEngine.connect()
    session = await other.session(speech_only=True)
    await session.append(samples)
    status = await engine.use(COPY)
    assert (status.pair, status.changing_to) == ("copy", None)
    assert (await session.commit()).text == text
    assert (await other.status()).pair == "copy"
    with pytest.raises(EngineError, match="nowhere") as refused:
        await engine.use(EngineOptions(pair="broken"))
    assert "\n" not in str(refused.value)
    assert await say(engine, samples) == text
    assert (await engine.status()).pair == "copy"
    await session.close()
    await engine.close()
    await other.close()


async def test_of_two_who_choose_the_last_wins_and_the_first_is_told(copy: Path):
    first, second = await SocketEngine.connect(), await SocketEngine.connect()
    while (await first.status()).state == "loading":
        await asyncio.sleep(0.05)
    asking = asyncio.create_task(first.use(COPY))
    while (await second.status()).changing_to is None:
        await asyncio.sleep(0)
    status = await second.use(EngineOptions())
    assert status.pair == "bundled"
    with pytest.raises(EngineError, match="chosen elsewhere"):
        await asking
    await first.close()
    await second.close()


def test_by_hand(copy: Path, home: Home, capsys: pytest.CaptureFixture[str]):
    assert cli.main(["engine", "use", "copy"]) == 0
    assert capsys.readouterr().out.startswith("engine ready: pair copy")
    assert choice.chosen_pair() == "copy"
    status = control.use("bundled")
    assert (status.pair, status.state) == ("bundled", "ready")
    with pytest.raises(EngineError, match="none such"):
        control.use("none such")
    assert control.stop()


async def test_an_engine_that_has_to_be_started_again_is_asked_for_what_is_wanted_now(
    copy: Path, recording: tuple[NDArray[np.int16], str]
):
    wanted = {"pair": "bundled"}

    async def refresh() -> EngineOptions:
        return EngineOptions(pair=wanted["pair"])

    engine = await SocketEngine.connect(refresh=refresh)
    assert await asyncio.to_thread(control.stop)
    wanted["pair"] = "copy"
    assert await say(engine, recording[0]) == recording[1]
    assert (await engine.status()).pair == "copy"
    await engine.close()


def test_a_choice_is_remembered(home: Home):
    assert choice.chosen_pair() is None
    choice.remember("copy")
    choice.remember("turbo")
    assert choice.chosen_pair() == "turbo"
    (state := home.root / "state" / "dictate" / "pair.json").write_text("{")
    assert choice.chosen_pair() is None
    assert state.exists()
