"""Names of the other files of a project: what a document imports, what is open, what was edited."""

from __future__ import annotations

import os
import stat
from collections import Counter, OrderedDict
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from dictate.text.languages import language
from dictate.text.names import ranking
from dictate.text.names.imports import Wanted, imports
from dictate.text.names.lexer import lex
from dictate.text.names.merge import merged
from dictate.text.names.name import Name

MAX_FILES: Final = 30
MAX_FILE_BYTES: Final = 200_000
MAX_NAMES: Final = 2_000

_MAX_LOOK_UPS = 4_000  # for all imports of a document together; some 10 microseconds each
_MAX_DIRECTORY_ENTRIES = 1_000
_FILES_OF_A_DIRECTORY = 8
_NAMES_OF_A_FILE = 300
_CACHED_FILES = 500
_IMPORTED_CHARACTERS = 100_000  # imports stand at the top
_HOMES = ("", "src", "lib", "include", "app", "src/main/java", "src/main/kotlin", "src/main/scala")

_ELSEWHERE = -1.0  # what a name is worth less for being of another file
_USED_ONLY = -1.0  # and for not being defined there
_LATER = -0.05  # for each file that comes before it

_SUFFIXES = {
    "python": "py pyi", "javascript": "js mjs cjs jsx", "typescript": "ts tsx", "go": "go",
    "rust": "rs", "c": "c h", "cpp": "cc cpp cxx hh hpp hxx", "java": "java kt", "csharp": "cs",
    "ruby": "rb", "lua": "lua", "shellscript": "sh bash zsh",
}  # fmt: skip
_LANGUAGES = {f".{end}": name for name, ends in _SUFFIXES.items() for end in ends.split()}


@dataclass(frozen=True, slots=True)
class OpenDocument:
    """A document of the editor.

    Attributes:
        path: None where it is not a file.
        language_id: as editors name it.
        text: as the editor has it, saved or not.
    """

    path: Path | None
    language_id: str
    text: str


class ProjectNames:
    """Reads other files for their names, each again only when it has changed.

    Files are looked for within the project alone, the nearest directory with a `.git` or the
    editor's workspace folder; what a link leads out of it to is not read, nor what is binary.
    """

    def __init__(self, workspace_folders: Sequence[Path] = ()) -> None:
        self.workspace_folders = tuple(workspace_folders)
        self._cache: OrderedDict[Path, tuple[tuple[int, int], tuple[Name, ...]]] = OrderedDict()
        self._texts: OrderedDict[tuple[str, str], tuple[Name, ...]] = OrderedDict()
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="dictate-names")

    def submit(
        self,
        document: OpenDocument,
        others: Sequence[OpenDocument] = (),
        edited: Sequence[Path] = (),
    ) -> Future[list[Name]]:
        """Do what `names` does on a thread of its own."""
        return self._worker.submit(self.names, document, others, edited)

    def close(self) -> None:
        """Let the thread go; what was not begun is cancelled."""
        self._worker.shutdown(wait=False, cancel_futures=True)

    def names(
        self,
        document: OpenDocument,
        others: Sequence[OpenDocument] = (),
        edited: Sequence[Path] = (),
    ) -> list[Name]:
        """Names that the document may use, and those of the files beside it.

        It reads files: not for a thread that has to answer. At most one call at a time.

        Args:
            document: the one that is dictated into.
            others: the editor's other documents, the one that was last edited first.
            edited: files that were edited and are not open any more, the last one first.

        Returns:
            Each name once, the best first, at most 2,000.
        """
        files: list[tuple[Name, ...]] = []
        opened = {other.path: other for other in others if other.path is not None}
        seen = {document.path}
        for path in self._wanted(document, edited):
            if len(files) >= MAX_FILES:
                break
            if path not in seen:
                seen.add(path)
                is_open = path in opened
                files.append(self._names_of_document(opened[path]) if is_open else self._read(path))
        for other in others:
            if len(files) < MAX_FILES and (other.path is None or other.path not in seen):
                files.append(self._names_of_document(other))
        return merged(*map(_later, files, range(len(files))), limit=MAX_NAMES)

    def _wanted(self, document: OpenDocument, edited: Sequence[Path]) -> Iterator[Path]:
        """Files of the project, the most wanted first."""
        if document.path is not None and document.path.is_absolute():
            place = _resolved(document.path)
            root = self._root(place)
            look_ups = iter(range(_MAX_LOOK_UPS))
            for wanted in imports(document.text[:_IMPORTED_CHARACTERS], document.language_id):
                for path in _found(wanted, place, root, look_ups):
                    if _is_within(path, root):
                        yield path
            for path in edited:
                if _is_within(path, root):
                    yield path

    def _root(self, document: Path) -> Path:
        for directory in document.parents:
            if os.path.lexists(directory / ".git"):
                return directory
        folders = map(_resolved, self.workspace_folders)
        around = [folder for folder in folders if document.is_relative_to(folder)]
        return max(around, key=lambda folder: len(folder.parts), default=document.parent)

    def _read(self, path: Path) -> tuple[Name, ...]:
        try:
            status = path.stat()
            key = (status.st_mtime_ns, status.st_size)
            cached = self._cache.get(path)
            if cached is not None and cached[0] == key:
                self._cache.move_to_end(path)
                return cached[1]
            if not stat.S_ISREG(status.st_mode):
                return ()
            with path.open("rb") as file:
                content = file.read(MAX_FILE_BYTES)
        except (OSError, ValueError):
            return ()
        names: tuple[Name, ...] = ()
        if b"\0" not in content:
            if len(content) == MAX_FILE_BYTES:
                content = content[: content.rfind(b"\n") + 1]
            text = content.decode("utf-8", "replace")
            names = _names_of(text, _LANGUAGES.get(path.suffix.lower(), path.suffix[1:]))
        self._cache[path] = key, names
        while len(self._cache) > _CACHED_FILES:
            self._cache.popitem(last=False)
        return names

    def _names_of_document(self, document: OpenDocument) -> tuple[Name, ...]:
        key = (document.language_id, document.text[:MAX_FILE_BYTES])
        names = self._texts.get(key)
        if names is None:
            names = self._texts[key] = () if "\0" in key[1] else _names_of(key[1], key[0])
        self._texts.move_to_end(key)
        while len(self._texts) > MAX_FILES:
            self._texts.popitem(last=False)
        return names


def _later(names: tuple[Name, ...], place: int) -> list[Name]:
    """The names of a file with so many files in front of it."""
    return [replace(name, score=name.score + place * _LATER) for name in names]


def _names_of(text: str, language_id: str) -> tuple[Name, ...]:
    """The best names of a file, scored as seen from another one."""
    lexed = lex(text, language(language_id))
    scores = ranking.used(Counter(lexed.code), everything=True)
    for name in scores:
        kind = lexed.definitions.get(name)
        scores[name] += _ELSEWHERE + (_USED_ONLY if kind is None else ranking.KIND[kind])
    return tuple(
        Name(
            name,
            score,
            ranking.kind_by_spelling(name, lexed.definitions.get(name, "")),
            "project",
        )
        for name, score in ranking.best(scores, _NAMES_OF_A_FILE)
    )


def _found(wanted: Wanted, document: Path, root: Path, look_ups: Iterator[int]) -> Iterator[Path]:
    """The files that an import means: of all places the first where there is something."""
    for base in _bases(wanted, document, root):
        directory: Path | None = None
        for path in wanted.paths:
            if next(look_ups, None) is None:
                return
            candidate = Path(os.path.normpath(base / path))
            try:
                mode = candidate.stat().st_mode
            except (OSError, ValueError):
                continue
            if stat.S_ISREG(mode):
                yield candidate
                return
            if directory is None and stat.S_ISDIR(mode) and _is_within(candidate, root):
                directory = candidate
        if directory is not None:
            yield from _beside(directory, document)
            return


def _bases(wanted: Wanted, document: Path, root: Path) -> Iterator[Path]:
    if wanted.is_relative:
        yield document.parent
        if document.suffix == ".rs":  # the modules of `a.rs` are in `a/`
            yield document.parent / document.stem
        return
    for directory in document.parents:
        if not directory.is_relative_to(root):
            return
        for home in _HOMES:
            yield directory / home


def _beside(directory: Path, document: Path) -> Iterator[Path]:
    """Some files of a directory that are of the document's language, lately changed ones first."""
    found: list[tuple[float, str]] = []
    try:
        with os.scandir(directory) as entries:
            for _, entry in zip(range(_MAX_DIRECTORY_ENTRIES), entries, strict=False):
                if entry.name.endswith(document.suffix) and entry.is_file(follow_symlinks=False):
                    found.append((-entry.stat(follow_symlinks=False).st_mtime, entry.path))
    except OSError:
        return
    for _, path in sorted(found)[:_FILES_OF_A_DIRECTORY]:
        yield Path(path)


def _is_within(path: Path, root: Path) -> bool:
    return _resolved(path).is_relative_to(root)


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):  # a loop of links, a name that cannot be
        return Path("/\0")
