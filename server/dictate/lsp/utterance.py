"""One utterance: listens, decodes, waits for its turn, brings its text to its place."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dictate.dictation.session import Outcome, Session
from dictate.dictation.spool import SpooledUtterance
from dictate.errors import DictateError
from dictate.lsp.delivery import Delivery
from dictate.lsp.dictated import Dictated, placed
from dictate.lsp.document import Anchor
from dictate.lsp.protocol import Ending
from dictate.lsp.writing import Writing
from dictate.text.written import Command, Written

if TYPE_CHECKING:
    from dictate.text.heard import Heard

NOTHING_HEARD = "nothing heard"
TYPED = {"new_line": "\n", "new_paragraph": "\n\n", "tab": "\t"}
"""Commands that are keys, and what those type."""
_WORTH_A_WORD_MS = 500.0
"""A tap on the key with less sound than this gets no "nothing heard"."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Result:
    """How an utterance ended; `heard` is "" where that is not known or nobody asks."""

    ending: Ending
    text: str = ""
    message: str | None = None
    timings_ms: dict[str, float] = field(default_factory=dict)
    audio_ms: float = 0.0
    dictated: "Dictated | None" = None
    heard: str = ""


@dataclass(eq=False)
class Utterance:
    """From the command that began it to its one ending.

    Attributes:
        spooled: Its audio on disk.
        anchor: Where its text belongs; follows the document.
        previous: The one whose text has to land first.
        capture_lock: Held while it listens: one microphone, one listener.
        open_session: Makes the session; may block on the microphone, hence awaited.
        make_delivery: Makes the delivery, told what to call before each edit and when the text
            turns up late.
        writing: Makes what is written of what was said.
        obey: Carries out a spoken command, in its turn; returns why it could not.
        is_done: What was said ended the listening, and is not to be written.
        is_hands_free: A pause ends it, and silence is nothing to be told of.
        on_lost: Called when the microphone was taken away, before the next one may listen.
        session: Once it exists.
        release_wanted: The user let go before the session existed.
        cancel_wanted: The user cancelled; a cancelled task without it is a server that goes away.
        begun: Its task runs; one cancelled before would never close its spool.
        editing: An edit is under way: too late to cancel.
        decided: The result stands; what follows is putting things away.
        ended: Set when the result stands.
    """

    spooled: SpooledUtterance
    anchor: Anchor
    previous: "Utterance | None"
    capture_lock: asyncio.Lock
    open_session: "Callable[[Utterance], Awaitable[Session]]"
    make_delivery: Callable[[Anchor, Callable[[int], None], Callable[[], None]], Delivery]
    writing: Writing
    obey: Callable[[Command], Awaitable[str | None]]
    is_done: Callable[[str], bool] = lambda _text: False
    is_hands_free: bool = False
    on_lost: Callable[[], None] = lambda: None
    device: str | None = None
    session: Session | None = None
    release_wanted: bool = False
    cancel_wanted: bool = False
    begun: bool = False
    editing: bool = False
    decided: bool = False
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    task: "asyncio.Task[None] | None" = None

    @property
    def id(self) -> str:
        """Its name in messages and in the spool."""
        return self.spooled.id

    @property
    def uri(self) -> str:
        """The document that it belongs to, under its present name."""
        return self.anchor.uri

    def release(self) -> None:
        """The user lets go of the key."""
        self.release_wanted = True
        if self.session is not None:
            self.session.release()

    def cancel(self) -> bool:
        """The user wants no text; False when that is decided or the edit is under way."""
        if self.editing or self.decided or self.task is None:
            return False
        if not self.cancel_wanted:
            self.cancel_wanted = True
            if self.begun:
                self.task.cancel()
        return True

    async def run(self) -> Result:
        """Live through the whole utterance and close its spool.

        Raises:
            asyncio.CancelledError: the server goes away; the spool keeps the audio for the next
            one.
        """
        self.begun = True
        result = Result("cancelled")
        try:
            if not self.cancel_wanted:
                result = await self._run()
        except asyncio.CancelledError:
            if not self.cancel_wanted:
                self.spooled.leave()
                raise
            result = Result("cancelled")
        except DictateError as error:
            result = self._failed(str(error))
        except Exception:  # noqa: BLE001 - whatever it is, the audio is kept and the user told
            _log.exception("utterance %s", self.id)
            result = self._failed("Dictate failed inside: see its log")
        finally:
            self.decided = True
            if self.session is not None:
                self.session.close()
        self.spooled.end(result.ending, result.message or "")
        return result

    async def _run(self) -> Result:
        async with self.capture_lock:
            self.session = await self.open_session(self)
            if self.release_wanted:
                self.session.release()
            await self.session.capture()
            if self.session.is_lost:
                self.on_lost()
        outcome = await self.session.recognise()
        message = None
        if outcome.lost is not None:
            message = str(outcome.lost)
        elif outcome.too_long:
            message = "the dictation reached its longest length and was ended"
        if outcome.withheld and not outcome.text:
            return Result(
                "failed",
                message=f"not understood ({', '.join(outcome.withheld)}): say it again "
                "(the dictation is kept: retry decodes it again)",
                audio_ms=outcome.audio_ms,
            )
        if outcome.withheld and message is None:
            message = f"a part was not understood and left out ({', '.join(outcome.withheld)})"
        if not outcome.text:
            silence = None if self.is_hands_free else _silence(outcome)
            return Result("cancelled", message=message or silence, audio_ms=outcome.audio_ms)
        if self.is_done(outcome.text):
            return Result("cancelled", message=message, audio_ms=outcome.audio_ms)
        what, written = await self.writing.final(outcome.recognised)
        if self.previous is not None:
            await self.previous.ended.wait()
            self.previous = None
        if written.command is not None:
            if written.command.name not in TYPED:
                self.editing = True
                refused = await self.obey(written.command)
                return Result("cancelled", message=message or refused, audio_ms=outcome.audio_ms)
            written = Written(TYPED[written.command.name], is_code=True)
        return await self._deliver(what, written, outcome, message)

    async def _deliver(
        self, what: "Heard", written: Written, outcome: Outcome, message: str | None
    ) -> Result:
        turn_s = time.monotonic()

        def on_sent(attempt: int) -> None:
            self.editing = True
            self.spooled.note("edit_sent", attempt=attempt)

        def on_late() -> None:
            _log.info("the text of %s turned up late", self.id)
            self.spooled.found()

        delivery = self.make_delivery(self.anchor, on_sent, on_late)
        style = "code" if written.is_code else self.writing.style
        try:
            delivered = await delivery.deliver(written.text, style)
        except DictateError as error:
            return Result(
                "failed", written.text, str(error), audio_ms=outcome.audio_ms, heard=what.text
            )
        timings_ms = outcome.timings_ms()
        texted_s = outcome.recognised.last_text_s or turn_s
        timings_ms["turn"] = 1000 * max(0.0, turn_s - max(texted_s, outcome.captured_s))
        timings_ms.update(delivered.timings_ms)
        timings_ms["total"] = 1000 * (time.monotonic() - outcome.released_s)
        if delivered.range is None:
            return Result("cancelled", message=NOTHING_HEARD, audio_ms=outcome.audio_ms)
        spans = placed(written.spans, written.text, delivered.text)
        dictated = Dictated(self.id, delivered.range, what, written, delivered.text, spans)
        return Result(
            "inserted", dictated.core, message, timings_ms, outcome.audio_ms, dictated, what.text
        )

    def _failed(self, line: str) -> Result:
        audio_ms = self.session.audio_ms if self.session is not None else 0.0
        if audio_ms > 0:
            line += " (the dictation is kept: retry inserts it)"
        return Result("failed", message=line, audio_ms=audio_ms)


def _silence(outcome: Outcome) -> str | None:
    return NOTHING_HEARD if outcome.audio_ms >= _WORTH_A_WORD_MS else None
