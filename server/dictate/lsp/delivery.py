"""Bring a text into a document exactly once, and know that it is there.

An answer alone proves nothing: editors answer "applied" to edits that they dropped. The text is
there when the document that the editor reports has it. While an edit is under way no second one is
sent; a new one is planned only after the editor has answered and its document has moved past the
version the edit was for.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from dictate.errors import DictateError
from dictate.lsp.anchor import difference
from dictate.lsp.document import Anchor, Document, ExpectedInsertion, TrackedRange
from dictate.lsp.documents import Documents
from dictate.lsp.planner import PlannedEdit, Style, plan

ANSWER_S = 10.0
"""An editor that has not answered by then gets no second edit: the utterance is kept."""
SEEN_S = 5.0
"""How long after its answer an editor may take to report the change; busy ones took over two."""
_SETTLE_S = 0.35
"""Editors collect changes for 150 ms: only then a newer document without our text means a drop."""
_REOPEN_S = 1.0
"""A document that was just closed may come back (reload, rename)."""
_ACKNOWLEDGE_S = 1.0
"""How long an answer is waited for when the text stands in the document already."""
_ATTEMPTS = 25
FAULT = "error"
"""Reason of an answer that is none: the editor failed, before or after it made the edit."""
_CLOSED = (
    "the document was closed before the text arrived: the dictation is kept, retry inserts it "
    "at the cursor"
)
_READ_ONLY = (
    "the document is read-only: the dictation is kept, make it writable or go to another and retry"
)
_REFUSED = "the editor refused the edit: the dictation is kept, retry inserts it at the cursor"
_NOT_SHOWN = (
    "the editor did not show the text in the document: look whether it is there; if not, retry"
)
_REASONS = {"stale": "", "closed": _CLOSED, "readonly": _READ_ONLY}

_log = logging.getLogger(__name__)


class DeliveryError(DictateError):
    """The text could not be brought into the document; the utterance is kept."""


@dataclass(frozen=True)
class Answer:
    """An editor's answer to an edit; `reason` is "stale", "closed", "readonly" or its own words."""

    applied: bool
    reason: str | None = None


class EditingClient(Protocol):
    """The editor, as far as edits go."""

    async def apply(self, utterance_id: str, edit: PlannedEdit) -> Answer:
        """Send a versioned edit and wait for the answer; must not be cancelled half-way."""


@dataclass
class Delivered:
    """What was inserted and where."""

    uri: str
    text: str
    version: int
    range: TrackedRange | None = None
    """Where it stands from now on; None where nothing was to be inserted."""
    timings_ms: dict[str, float] = field(default_factory=dict)


class Delivery:
    """Brings one utterance's text to its anchor."""

    def __init__(
        self,
        documents: Documents,
        client: EditingClient,
        utterance_id: str,
        anchor: Anchor,
        on_sent: Callable[[int], None],
        on_late: Callable[[], None],
    ) -> None:
        """Prepare.

        Args:
            documents: What the editor has open.
            client: Who applies edits.
            utterance_id: For our plugins, which acknowledge it.
            anchor: Where the text belongs.
            on_sent: Called before every edit that is sent, with the attempt's number.
            on_late: Called when the text turns up after the delivery was given up.
        """
        self._documents = documents
        self._client = client
        self._utterance_id = utterance_id
        self._anchor = anchor
        self._on_sent = on_sent
        self._on_late = on_late

    async def deliver(self, text: str, style: Style = "place") -> Delivered:
        """Insert `text`, fitted in that style.

        Raises:
            DeliveryError: the document is closed or read-only, or the editor did not do it; one
            line.
        """
        begun_s = time.monotonic()
        for attempt in range(1, _ATTEMPTS + 1):
            document = await self._document()
            edit = plan(document, self._anchor.offset, text, style)
            if not edit.new_text:
                return Delivered(edit.uri, "", edit.version)
            planned_s = time.monotonic()
            self._on_sent(attempt)
            delivered = await self._try(document, edit)
            if delivered is not None:
                delivered.timings_ms = {
                    "plan": 1000 * (planned_s - begun_s),
                    "edit": 1000 * (time.monotonic() - planned_s),
                }
                return delivered
            _log.info("edit %d for version %d was stale", attempt, edit.version)
        raise DeliveryError(
            "the document changed all the time: the dictation is kept, retry when it is quiet"
        )

    async def _document(self) -> Document:
        until_s = time.monotonic() + _REOPEN_S
        while (document := self._documents.get(self._anchor.uri)) is None:
            if time.monotonic() > until_s:
                raise DeliveryError(_CLOSED)
            await asyncio.sleep(0.02)
        return document

    async def _try(self, document: Document, edit: PlannedEdit) -> Delivered | None:
        """Send one edit; None when it was dropped because the document had moved on."""
        seen: asyncio.Future[Delivered] = asyncio.get_running_loop().create_future()

        def on_seen(version: int) -> None:
            if not seen.done():
                stands = document.track(expected.offset, expected.offset + len(edit.new_text))
                seen.set_result(Delivered(edit.uri, edit.new_text, version, stands))

        expected = ExpectedInsertion(edit.offset, edit.new_text, on_seen)
        document.expect(expected)
        before = document.text
        answering = asyncio.ensure_future(self._client.apply(self._utterance_id, edit))
        waiting: set[asyncio.Future[Any]] = {answering, seen}
        await asyncio.wait(waiting, timeout=ANSWER_S, return_when=asyncio.FIRST_COMPLETED)
        if seen.done():
            await asyncio.wait({answering}, timeout=_ACKNOWLEDGE_S)
            return seen.result()
        if not answering.done():
            self._watch_on(expected)
            raise DeliveryError(
                f"the editor did not answer within {ANSWER_S:.0f} s: look whether the text is "
                "there; if not, retry"
            )
        answer = answering.result()
        if answer.reason in _REASONS and not answer.applied:
            document.stop_expecting(expected)
            if answer.reason == "stale":
                return None
            raise DeliveryError(_REASONS[answer.reason])
        # A plain "no" to an edit for an old version is to be believed; a fault or a "yes" is not.
        settle_s = _SETTLE_S if answer.applied or answer.reason == FAULT else 0.0
        answered_s = time.monotonic()
        while not seen.done():
            waited_s = time.monotonic() - answered_s
            gone = self._documents.get(edit.uri) is not document
            stale = document.version != edit.version and waited_s >= settle_s
            if gone or (stale and not _alike(before, document.text, edit)):
                document.stop_expecting(expected)
                return None
            if not answer.applied and not stale and waited_s > _SETTLE_S:
                if answer.reason == FAULT:
                    # It may have made the edit, and be slow to report it.
                    self._watch_on(expected)
                else:
                    document.stop_expecting(expected)
                raise DeliveryError(_REFUSED)
            if waited_s > SEEN_S:
                self._watch_on(expected)
                raise DeliveryError(_NOT_SHOWN)
            await asyncio.wait({seen}, timeout=0.02)
        return seen.result()

    def _watch_on(self, expected: ExpectedInsertion) -> None:
        """Keep looking after giving up: a text that turns up late must not be offered again."""
        expected.seen = lambda _version: self._on_late()


def _alike(before: str, after: str, edit: PlannedEdit) -> bool:
    """Tell whether what changed looks like our text after all, altered by somebody."""
    change = difference(before, after)
    old_words = set(before[change.start : change.end].split())
    words = edit.new_text.split()
    new_words = set(change.text.split()) - old_words
    return sum(word in new_words for word in words) * 2 >= len(words)
