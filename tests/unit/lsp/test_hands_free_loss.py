"""A microphone that goes in the pause between two hands-free dictations."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from dictate.audio.source import AudioError
from dictate.dictation.recognition import Recognised
from dictate.dictation.session import Outcome
from dictate.dictation.spool import Spool
from dictate.lsp.controller import Controller
from dictate.lsp.documents import Documents
from dictate.lsp.hands_free import HandsFree
from dictate.lsp.proofing import Proofing
from dictate.lsp.protocol import CommandArgument, Final
from dictate.lsp.settings import HandsFreeSettings, Settings
from dictate.lsp.writing import Writings

URI = "file:///work/notes.md"
GONE = AudioError("the microphone is gone: what was said so far is kept")


class FirstSession:
    """A pause ends it; the microphone goes while it closes."""

    phase, ended_by, has_speech, audio_ms, is_lost = "listening", "pause", True, 900.0, True

    def __init__(self, listener: Any) -> None:
        self._listener = listener

    async def capture(self) -> None:
        self.phase = "finishing"
        self._listener.phase("finishing")
        await asyncio.sleep(0)

    async def recognise(self) -> Outcome:
        return Outcome(Recognised(), self.audio_ms, 0.0, 0.0, GONE, too_long=False)

    def release(self) -> None:
        pass

    def close(self) -> None:
        pass


class NextSession(FirstSession):
    """Finds no microphone, unless it is released before it opens one."""

    ended_by, has_speech, audio_ms, is_lost = "source", False, 0.0, False
    phase = "starting"
    released = False

    async def capture(self) -> None:
        if not self.released:
            raise AudioError("the microphone does not open")

    async def recognise(self) -> Outcome:
        return Outcome(Recognised(), 0.0, 0.0, 0.0, None, too_long=False)

    def release(self) -> None:
        self.released = True


class Sessions:
    def __init__(self) -> None:
        self.made: list[FirstSession] = []

    async def live(self, _file: Any, *, listener: Any, **_rest: Any) -> tuple[Any, str]:
        self.made.append((NextSession if self.made else FirstSession)(listener))
        return self.made[-1], "a microphone"

    def hands_free(self, argument: CommandArgument) -> HandsFree:
        return HandsFree(argument, HandsFreeSettings())

    def rest(self) -> None:
        pass


class Client:
    is_plugin = True

    def __init__(self) -> None:
        self.told: list[str] = []

    def notify(self, method: str, message: Any) -> None:
        if isinstance(message, Final) and isinstance(message.message, str):
            self.told.append(message.message)

    def tell(self, _severity: str, line: str) -> None:
        self.told.append(line)


async def test_a_microphone_that_goes_in_a_pause_is_told_of_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    documents, client, sessions = Documents(), Client(), Sessions()
    documents.open(URI, "markdown", 1, "")
    with ThreadPoolExecutor(1) as executor:
        writings = Writings(executor, Settings(), client.told.append)
        proofing = Proofing(documents, client, executor, lambda: tmp_path / "vocabulary.toml")
        controller = Controller(documents, client, Spool(), sessions, writings, proofing)  # type: ignore[arg-type]
        controller.hands_free(CommandArgument(uri=URI))
        while controller.state != "idle":
            await asyncio.sleep(0)
    assert len(sessions.made) == 2, "the pause had begun the next dictation"
    assert client.told == [str(GONE)]
    assert controller.mode == "manual"
