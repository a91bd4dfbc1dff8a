"""Engines in homes of their own: the real process, the real pair, real sockets."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from dictate.audio.file import read_audio
from dictate.engine import control
from dictate.engine.address import TRANSPORT_VARIABLE
from dictate.engine.client import SocketEngine
from dictate.engine.protocol import EngineError, EngineOptions
from tests.engine.home import Home, outside_the_loop
from tests.rigs.speech import missing_speech, speak

NAMED_SENTENCES = {
    "buffered writer": "open buffered writer",
    "find caller": "call find caller and return the result",
    "fork exec": "move fork exec to another file",
    "parse intermixed args": "move parse intermixed args to another file",
}
"""Sentences with names that the bundled pair, told nothing, mostly misses."""


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A home of this test's own; its engine ends with the test."""
    # Not pytest's folder: a socket's path has to be short.
    home = Home(Path(tempfile.mkdtemp(prefix="dictate-", dir="/tmp")))
    home.enter(monkeypatch)
    yield home
    try:
        control.stop()
    except EngineError as error:
        print(error)
    home.remove()


@pytest.fixture(scope="session")
def shared_home() -> Iterator[Home]:
    """One home for all tests that only talk to a warm engine."""
    home = Home(Path(tempfile.mkdtemp(prefix="dictate-", dir="/tmp")))
    with pytest.MonkeyPatch.context() as monkeypatch:
        home.enter(monkeypatch)
        outside_the_loop(control.start, EngineOptions(keep_warm_s=600))
    yield home
    with pytest.MonkeyPatch.context() as monkeypatch:
        home.enter(monkeypatch)
        outside_the_loop(control.stop)
    home.remove()


@pytest.fixture(scope="module")
def tcp_home() -> Iterator[Home]:
    """A home whose engine listens on TCP, for a module's tests."""
    home = Home(Path(tempfile.mkdtemp(prefix="dictate-", dir="/tmp")))
    with pytest.MonkeyPatch.context() as monkeypatch:
        home.enter(monkeypatch)
        monkeypatch.setenv(TRANSPORT_VARIABLE, "tcp")
        outside_the_loop(control.start, EngineOptions(keep_warm_s=600))
    yield home
    with pytest.MonkeyPatch.context() as monkeypatch:
        home.enter(monkeypatch)
        outside_the_loop(control.stop)
    home.remove()


@pytest.fixture
async def warm(shared_home: Home, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SocketEngine]:
    """A client of the shared warm engine."""
    shared_home.enter(monkeypatch)
    engine = await SocketEngine.connect(start=False)
    yield engine
    await engine.close()


@pytest.fixture(scope="session")
def speech(tmp_path_factory: pytest.TempPathFactory) -> NDArray[np.int16]:
    """A spoken sentence, int16[n] at 16 kHz, between 1.5 and 5 s."""
    reason = missing_speech()
    if reason is not None:
        pytest.skip(reason)
    path = tmp_path_factory.mktemp("speech") / "sentence.wav"
    return read_audio(speak("open the file and go to line twenty", path))


@pytest.fixture(scope="session")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, NDArray[np.int16]]:
    """Sentences by the name in each, in a voice that the bundled pair was not trained with."""
    reason = missing_speech()
    if reason is not None:
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("names")
    return {
        name: read_audio(speak(sentence, folder / f"{name}.wav", "en-us+m4", words_per_minute=150))
        for name, sentence in NAMED_SENTENCES.items()
    }
