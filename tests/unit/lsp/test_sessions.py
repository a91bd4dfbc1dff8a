"""What a session is made of: the names in the document, the settings of the moment."""

import asyncio
import wave
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dictate.dictation.engine_link import EngineLink
from dictate.dictation.session import Listener
from dictate.dictation.spool import Spool
from dictate.engine.protocol import MAX_CONTEXT_CHARACTERS, Engine
from dictate.lsp.document import Document
from dictate.lsp.sessions import LiveSessions
from dictate.lsp.settings import EngineSettings, PromptSettings, Settings
from dictate.lsp.writing import Writings
from tests.unit.dictation.fakes import LoudnessProbability, ScriptedEngine, speech

SOURCE = """\
class InvoiceRepository:
    def find_open_invoices(self, customer_id):
        return self.sessionFactory.query(customer_id)
"""


@pytest.mark.parametrize("enabled", [True, False])
async def test_the_names_of_the_document_go_to_the_engine_the_nearest_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, enabled: bool
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr("dictate.vad.speech_probability.SpeechProbability", LoudnessProbability)
    engine = ScriptedEngine()

    async def connect() -> Engine:
        return engine

    path = tmp_path / "speech.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(speech(1).tobytes())
    settings = Settings(prompt=PromptSettings(enabled=enabled), language="en")
    document = Document("file:///x.py", "python", 1, SOURCE)
    with ThreadPoolExecutor(2) as executor:
        sessions = LiveSessions(EngineLink(connect), executor, settings)
        writings = Writings(executor, settings, lambda line: pytest.fail(line))
        session, device = await sessions.live(
            str(path),
            realtime=False,
            spooled=Spool().create(),
            document=document,
            offset=len(SOURCE),
            writing=writings.begin(document, len(SOURCE), None),
            listener=Listener(),
        )
        await session.capture()
        outcome = await session.recognise()
        session.close()
        await asyncio.sleep(0)
    assert outcome.text.startswith("w")
    assert device == "speech.wav"
    ((prompt, language),) = engine.prompts
    assert language == "en"
    assert engine.contexts == [SOURCE if enabled else ""]
    (phrases,) = engine.phrases
    assert {"find_open_invoices", "find open invoices"} <= set(phrases)
    if not enabled:
        assert prompt == ""
        return
    names = prompt.split(", ")
    assert {"InvoiceRepository", "find_open_invoices", "sessionFactory", "customer_id"} <= set(
        names
    )
    assert names[-1] == "customer_id", "the most important one last"


def test_the_context_is_what_stands_around_the_place_and_bounded() -> None:
    sessions = LiveSessions(EngineLink(None), ThreadPoolExecutor(1), Settings())  # type: ignore[arg-type]
    text = "".join(f"{number:07d}\n" for number in range(5_000))
    document = Document("file:///x.py", "python", 1, text)
    for offset in (0, 100, 3_000, 20_000, len(text) - 5, len(text)):
        context = sessions._context(document, offset)
        start = max(0, offset - 3_000)
        assert context == text[start : start + MAX_CONTEXT_CHARACTERS]


def test_a_chosen_device_outlives_settings() -> None:
    sessions = LiveSessions(EngineLink(None), ThreadPoolExecutor(1), Settings())  # type: ignore[arg-type]
    assert sessions.device is None
    sessions.choose_device("USB")
    sessions.settings = Settings(engine=EngineSettings(pair="other"))
    assert sessions.device == "USB"
