"""The commands and the one state that the user sees: who listens, who finishes, what lands when.

All methods are called on the event loop and return at once; the work runs in one task per
utterance. Texts land in the order in which they were begun.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

from dictate.dictation.session import Listener, Phase, Session
from dictate.dictation.spool import Spool, SpooledUtterance
from dictate.errors import DictateError
from dictate.lsp.client import EditorClient
from dictate.lsp.delivery import Delivery
from dictate.lsp.document import Anchor, Document
from dictate.lsp.documents import Documents
from dictate.lsp.protocol import (
    CommandArgument,
    CommandResult,
    Final,
    Level,
    Partial,
    State,
    StateChange,
)
from dictate.lsp.utterance import Result, Utterance

_LEVEL_S = 1 / 15

_log = logging.getLogger(__name__)


class CommandError(DictateError):
    """A command that cannot be carried out."""


class SessionFactory(Protocol):
    """Makes sessions with the present settings."""

    async def live(
        self, file: str | None, *, realtime: bool, spooled: SpooledUtterance, document: Document,
        offset: int, listener: Listener,
    ) -> tuple[Session, str]:  # fmt: skip
        """Return a session on the microphone or a recording, and the name of that."""

    async def kept(
        self, spooled: SpooledUtterance, document: Document, offset: int, listener: Listener
    ) -> tuple[Session, str]:
        """Return a session on what lies in the spool."""


_Open = Callable[[Utterance, Document, Listener], Awaitable[tuple[Session, str]]]


class Controller:
    """Everything that dictation is to an editor."""

    def __init__(
        self, documents: Documents, client: EditorClient, spool: Spool, sessions: SessionFactory
    ) -> None:
        """Take the parts that it commands."""
        self.documents = documents
        self.spool = spool
        self._client = client
        self._sessions = sessions
        self._listening: Utterance | None = None
        self._utterances: list[Utterance] = []
        self._capture_lock = asyncio.Lock()
        self._told: tuple[State, str | None, str | None] = ("idle", None, None)
        self._level_s = 0.0

    @property
    def state(self) -> State:
        """What the user sees."""
        if self._listening is not None:
            session = self._listening.session
            return session.phase if session is not None else "starting"
        return "finishing" if self._utterances else "idle"

    @property
    def utterance_id(self) -> str | None:
        """The utterance that the state is about."""
        utterance = self._shown()
        return utterance.id if utterance is not None else None

    def toggle(self, argument: CommandArgument) -> CommandResult:
        """Stop listening, or start."""
        return self.stop() if self._listening is not None else self.start(argument)

    def start(self, argument: CommandArgument) -> CommandResult:
        """Begin to listen; while something listens already, nothing changes.

        Raises:
            CommandError: there is no document to dictate into.
            SpoolError: the audio cannot be kept.
        """
        if self._listening is not None:
            return self._result()
        document, anchor = self._place(argument)

        async def open_session(
            utterance: Utterance, document: Document, listener: Listener
        ) -> tuple[Session, str]:
            return await self._sessions.live(
                argument.file,
                realtime=argument.realtime,
                spooled=utterance.spooled,
                document=document,
                offset=utterance.anchor.offset,
                listener=listener,
            )

        try:
            spooled = self.spool.create()
        except DictateError:
            document.forget(anchor)
            raise
        self._listening = self._begin(spooled, document, anchor, self._capture_lock, open_session)
        self._tell_state()
        return self._result()

    def stop(self) -> CommandResult:
        """Let go: what was said is decoded and inserted. Nothing changes when nothing listens."""
        utterance = self._listening
        if utterance is None:
            return self._result()
        self._listening = None
        utterance.release()
        self._tell_state()
        return CommandResult(utterance_id=utterance.id, state=self.state)

    def cancel(self) -> CommandResult:
        """Drop what is being said, else everything that is not on its way into a document."""
        cancelled = [self._listening] if self._listening is not None else list(self._utterances)
        cancelled = [utterance for utterance in cancelled if utterance.cancel()]
        self._listening = None
        self._tell_state()
        return CommandResult(
            utterance_id=cancelled[-1].id if cancelled else self.utterance_id, state=self.state
        )

    def retry(self, argument: CommandArgument) -> CommandResult:
        """Decode what was kept and insert it at the place, oldest first.

        Raises:
            CommandError: there is no document to insert into.
        """
        begun = []
        for kept in self.spool.kept():
            document, anchor = self._place(argument)
            spooled = self.spool.take(kept.id)
            if spooled is None:
                document.forget(anchor)
                continue

            async def open_session(
                utterance: Utterance, document: Document, listener: Listener
            ) -> tuple[Session, str]:
                return await self._sessions.kept(
                    utterance.spooled, document, utterance.anchor.offset, listener
                )

            begun.append(self._begin(spooled, document, anchor, asyncio.Lock(), open_session))
        if not begun:
            self._client.tell("info", "Dictate: there is no kept dictation")
        self._tell_state()
        return CommandResult(
            utterance_id=begun[0].id if begun else self.utterance_id, state=self.state
        )

    def discard(self) -> CommandResult:
        """Delete what was kept."""
        count = self.spool.discard()
        self._client.tell("info", f"Dictate: {_dictations(count)} deleted")
        return self._result()

    def offer_kept(self) -> None:
        """Name what earlier servers could not bring into a document."""
        kept = self.spool.kept()
        if not kept:
            return
        seconds = sum(utterance.duration_s for utterance in kept)
        doubt = (
            "; look first whether the text is there already"
            if any(utterance.maybe_inserted for utterance in kept)
            else ""
        )
        self._client.tell(
            "info",
            f"Dictate kept {_dictations(len(kept))} ({seconds:.0f} s) that reached no document: "
            "insert with dictate.retry (:Dictate retry) or delete with dictate.discard "
            f"(:Dictate discard){doubt}",
        )

    async def leave(self) -> None:
        """The server goes away: stop listening, keep the audio of what is not inserted."""
        tasks = {utterance.task for utterance in self._utterances if utterance.task is not None}
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=2.0)

    def _place(self, argument: CommandArgument) -> tuple[Document, Anchor]:
        if argument.uri is None:
            document = self.documents.last_touched()
            if document is None:
                raise CommandError(
                    "there is no open document to dictate into: open one, then retry"
                )
        else:
            document = self.documents.get(argument.uri)
            if document is None:
                raise CommandError(
                    "the document is not open in this server: save it or set its file type, "
                    "then retry"
                )
        offset = document.last_place
        if argument.position is not None:
            offset = document.offset_at(argument.position.position())
        return document, document.place(offset)

    def _begin(
        self,
        spooled: SpooledUtterance,
        document: Document,
        anchor: Anchor,
        lock: asyncio.Lock,
        open_session: _Open,
    ) -> Utterance:
        async def open_for(utterance: Utterance) -> Session:
            session, utterance.device = await open_session(
                utterance, document, self._listener(utterance)
            )
            return session

        utterance = Utterance(
            spooled=spooled,
            anchor=anchor,
            previous=self._utterances[-1] if self._utterances else None,
            capture_lock=lock,
            open_session=open_for,
            make_delivery=lambda place, on_sent, on_late: Delivery(
                self.documents, self._client, spooled.id, place, on_sent, on_late
            ),
        )
        self._utterances.append(utterance)
        utterance.task = asyncio.ensure_future(self._run(utterance))
        return utterance

    async def _run(self, utterance: Utterance) -> None:
        try:
            result = await utterance.run()
        finally:
            self.documents.forget(utterance.anchor)
            self._utterances.remove(utterance)
            if self._listening is utterance:
                self._listening = None
            utterance.ended.set()
        _log.info(
            "%s %s after %.0f ms of sound%s",
            utterance.id,
            result.ending,
            result.audio_ms,
            "".join(f", {name} {value:.0f}" for name, value in result.timings_ms.items()),
        )
        self._tell_result(utterance, result)
        self._tell_state()

    def _listener(self, utterance: Utterance) -> Listener:
        def on_phase(phase: Phase) -> None:
            if phase == "finishing" and self._listening is utterance:
                self._listening = None
            self._tell_state()

        def on_level(dbfs: float, speech: bool) -> None:
            now_s = time.monotonic()
            if self._listening is utterance and now_s - self._level_s >= _LEVEL_S:
                self._level_s = now_s
                message = Level(utterance_id=utterance.id, dbfs=round(dbfs, 1), speech=speech)
                self._client.notify("dictate/level", message)

        def on_partial(text: str) -> None:
            message = Partial(utterance_id=utterance.id, uri=utterance.uri, text=text)
            self._client.notify("dictate/partial", message)

        def on_trouble(line: str) -> None:
            self._client.tell("warning", f"Dictate: {line}")

        return Listener(on_phase, on_level, on_partial, on_trouble)

    def _shown(self) -> Utterance | None:
        return self._listening or (self._utterances[-1] if self._utterances else None)

    def _result(self) -> CommandResult:
        return CommandResult(utterance_id=self.utterance_id, state=self.state)

    def _tell_state(self) -> None:
        shown = self._shown()
        told = (self.state, shown.id if shown else None, shown.device if shown else None)
        if told == self._told:
            return
        self._told = told
        message = StateChange(
            state=told[0], utterance_id=told[1], uri=shown.uri if shown else None, device=told[2]
        )
        self._client.notify("dictate/state", message)

    def _tell_result(self, utterance: Utterance, result: Result) -> None:
        final = Final(
            utterance_id=utterance.id,
            uri=utterance.uri,
            outcome=result.ending,
            text=result.text,
            timings_ms={name: round(value, 1) for name, value in result.timings_ms.items()},
            audio_ms=round(result.audio_ms, 1),
        )
        if result.message is not None:
            final.message = result.message
            if not self._client.is_plugin:
                severity = {"failed": "error", "inserted": "warning"}.get(result.ending, "info")
                self._client.tell(severity, f"Dictate: {result.message}")  # type: ignore[arg-type]
        self._client.notify("dictate/final", final)


def _dictations(count: int) -> str:
    return "1 dictation" if count == 1 else f"{count} dictations"
