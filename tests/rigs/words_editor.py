"""Dictation without sound: the server's own controller, heard words, and an editor in memory.

    async with WordsEditor(folder, "python", "x = ") as editor:
        await editor.say("get user by id")
        assert editor.text == "x = get_user_by_id"

Everything between the engine's text and the document is the real thing; the microphone and the
engine are not there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from dictate.dictation.recognition import Recognised
from dictate.dictation.session import Outcome
from dictate.dictation.spool import Spool
from dictate.lsp.controller import Controller
from dictate.lsp.delivery import Answer
from dictate.lsp.document import Change, Document, Position
from dictate.lsp.documents import Documents
from dictate.lsp.hands_free import HandsFree
from dictate.lsp.planner import PlannedEdit
from dictate.lsp.proofing import Proofing
from dictate.lsp.protocol import CommandArgument, Final, WirePosition
from dictate.lsp.settings import Settings
from dictate.lsp.writing import Writings


class HeardSession:
    """A dictation that has heard some words."""

    phase, ended_by, has_speech, is_lost, audio_ms = "listening", "release", True, False, 1000.0

    def __init__(self, text: str, confidences: Sequence[float], listener: Any) -> None:
        words = text.split()
        known = confidences if len(confidences) == len(words) else [1.0] * len(words)
        self._recognised = Recognised(
            text=text, segments=1, words=list(zip(words, known, strict=True))
        )
        self._listener = listener

    async def capture(self) -> None:
        self.phase = "finishing"
        self._listener.phase("finishing")

    async def recognise(self) -> Outcome:
        return Outcome(self._recognised, self.audio_ms, 0.0, 0.0, None, too_long=False)

    def release(self) -> None:
        pass

    def close(self) -> None:
        pass


class _Sessions:
    def __init__(self) -> None:
        self.text = ""
        self.confidences: Sequence[float] = ()

    async def live(self, _file: Any, *, listener: Any, **_rest: Any) -> tuple[Any, str]:
        return HeardSession(self.text, self.confidences, listener), "no microphone"

    def hands_free(self, argument: CommandArgument) -> HandsFree:
        raise AssertionError("nobody listens here")

    def rest(self) -> None:
        pass


class WordsEditor:
    """One document, one cursor, an undo stack."""

    is_plugin = True

    def __init__(
        self,
        folder: Path,
        language_id: str,
        text: str,
        cursor: int | None = None,
        *,
        settings: Settings | None = None,
        name: str = "document",
    ) -> None:
        """Open a document whose cursor stands at its end, or at an offset."""
        self.uri = (folder / name).as_uri()
        self.text = text
        self.cursor = len(text) if cursor is None else cursor
        self.told: list[str] = []
        self.finals: list[Final] = []
        self.selected: tuple[Position, Position] | None = None
        self.before_edit: list[Any] = []
        """Called once each, before the next edits are made: somebody types in between."""
        self._undo: list[str] = []
        self._version = 1
        self._executor = ThreadPoolExecutor(2)
        self.documents = Documents("utf-16")
        self.document: Document = self.documents.open(self.uri, language_id, 1, text)
        self.settings = settings or Settings()
        self.writings = Writings(self._executor, self.settings, self.told.append)
        self.writings.names.roots = [folder]
        self.proofing = Proofing(
            self.documents, self, self._executor, lambda: self.writings.vocabulary_path
        )
        self.writings.learned = self.proofing.settled
        self._sessions = _Sessions()
        self.controller: Controller

    async def __aenter__(self) -> WordsEditor:
        self.controller = Controller(
            self.documents,
            self,
            Spool(),
            self._sessions,  # type: ignore[arg-type]
            self.writings,
            self.proofing,
        )
        self.controller.reports.doubtful_below = self.settings.proofing.doubtful_below
        return self

    async def __aexit__(self, *_: object) -> None:
        self.proofing.leave()
        await self.proofing.settled()
        self._executor.shutdown()

    async def say(self, words: str, confidences: Sequence[float] = ()) -> Final:
        """Dictate at the cursor, which then stands behind what was written."""
        self._sessions.text, self._sessions.confidences = words, confidences
        position = self.document.position_at(self.cursor)
        place = WirePosition(line=position.line, character=position.character)
        self.controller.start(CommandArgument(uri=self.uri, position=place))
        count = len(self.finals)
        while len(self.finals) == count:
            await asyncio.sleep(0.001)
        return self.finals[-1]

    def type(self, start: int, end: int, text: str) -> None:
        """Somebody replaces a stretch by hand."""
        self._change(start, end, text)

    def undo(self) -> None:
        """One step back."""
        before = self._undo.pop()
        self._version += 1
        self.text = before
        self.documents.change(self.uri, self._version, [Change(before)])
        self.cursor = min(self.cursor, len(before))

    def _change(self, start: int, end: int, text: str) -> None:
        self._undo.append(self.text)
        first, last = self.document.position_at(start), self.document.position_at(end)
        self._version += 1
        self.text = self.text[:start] + text + self.text[end:]
        if self.cursor >= end:
            self.cursor += len(text) - (end - start)
        elif self.cursor > start:
            self.cursor = start + len(text)
        self.documents.change(self.uri, self._version, [Change(text, first, last)])
        assert self.document.text == self.text

    async def apply(self, utterance_id: str, edit: PlannedEdit) -> Answer:
        """See `EditorClient`."""
        if self.before_edit:
            self.before_edit.pop(0)()
        if edit.version != self._version:
            return Answer(False, "stale")
        start = self.document.offset_at(edit.position)
        end = self.document.offset_at(edit.end or edit.position)
        self._change(start, end, edit.new_text)
        return Answer(True)

    async def select(self, uri: str, start: Position, end: Position) -> bool:
        """See `EditorClient`."""
        assert uri == self.uri
        self.selected = (start, end)
        return True

    def notify(self, method: str, message: Any) -> None:
        """See `EditorClient`."""
        if isinstance(message, Final):
            self.finals.append(message)

    def tell(self, severity: str, line: str) -> None:
        """See `EditorClient`."""
        self.told.append(line)
