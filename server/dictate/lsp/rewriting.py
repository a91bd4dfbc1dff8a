"""Give a dictated text that stands in a document another spelling, or take it away.

As with deliveries, an answer alone proves nothing: the text is replaced when the document that the
editor reports says so. Sent twice it does no harm, since a range that has the text already is left
alone.
"""

import asyncio
import time

from dictate.lsp.delivery import ANSWER_S, SEEN_S, DeliveryError, EditingClient
from dictate.lsp.document import Document, ExpectedRewrite, TrackedRange
from dictate.lsp.documents import Documents
from dictate.lsp.planner import plan_rewrite

_ATTEMPTS = 10
_CLOSED = "the document is closed: open it again, then retry"
_READ_ONLY = "the document is read-only: make it writable, then retry"


class Rewriter:
    """Replaces texts in the documents of one editor."""

    def __init__(self, documents: Documents, client: EditingClient) -> None:
        """Take what it works on."""
        self._documents = documents
        self._client = client

    async def rewrite(self, utterance_id: str, tracked: TrackedRange, text: str) -> None:
        """Make `text` of what stands in the range, which has it then.

        Raises:
            DeliveryError: the document is closed or read-only, or the editor did not do it; one
            line.
        """
        for _ in range(_ATTEMPTS):
            document = self._documents.get(tracked.uri)
            # A document that was closed and opened anew does not know the range.
            if document is None or tracked not in document.ranges:
                raise DeliveryError(_CLOSED)
            if document.text[tracked.start : tracked.end] == text:
                return
            if await self._try(utterance_id, document, tracked, text):
                return
        raise DeliveryError("the document changed all the time: retry when it is quiet")

    async def _try(
        self, utterance_id: str, document: Document, tracked: TrackedRange, text: str
    ) -> bool:
        """Send one edit; False when it was dropped because the document had moved on."""
        seen = asyncio.Event()
        expected = ExpectedRewrite(tracked, text, lambda _version: seen.set())
        edit = plan_rewrite(document, tracked, text)
        document.rewrites.append(expected)
        try:
            answering = asyncio.ensure_future(self._client.apply(utterance_id, edit))
            await asyncio.wait({answering}, timeout=ANSWER_S)
            if not answering.done():
                raise DeliveryError(
                    f"the editor did not answer within {ANSWER_S:.0f} s: look at the text"
                )
            answer = answering.result()
            if not answer.applied:
                if answer.reason == "closed":
                    raise DeliveryError(_CLOSED)
                if answer.reason == "readonly":
                    raise DeliveryError(_READ_ONLY)
                if answer.reason != "stale" and document.version == edit.version:
                    raise DeliveryError("the editor refused the edit: the text stays as it is")
            until_s = time.monotonic() + SEEN_S
            while not seen.is_set():
                if document.version != edit.version:
                    # Together with other changes, or not at all.
                    return _take_over(document, tracked, text)
                if time.monotonic() > until_s:
                    raise DeliveryError("the editor did not show the change: look at the text")
                await asyncio.sleep(0.01)
            return True
        finally:
            if expected in document.rewrites:
                document.rewrites.remove(expected)


def _take_over(document: Document, tracked: TrackedRange, text: str) -> bool:
    """Whether the text stands where the range begins, however it came there."""
    if document.text.startswith(text, tracked.start) and text:
        tracked.end = tracked.start + len(text)
        return True
    return document.text[tracked.start : tracked.end] == text
