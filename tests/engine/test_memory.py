"""Memory that does not suffice: refused beforehand with advice, survived when it runs out."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from dictate.asr import Pair, free_memory
from dictate.asr.model import Whisper
from dictate.asr.precision import Precision
from dictate.audio.file import read_audio
from dictate.bench.recordings import recordings
from dictate.dictation.engine_link import EngineLink
from dictate.dictation.kept_source import KeptSource
from dictate.dictation.session import Listener, Session, SessionOptions
from dictate.dictation.spool import Spool
from dictate.engine.fit import needed_bytes
from dictate.engine.holder import PairHolder
from dictate.engine.in_process import InProcessEngine
from dictate.engine.protocol import Engine, EngineError, EngineOptions
from dictate.models.registry import Registry
from tests.engine.home import Home, copy_bundled
from tests.rigs.checkpoints import BASE, TINY, make_checkpoint

ON_CPU = "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory"
RAN_OUT: dict[str, Callable[[], BaseException]] = {
    "cuda": lambda: torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 MiB"),
    "cpu": lambda: RuntimeError(ON_CPU),
    "python": MemoryError,
}


@pytest.fixture
def recording() -> tuple[NDArray[np.int16], str]:
    spoken = recordings()[0]
    return read_audio(spoken.path), spoken.text


@pytest.fixture
def copy(home: Home) -> Path:
    """The bundled pair as a user's pair named `copy`."""
    return copy_bundled(home)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A target and a draft that are several times as large as the bundled ones."""
    root = tmp_path_factory.mktemp("large")
    return make_checkpoint(root / "base", BASE, 0), make_checkpoint(root / "tiny", TINY, 0)


def free(monkeypatch: pytest.MonkeyPatch, megabytes: float) -> None:
    monkeypatch.setattr(free_memory, "free_bytes", lambda device: int(megabytes * 1e6))


def needed(large: tuple[Path, Path], precision: Precision, has_draft: bool) -> float:
    entry = Registry.load().made_of(*map(str, large))
    cpu = torch.device("cpu")
    return needed_bytes(entry, precision, cpu, has_draft=has_draft) / 1e6


def between(one: float, other: float) -> float:
    """What has to be free, with the share that is left to others, so that the larger fails."""
    return (one + other) / 2 / 0.95


async def notices(engine: InProcessEngine) -> list[str]:
    found = (await engine.status()).notices
    assert all("\n" not in notice for notice in found)
    return found


async def say(engine: InProcessEngine, samples: NDArray[np.int16]) -> str:
    session = await engine.session(speech_only=True)
    try:
        await session.append(samples)
        return (await session.commit()).text
    finally:
        await session.close()


async def test_a_target_that_cannot_fit_is_refused_with_what_would(
    home: Home, large: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
):
    bundled = needed_bytes(
        Registry.load().pair("bundled"), "float32", torch.device("cpu"), has_draft=True
    )
    free(monkeypatch, between(bundled / 1e6, needed(large, "float32", False)))
    engine = InProcessEngine(EngineOptions(target=str(large[0]), dtype="float32"))
    with pytest.raises(EngineError) as refused:
        await engine.session()
    line = str(refused.value)
    assert "\n" not in line
    assert "base needs about" in line
    assert re.search(r"in float32 and \d+ MB of cpu are free: choose .*the pair bundled \(", line)
    assert (await engine.status()).state == "failed"
    await engine.close()


async def test_a_smaller_dtype_that_fits_is_named(
    home: Home, large: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
):
    # Elsewhere 8 bits save this small model nothing: each product makes floats of them.
    monkeypatch.setattr("dictate.asr.memory.int8_is_fast", lambda: True)
    free(monkeypatch, between(needed(large, "float32", False), needed(large, "int8", False)))
    engine = InProcessEngine(EngineOptions(target=str(large[0]), dtype="float32"))
    with pytest.raises(EngineError, match=r"choose dtype int8 \(\d+ MB\) or the pair bundled"):
        await engine.session()
    await engine.close()


async def test_where_nothing_fits_other_programs_are_to_be_closed(
    home: Home, large: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
):
    free(monkeypatch, 1)
    engine = InProcessEngine(EngineOptions(target=str(large[0])))
    with pytest.raises(EngineError, match="close other programs"):
        await engine.session()
    await engine.close()


async def test_the_draft_goes_first(
    home: Home, large: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
):
    target, draft = map(str, large)
    megabytes = between(needed(large, "float32", False), needed(large, "float32", True))
    free(monkeypatch, megabytes)
    options = EngineOptions(target=target, draft=draft, dtype="float32")
    engine = InProcessEngine(options)
    await (await engine.session()).close()
    status = await engine.status()
    assert (status.state, status.draft, status.dtype) == ("ready", None, "float32")
    (notice,) = await notices(engine)
    assert notice.startswith("slower, without the draft: base + tiny needs about")
    assert 0 < status.estimated_memory_mb < megabytes
    assert status.peak_memory_mb >= status.memory_mb > 0
    await engine.close()


async def test_whoever_sees_it_ready_sees_its_notices(
    home: Home, large: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
):
    states: list[str] = []
    notify = PairHolder._notify

    def noting(holder: PairHolder, notice: str) -> None:
        states.append(holder.state)
        notify(holder, notice)

    monkeypatch.setattr(PairHolder, "_notify", noting)
    free(monkeypatch, between(needed(large, "float32", False), needed(large, "float32", True)))
    target, draft = map(str, large)
    engine = InProcessEngine(EngineOptions(target=target, draft=draft, dtype="float32"))
    await (await engine.session()).close()
    assert states == ["loading"]
    await engine.close()


@pytest.mark.parametrize("words", RAN_OUT)
@pytest.mark.parametrize("stage", ["encode", "step"])
async def test_running_out_of_memory_keeps_the_utterance(
    stage: str,
    words: str,
    copy: Path,
    recording: tuple[NDArray[np.int16], str],
    monkeypatch: pytest.MonkeyPatch,
):
    samples, text = recording
    engine = InProcessEngine(EngineOptions(pair="copy"))
    await (await engine.session()).close()
    fails = {"now": True}
    works = getattr(Whisper, stage)

    def fail(self: Whisper, *given: object, **named: object) -> object:
        if fails["now"]:
            fails["now"] = False
            raise RAN_OUT[words]()
        return works(self, *given, **named)

    monkeypatch.setattr(Whisper, stage, fail)
    assert await say(engine, samples) == text
    (notice,) = await notices(engine)
    assert notice.startswith("less accurate, with the pair bundled")
    status = await engine.status()
    # It is still the engine that was asked for, so that nobody starts another for the same pair.
    assert (status.pair, status.state) == ("copy", "ready")
    assert status.target.endswith("bundled/target")
    assert await say(engine, samples) == text
    assert len(await notices(engine)) == 1
    await engine.close()


async def test_running_out_twice_fails_the_utterance_and_not_the_engine(
    copy: Path, recording: tuple[NDArray[np.int16], str], monkeypatch: pytest.MonkeyPatch
):
    samples, text = recording
    engine = InProcessEngine(EngineOptions(pair="copy"))
    await (await engine.session()).close()
    with monkeypatch.context() as patch:

        def fail(*_: object, **__: object) -> object:
            raise RAN_OUT["cuda"]()

        patch.setattr(Whisper, "encode", fail)
        for _ in range(2):
            with pytest.raises(EngineError, match=r"memory ran out.*retry") as failed:
                await say(engine, samples)
            assert "\n" not in str(failed.value)
    # The sound is the caller's still; it tries again.
    assert await say(engine, samples) == text
    await engine.close()


async def test_a_dictation_that_ran_out_of_memory_is_kept_until_a_retry_writes_it(
    copy: Path, recording: tuple[NDArray[np.int16], str], monkeypatch: pytest.MonkeyPatch
):
    samples, text = recording
    engine = InProcessEngine(EngineOptions(pair="copy"))

    async def connect() -> Engine:
        return engine

    async def dictate(sound: NDArray[np.int16]) -> str:
        with ThreadPoolExecutor(2) as executor:
            session = Session(
                KeptSource(sound, "kept"),
                None,
                EngineLink(connect),
                SessionOptions(),
                Listener(),
                executor,
            )
            try:
                await session.capture()
                return (await session.recognise()).text
            finally:
                session.close()

    spooled = Spool().create()
    spooled.append(samples)
    with monkeypatch.context() as patch:
        await (await engine.session()).close()

        def fail(*_: object, **__: object) -> object:
            raise RAN_OUT["cpu"]()

        patch.setattr(Whisper, "encode", fail)
        with pytest.raises(EngineError, match="memory ran out") as failed:
            await dictate(samples)
    spooled.end("failed", str(failed.value))
    (kept,) = Spool().kept()
    again = Spool().take(kept.id)
    assert again is not None
    assert await dictate(again.samples()) == text
    again.end("inserted")
    assert Spool().kept() == []
    await engine.close()


async def test_running_out_while_loading_takes_the_smallest_pair(
    copy: Path, recording: tuple[NDArray[np.int16], str], monkeypatch: pytest.MonkeyPatch
):
    samples, text = recording
    load = Pair.load

    def fail_for_the_copy(target: Path, *given: object, **named: object) -> Pair:
        if target.parent == copy:
            raise RAN_OUT["cpu"]()
        return load(target, *given, **named)

    monkeypatch.setattr(Pair, "load", fail_for_the_copy)
    engine = InProcessEngine(EngineOptions(pair="copy"))
    assert await say(engine, samples) == text
    (notice,) = await notices(engine)
    assert "copy" in notice
    await engine.close()


@pytest.mark.parametrize("fits", [True, False])
async def test_an_accelerator_that_is_too_small_gives_way_to_the_processor(
    fits: bool,
    copy: Path,
    recording: tuple[NDArray[np.int16], str],
    monkeypatch: pytest.MonkeyPatch,
):
    samples, text = recording
    load = Pair.load

    def load_here(target: Path, *given: object, device: str, **named: object) -> Pair:
        if device != "cpu":
            raise RAN_OUT["cuda"]()
        return load(target, *given, device=device, **named)

    monkeypatch.setattr("dictate.asr.choose_device", lambda wanted: torch.device("cuda", 0))
    monkeypatch.setattr(
        free_memory, "free_bytes", lambda device: 10**10 if fits or device.type == "cpu" else 0
    )
    monkeypatch.setattr(Pair, "load", load_here)
    engine = InProcessEngine(EngineOptions(pair="copy"))
    assert await say(engine, samples) == text
    (notice,) = await notices(engine)
    assert notice.startswith("slower, on the processor: ")
    assert "cuda:0" in notice
    assert (await engine.status()).device == "cpu"
    await engine.close()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (EngineOptions(dtype="int3"), "unknown dtype 'int3': use"),
        (EngineOptions(target="/no/such/folder"), "no folder /no/such/folder"),
        (EngineOptions(target="org/none"), "models pull org/none"),
        (EngineOptions(pair="turbo"), "models pull turbo"),
    ],
)
async def test_what_cannot_be_is_one_line(
    options: EngineOptions, said: str, home: Home, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(home.root / "hub"))
    engine = InProcessEngine(options)
    with pytest.raises(EngineError) as refused:
        await engine.session()
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    await engine.close()


async def test_without_speculation_no_draft_is_loaded(
    copy: Path, recording: tuple[NDArray[np.int16], str]
):
    samples, text = recording
    engine = InProcessEngine(EngineOptions(pair="copy", speculation=False))
    assert await say(engine, samples) == text
    status = await engine.status()
    assert (status.draft, status.notices, status.wanted.speculation) == (None, [], False)
    await engine.close()
