"""Pairs that are broken, missing or unknown: one line each, and what still works, works."""

from __future__ import annotations

import asyncio
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from dictate.engine import control
from dictate.engine.client import SocketEngine
from dictate.engine.protocol import EngineError, EngineLost, EngineOptions, EngineSession
from tests.engine.home import Home, copy_bundled


@pytest.fixture
def copy(home: Home) -> Path:
    """The bundled pair as a user's pair named `copy`; its folders may be broken."""
    return copy_bundled(home)


async def start(pair: str) -> SocketEngine:
    engine = await SocketEngine.connect(EngineOptions(pair=pair))
    while (await engine.status()).state == "loading":
        await asyncio.sleep(0.05)
    return engine


async def unused(engine: SocketEngine, session: EngineSession) -> None:
    """Close the session, and wait until the engine knows."""
    await session.close()
    while (await engine.status()).sessions:
        await asyncio.sleep(0.02)


def break_weights(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:1000])


@pytest.mark.parametrize("damage", ["cut", "gone", "folder gone", "config"])
async def test_broken_draft_means_target_only_and_one_notice(
    copy: Path, home: Home, speech: NDArray[np.int16], damage: str
):
    if damage == "cut":
        break_weights(copy / "draft")
    elif damage == "gone":
        (copy / "draft" / "model.safetensors").unlink()
    elif damage == "config":
        (copy / "draft" / "config.json").write_text("{}")
    else:
        shutil.rmtree(copy / "draft")
    engine = await start("copy")
    status = await engine.status()
    assert status.state == "ready"
    assert status.draft is None
    (notice,) = status.notices
    assert "draft" in notice
    assert "\n" not in notice
    assert home.log.count(notice) == 1
    session = await engine.session()
    await session.append(speech)
    transcript = await session.commit()
    assert transcript.text
    assert transcript.proposed_tokens == 0
    await engine.close()


@pytest.mark.parametrize("damage", ["cut", "gone", "config"])
async def test_broken_target_fails_with_its_reason_and_leaves(copy: Path, home: Home, damage: str):
    if damage == "cut":
        break_weights(copy / "target")
    elif damage == "gone":
        (copy / "target" / "tokenizer.json").unlink()
    else:
        (copy / "target" / "config.json").write_text('{"d_model": "wide"}')
    engine = await SocketEngine.connect(EngineOptions(pair="copy"))
    # Whichever of these the engine's verdict overtakes.
    with pytest.raises(EngineError) as waiting:
        session = await engine.session()
        await session.append(np.zeros(1600, np.int16))
        await session.commit()
    assert not isinstance(waiting.value, EngineLost)
    assert "target" in str(waiting.value)
    assert "\n" not in str(waiting.value)
    status = await engine.status()
    assert (status.state, status.reason) == ("failed", str(waiting.value))
    with pytest.raises(EngineError) as late:
        await engine.session()
    assert str(late.value) == status.reason
    with pytest.raises(EngineError) as by_hand:
        await asyncio.to_thread(control.start, EngineOptions(pair="copy"))
    assert str(by_hand.value) == status.reason
    end = time.monotonic() + 60
    while list(home.runtime.iterdir()):
        assert time.monotonic() < end, "it should have left"
        await asyncio.sleep(0.1)
    await engine.close()


async def test_unknown_pair_names_the_known_ones(copy: Path):
    with pytest.raises(EngineError, match=r"'enormous'.*: bundled, .*, copy"):
        await asyncio.to_thread(control.start, EngineOptions(pair="enormous"))


async def test_invalid_models_file_is_a_notice_with_the_bundled_pair(home: Home):
    home.models_file.write_text("[pair.mine")
    status = await asyncio.to_thread(control.start)
    assert status.state == "ready"
    (notice,) = status.notices
    assert str(home.models_file) in notice
    assert "\n" not in notice


async def test_missing_device_falls_back_and_says_so(home: Home):
    import torch

    if torch.backends.mps.is_available():
        pytest.skip("this machine has MPS")
    status = await asyncio.to_thread(control.start, EngineOptions(device="mps"))
    assert status.state == "ready"
    assert status.device != "mps"
    (notice,) = status.notices
    assert "MPS" in notice
    # Asking for the same again is no reason for a restart.
    again = await asyncio.to_thread(control.start, EngineOptions(device="mps"))
    assert again.pid == status.pid


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"dtype": "float32"}, "in int8 instead of float32"),
        ({"speculation": False}, "with speculation on"),
        ({"beams": 3}, "with beams 1 instead of 3"),
        ({"target": "org/name"}, "instead of 'org/name'"),
    ],
)
async def test_other_options_replace_an_unused_engine_but_not_a_used_one(
    home: Home, changed: dict[str, object], said: str
):
    await asyncio.to_thread(control.start, EngineOptions(dtype="int8"))
    first = await SocketEngine.connect(EngineOptions(dtype="int8"))
    used = await first.session()
    second = await SocketEngine.connect(EngineOptions(**{"dtype": "int8", **changed}))
    status = await second.status()
    assert (status.state, status.dtype) == ("ready", "int8")
    (notice,) = [line for line in status.notices if said in line]
    assert "\n" not in notice
    await unused(first, used)
    for engine in (first, second):
        await engine.close()
    if "target" not in changed:
        replaced = await asyncio.to_thread(control.start, EngineOptions(**changed))
        assert replaced.pid != status.pid
        assert replaced.wanted == EngineOptions(**changed)


async def test_another_pair_replaces_an_unused_engine_but_not_a_used_one(copy: Path):
    first = await start("bundled")
    used = await first.session()
    second = await SocketEngine.connect(EngineOptions(pair="copy"))
    status = await second.status()
    assert status.pair == "bundled"
    (notice,) = [line for line in status.notices if "'copy'" in line]
    assert "\n" not in notice
    await used.configure(prompt="", language=None)
    await unused(first, used)
    third = await SocketEngine.connect(EngineOptions(pair="copy"))
    status = await third.status()
    assert (status.pair, status.notices) == ("copy", [])
    for engine in (first, second, third):
        await engine.close()
