"""All open documents, and the place to dictate when a client names none."""

import time
from dataclasses import dataclass

from dictate.lsp.document import Anchor, Change, Document, PositionEncoding

_REOPEN_S = 5.0
"""A document that comes back this soon after it was closed (reloaded, renamed) keeps its places."""


@dataclass(frozen=True)
class _Closed:
    document: Document
    at_s: float


class Documents:
    """The open documents by URI."""

    def __init__(self, encoding: PositionEncoding = "utf-16") -> None:
        self.encoding: PositionEncoding = encoding
        self._open: dict[str, Document] = {}
        self._closed: list[_Closed] = []
        self._touched: str | None = None

    def open(self, uri: str, language_id: str, version: int, text: str) -> Document:
        """A client opened a document; one that was just closed under any name is continued."""
        document = self._take_closed(uri, text)
        if document is None:
            document = Document(uri, language_id, version, text, self.encoding)
        else:
            # As one change of the same document: its places and the insertions it waits for live
            # on.
            document.uri, document.language_id = uri, language_id
            for anchor in document.anchors:
                anchor.uri = uri
            for tracked in document.ranges:
                tracked.uri = uri
            last_place = document.last_place
            document.apply(version, [Change(text)])
            document.last_place = min(last_place, len(text))
        self._open[uri] = document
        self._touched = uri
        return document

    def change(self, uri: str, version: int, changes: list[Change]) -> None:
        """A client changed a document; one that was never opened is ignored."""
        document = self._open.get(uri)
        if document is not None:
            document.apply(version, changes)
            document.knows_place = True
            self._touched = uri

    def close(self, uri: str) -> Document | None:
        """A client closed a document; its places are kept for a moment, in case it comes back."""
        document = self._open.pop(uri, None)
        if document is None:
            return None
        now_s = time.monotonic()
        self._closed = [closed for closed in self._closed if now_s - closed.at_s < _REOPEN_S]
        self._closed.append(_Closed(document, now_s))
        if self._touched == uri:
            self._touched = next(reversed(self._open), None)
        return document

    def get(self, uri: str) -> Document | None:
        """Return an open document."""
        return self._open.get(uri)

    def all(self) -> list[Document]:
        """Return every open document."""
        return list(self._open.values())

    def touch(self, uri: str, offset: int) -> None:
        """Remember where the user last was."""
        document = self._open.get(uri)
        if document is not None:
            document.last_place = min(max(offset, 0), len(document.text))
            document.knows_place = True
            self._touched = uri

    def last_touched(self) -> Document | None:
        """Return the document that the user last did something in."""
        return self._open.get(self._touched) if self._touched is not None else None

    def forget(self, anchor: Anchor) -> None:
        """Stop following a place."""
        for document in [*self._open.values(), *(closed.document for closed in self._closed)]:
            document.forget(anchor)

    def _take_closed(self, uri: str, text: str) -> Document | None:
        """Return the just closed document that `uri` continues: same name, else same text."""
        now_s = time.monotonic()
        recent = [closed for closed in self._closed if now_s - closed.at_s < _REOPEN_S]
        found = next((closed for closed in recent if closed.document.uri == uri), None) or next(
            (closed for closed in recent if closed.document.text == text and text), None
        )
        self._closed = [closed for closed in recent if closed is not found]
        return found.document if found is not None else None
