"""The commands and the one state that the user sees: who listens, who finishes, what lands when.

All methods are called on the event loop and return at once; the work runs in one task per
utterance. Texts land in the order in which they were begun.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from dictate.dictation.session import Listener, Phase, Session
from dictate.dictation.spool import Spool, SpooledUtterance
from dictate.engine.protocol import Hypothesis
from dictate.errors import DictateError
from dictate.lsp.client import EditorClient
from dictate.lsp.delivery import Delivery
from dictate.lsp.document import Anchor, Document
from dictate.lsp.documents import Documents
from dictate.lsp.hands_free import HandsFree
from dictate.lsp.planner import preview
from dictate.lsp.proofing import Proofing
from dictate.lsp.protocol import CommandArgument, CommandResult, Mode, PlaceResult, State
from dictate.lsp.reports import Reports
from dictate.lsp.utterance import Utterance
from dictate.lsp.writing import Writing, Writings

_log = logging.getLogger(__name__)


class CommandError(DictateError):
    """A command that cannot be carried out."""


class SessionFactory(Protocol):
    """Makes sessions with the present settings."""

    async def live(
        self, file: str | None, *, realtime: bool, spooled: SpooledUtterance, document: Document,
        offset: int, writing: Writing, listener: Listener, hands_free: HandsFree | None = None,
    ) -> tuple[Session, str]:  # fmt: skip
        """Return a session on the microphone or a recording, and the name of that."""

    def hands_free(self, argument: CommandArgument) -> HandsFree:
        """Return a stretch of hands-free listening."""

    def rest(self) -> None:
        """Nobody listens any more."""

    async def kept(
        self, spooled: SpooledUtterance, document: Document, offset: int, writing: Writing,
        listener: Listener,
    ) -> tuple[Session, str]:  # fmt: skip
        """Return a session on what lies in the spool."""


_Open = Callable[[Utterance, Document, Writing, Listener], Awaitable[tuple[Session, str]]]


class Controller:
    """Everything that dictation is to an editor."""

    def __init__(
        self,
        documents: Documents,
        client: EditorClient,
        spool: Spool,
        sessions: SessionFactory,
        writings: Writings,
        proofing: Proofing,
    ) -> None:
        """Take the parts that it commands."""
        self.documents = documents
        self.writings = writings
        self.proofing = proofing
        self.spool = spool
        self._client = client
        self._sessions = sessions
        self.reports = Reports(client)
        self._listening: Utterance | None = None
        self._hands_free: HandsFree | None = None
        self._utterances: list[Utterance] = []
        self._capture_lock = asyncio.Lock()

    @property
    def state(self) -> State:
        """What the user sees."""
        if self._listening is not None:
            session = self._listening.session
            return session.phase if session is not None else "starting"
        return "finishing" if self._utterances else "idle"

    @property
    def mode(self) -> Mode:
        """Who ends a dictation."""
        return "manual" if self._hands_free is None else self._hands_free.mode

    @property
    def utterance_id(self) -> str | None:
        """The utterance that the state is about."""
        utterance = self._shown()
        return utterance.id if utterance is not None else None

    def toggle(self, argument: CommandArgument) -> CommandResult:
        """Stop listening, or start."""
        return self.stop() if self._listening is not None else self.start(argument)

    def hands_free(self, argument: CommandArgument) -> CommandResult:
        """Listen on and on, each pause ending a dictation; or stop that.

        Raises:
            CommandError: there is no document to dictate into.
            SpoolError: the audio cannot be kept.
        """
        if self._hands_free is not None:
            return self.stop()
        self.stop()
        self._hands_free = self._sessions.hands_free(argument)
        try:
            return self.start(argument)
        except DictateError:
            self._end_hands_free()
            raise

    def place(self, argument: CommandArgument) -> PlaceResult:
        """Hands-free, and nobody speaks: the next text goes there. Otherwise nothing changes.

        Raises:
            CommandError: the document is not open.
        """
        utterance = self._listening
        may_move = (
            self._hands_free is not None
            and utterance is not None
            and (utterance.session is None or not utterance.session.has_speech)
        )
        if may_move and utterance is not None:
            document, anchor = self._place(argument)
            self.documents.forget(utterance.anchor)
            utterance.anchor = anchor
            utterance.writing = self._writing(document, anchor)
        return PlaceResult(utterance_id=self.utterance_id, state=self.state, placed=may_move)

    def start(self, argument: CommandArgument) -> CommandResult:
        """Begin to listen; while something listens already, nothing changes.

        Raises:
            CommandError: there is no document to dictate into.
            SpoolError: the audio cannot be kept.
        """
        if self._listening is not None:
            return self._result()
        self._listen(*self._place(argument), argument)
        self._tell_state()
        return self._result()

    def _listen(self, document: Document, anchor: Anchor, argument: CommandArgument) -> None:
        hands_free = self._hands_free

        async def open_session(
            utterance: Utterance, document: Document, writing: Writing, listener: Listener
        ) -> tuple[Session, str]:
            return await self._sessions.live(
                argument.file,
                realtime=argument.realtime,
                spooled=utterance.spooled,
                document=document,
                offset=utterance.anchor.offset,
                writing=writing,
                listener=listener,
                hands_free=hands_free,
            )

        try:
            spooled = self.spool.create()
        except DictateError:
            document.forget(anchor)
            raise
        self._listening = self._begin(
            spooled, document, anchor, self._capture_lock, open_session, hands_free
        )

    def stop(self) -> CommandResult:
        """Let go: what was said is decoded and inserted. Nothing changes when nothing listens."""
        self._end_hands_free()
        utterance = self._listening
        if utterance is None:
            return self._result()
        self._listening = None
        utterance.release()
        self._tell_state()
        return CommandResult(utterance_id=utterance.id, state=self.state)

    def cancel(self) -> CommandResult:
        """Drop what is being said, else everything that is not on its way into a document."""
        self._end_hands_free()
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
                utterance: Utterance, document: Document, writing: Writing, listener: Listener
            ) -> tuple[Session, str]:
                return await self._sessions.kept(
                    utterance.spooled, document, utterance.anchor.offset, writing, listener
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
        elif document.text and not document.knows_place and not self._client.is_plugin:
            raise CommandError(
                "the editor has not told where the cursor is: take the code action “Dictate here”, "
                "or type something there first"
            )
        return document, document.place(offset)

    def _writing(self, document: Document, anchor: Anchor) -> Writing:
        hands_free = self._hands_free
        preset = None if hands_free is None else hands_free.preset
        return self.writings.begin(document, anchor.offset, preset)

    def _begin(
        self,
        spooled: SpooledUtterance,
        document: Document,
        anchor: Anchor,
        lock: asyncio.Lock,
        open_session: _Open,
        hands_free: HandsFree | None = None,
    ) -> Utterance:
        self.proofing.look()
        writing = self._writing(document, anchor)

        async def open_for(utterance: Utterance) -> Session:
            session, utterance.device = await open_session(
                utterance, document, writing, self._listener(utterance, hands_free)
            )
            return session

        def is_done(text: str) -> bool:
            if hands_free is None or not hands_free.is_stop(text):
                return False
            if hands_free is self._hands_free:
                self.stop()
            return True

        def on_lost() -> None:
            # A pause may have begun the next dictation already: it would fail for the same reason,
            # and the user be told twice.
            if hands_free is not None and hands_free is self._hands_free:
                self.stop()

        utterance = Utterance(
            spooled=spooled,
            anchor=anchor,
            previous=self._utterances[-1] if self._utterances else None,
            capture_lock=lock,
            open_session=open_for,
            make_delivery=lambda place, on_sent, on_late: Delivery(
                self.documents, self._client, spooled.id, place, on_sent, on_late
            ),
            writing=writing,
            obey=self.proofing.obey,
            is_done=is_done,
            is_hands_free=hands_free is not None,
            on_lost=on_lost,
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
                # It ended before it listened, or while: a fault, which the next one would meet too.
                self._listening = None
                self._end_hands_free()
            utterance.ended.set()
            if not self._utterances:
                self._sessions.rest()
        _log.info(
            "%s %s after %.0f ms of sound%s",
            utterance.id,
            result.ending,
            result.audio_ms,
            "".join(f", {name} {value:.0f}" for name, value in result.timings_ms.items()),
        )
        if result.dictated is not None:
            self.proofing.inserted(result.dictated)
        self.reports.end(utterance, result, self.documents.get(utterance.uri))
        self._tell_state()

    def _listener(self, utterance: Utterance, hands_free: HandsFree | None) -> Listener:
        def on_phase(phase: Phase) -> None:
            if phase == "finishing" and self._listening is utterance:
                self._listening = None
                if hands_free is not None and hands_free is self._hands_free:
                    self._go_on(utterance, hands_free)
            self._tell_state()

        def on_level(dbfs: float, speech: bool) -> None:
            if self._listening is utterance:
                self.reports.level(utterance, dbfs, speech=speech)

        def on_partial(partial: Hypothesis) -> None:
            document = self.documents.get(utterance.uri)
            if document is None:
                return
            writing = utterance.writing
            text = writing.partial(partial.text)
            same = partial.committed == partial.text
            committed = text if same else writing.partial(partial.committed)
            shown = preview(document, utterance.anchor.offset, text, committed, writing.style)
            self.reports.partial(utterance, shown)

        def on_trouble(line: str) -> None:
            self._client.tell("warning", f"Dictate: {line}")

        def on_speech() -> None:
            if hands_free is not None:
                hands_free.heard_speech()

        return Listener(on_phase, on_level, on_partial, on_trouble, on_speech)

    def _go_on(self, utterance: Utterance, hands_free: HandsFree) -> None:
        """One dictation of a hands-free stretch has ended: listen to the next."""
        ended_by = utterance.session.ended_by if utterance.session is not None else "source"
        document = self.documents.get(utterance.uri)
        if ended_by not in ("pause", "idle", "limit") or document is None:
            self._end_hands_free()
        elif hands_free.is_idle:
            self._end_hands_free("nobody has spoken for a while: stopped listening")
        else:
            if ended_by == "pause":
                hands_free.heard_pause()
            anchor = document.place(utterance.anchor.offset)
            try:
                self._listen(document, anchor, hands_free.argument)
            except DictateError as error:
                self._end_hands_free(str(error))

    def _end_hands_free(self, line: str | None = None) -> None:
        """Listen no further than to what is being said."""
        if self._hands_free is None:
            return
        self._hands_free.end()
        self._hands_free = None
        if line is not None:
            self._client.tell("info", f"Dictate: {line}")

    def _shown(self) -> Utterance | None:
        return self._listening or (self._utterances[-1] if self._utterances else None)

    def _result(self) -> CommandResult:
        return CommandResult(utterance_id=self.utterance_id, state=self.state)

    def _tell_state(self) -> None:
        self.reports.state(self.state, self.mode, self._shown())


def _dictations(count: int) -> str:
    return "1 dictation" if count == 1 else f"{count} dictations"
