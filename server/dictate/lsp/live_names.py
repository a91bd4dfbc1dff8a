"""The names that may be said in a document: kept up to date while it is edited.

The event loop only notes what changed. Reading names, which takes milliseconds, happens on an
executor's thread: as soon as possible after a change, and before anybody asks for them.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pygls.uris import to_fs_path

from dictate.lsp.anchor import Replacement
from dictate.lsp.document import Document

if TYPE_CHECKING:
    from dictate.text.names.index import NameIndex
    from dictate.text.names.name import Name
    from dictate.text.names.project import ProjectNames
    from dictate.text.place import Kind

_MOST_CHANGES: Final = 200
"""More of them at once (a macro, a formatter) are dearer than reading the document anew."""
_RECENT_DOCUMENTS: Final = 8

_log = logging.getLogger(__name__)
_reading = threading.Lock()
"""Held while names are read: the parsers are shared by all documents of a language."""


class LiveNames:
    """The names of one open document, by an index that follows it."""

    def __init__(self, document: Document, executor: Executor) -> None:
        """Begin to follow; the names are read in the background."""
        self.document = document
        self.editor_names: list[Name] = []
        self.project_names: list[Name] = []
        self.reading: Future[list[Name]] | None = None
        """Of the project's names, under way or done."""
        self._executor = executor
        # Of the notes alone; never held while names are read, so that the loop never waits.
        self._notes_lock = threading.Lock()
        self._index: NameIndex | None = None
        self._changes: list[Replacement] = []
        self._whole: tuple[str, str] | None = (document.text, document.language_id)
        self._is_settling = False
        document.watchers.append(self._changed)
        self._settle_soon()

    def leave(self) -> None:
        """Stop following."""
        if self._changed in self.document.watchers:
            self.document.watchers.remove(self._changed)

    def ranked(self, offset: int) -> tuple[list[Name], list[Name]]:
        """The names that could be said at a place, those worth listening for and all of them.

        On an executor's thread.
        """
        with _reading:
            index = self._settled()
            return index.ranked(offset), index.ranked(offset, everything=True)

    def kind_at(self, offset: int) -> Kind:
        """What a place lies in; on an executor's thread."""
        with _reading:
            return self._settled().kind_at(offset)

    def _changed(self, change: Replacement) -> None:
        """On the event loop: note it."""
        with self._notes_lock:
            if self._whole is not None or len(self._changes) >= _MOST_CHANGES:
                self._changes = []
                self._whole = (self.document.text, self.document.language_id)
            else:
                self._changes.append(change)
        self._settle_soon()

    def _settle_soon(self) -> None:
        if not self._is_settling:
            self._is_settling = True
            self._executor.submit(self._settle)

    def _settle(self) -> None:
        try:
            with _reading:
                # What comes from here on asks for another turn.
                self._is_settling = False
                self._settled()
        except Exception as error:  # noqa: BLE001 - names help; without them dictation goes on
            # Its message could hold what stands in the document.
            _log.error("%s: the names of a document cannot be read", type(error).__name__)

    def _settled(self) -> NameIndex:
        """The index, up to date; the lock is held."""
        from dictate.text.names.index import NameIndex

        with self._notes_lock:
            whole, self._whole = self._whole, None
            changes, self._changes = self._changes, []
        if whole is not None:
            self._index = NameIndex(*whole)
        assert self._index is not None
        for change in changes:
            self._index.edit(change.start, change.end, change.text)
        return self._index


class NameSources:
    """The live names of all open documents, and what else may be said in them."""

    def __init__(self, executor: Executor) -> None:
        """Read on the executor's threads."""
        self.roots: list[Path] = []
        self.reads_project = True
        self._executor = executor
        self._live: dict[Document, LiveNames] = {}
        self._project: ProjectNames | None = None
        self._recent: list[Document] = []
        self._closed: list[Path] = []

    def of(self, document: Document) -> LiveNames:
        """The names of an open document, read in the background from the first call on."""
        live = self._live.get(document)
        if live is None:
            live = self._live[document] = LiveNames(document, self._executor)
        if document not in self._recent[:1]:
            self._recent = [document, *(each for each in self._recent if each is not document)]
            del self._recent[_RECENT_DOCUMENTS:]
            self._read_project_soon(live)
        return live

    def forget(self, document: Document) -> None:
        """It was closed; what it brought to the project's names stays a while."""
        live = self._live.pop(document, None)
        if live is None:
            return
        live.leave()
        self._recent = [each for each in self._recent if each is not document]
        if (path := path_of(document.uri)) is not None:
            self._closed = [path, *(each for each in self._closed if each != path)]
            del self._closed[_RECENT_DOCUMENTS:]

    def close(self) -> None:
        """Read nothing any more."""
        if self._project is not None:
            self._project.close()

    def take_symbols(self, document: Document, symbols: Sequence[dict[str, Any]]) -> None:
        """The editor's other language servers know these names of a document."""
        from dictate.text.names.editor_symbols import editor_names

        self.of(document).editor_names = editor_names(symbols)

    def _read_project_soon(self, live: LiveNames) -> None:
        if not self.reads_project:
            return
        from dictate.text.names.project import OpenDocument, ProjectNames

        def of(document: Document) -> OpenDocument:
            return OpenDocument(path_of(document.uri), document.language_id, document.text)

        document = of(live.document)
        others = [of(each) for each in self._recent if each is not live.document]
        edited = list(self._closed)
        if self._project is None:
            self._project = ProjectNames(self.roots)

        def take(reading: Future[list[Name]]) -> None:
            if not reading.cancelled() and (error := reading.exception()) is None:
                live.project_names = reading.result()
            elif not reading.cancelled():
                _log.error("%s: the project's names cannot be read", type(error).__name__)

        live.reading = self._project.submit(document, others, edited)
        live.reading.add_done_callback(take)


def path_of(uri: str) -> Path | None:
    """The file that a document's URI names; None for one that is none."""
    path = to_fs_path(uri) if uri.startswith("file:") else None
    return None if path is None else Path(path)
