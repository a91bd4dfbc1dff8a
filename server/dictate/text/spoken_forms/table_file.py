"""Reads a file of spoken forms, and goes on where a part of it is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

_MAX_BYTES = 1_000_000
_MAX_BAD_LINES = 20
_MAX_PHRASE_WORDS = 12
_AT_LINE = re.compile(r"\(at line (\d+), column (\d+)\)")

FindFault = Callable[[str, str], "str | None"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One saying of the file.

    Attributes:
        section: it stands in.
        ids: languages it counts in; empty for all.
        phrase: its words in lower case.
        written: what it means; False takes it away.
    """

    section: str
    ids: frozenset[str]
    phrase: tuple[str, ...]
    written: str | Literal[False]


def words_of(phrase: str) -> tuple[str, ...]:
    """The words of a saying as the interpreter sees them: bare, lower case, hyphens divide."""
    return tuple(phrase.lower().replace("\u2019", "'").replace("-", " ").split())


def read_entries(
    path: Path, sections: Collection[str], find_fault: FindFault
) -> tuple[list[Entry], tuple[str, ...]]:
    """Read a file.

    Args:
        path: of the file; one that does not exist is empty.
        sections: that there are.
        find_fault: says what is wrong with a value of a section, or None.

    Returns:
        What can be used, and one line for each thing that cannot.
    """
    try:
        raw = path.read_bytes()[: _MAX_BYTES + 1]
    except FileNotFoundError:
        return [], ()
    except OSError as error:
        return [], (f"{path}: cannot be read ({error.strerror}); the packaged forms are used",)
    if len(raw) > _MAX_BYTES:
        return [], (f"{path}: larger than {_MAX_BYTES:,} bytes; the packaged forms are used",)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        return [], (f"{path}:{line}: not UTF-8; the packaged forms are used",)
    reader = _Reader(path, text.replace("\r\n", "\n"), sections, find_fault)
    return reader.entries(), tuple(reader.problems)


class _Reader:
    def __init__(
        self, path: Path, text: str, sections: Collection[str], find_fault: FindFault
    ) -> None:
        self.problems: list[str] = []
        self._path = path
        self._lines = text.split("\n")
        self._sections = sections
        self._find_fault = find_fault

    def entries(self) -> list[Entry]:
        found: list[Entry] = []
        for section, value in self._parse().items():
            if section != "languages":
                found += self._section(section, value, frozenset())
            elif not isinstance(value, dict):
                self._say("languages", "languages holds tables: [languages.python.symbols]")
            else:
                for names, parts in value.items():
                    if not isinstance(parts, dict):
                        self._say(names, f"{names!r} holds tables: [languages.{names}.symbols]")
                        continue
                    ids = frozenset(names.lower().split())
                    for name, entries in parts.items():
                        found += self._section(name, entries, ids)
        return found

    def _parse(self) -> dict[str, Any]:
        """The whole file, without the lines that break it."""
        for _ in range(_MAX_BAD_LINES):
            text = "\n".join(self._lines)
            try:
                parsed: dict[str, Any] = msgspec.toml.decode(text)
            except (msgspec.DecodeError, ValueError, RecursionError) as error:
                place = _AT_LINE.search(str(error))
                line = int(place.group(1)) if place else self._last_line()
                line = self._culprit(min(line, len(self._lines)))
                if not line:
                    break
                what = _AT_LINE.sub("", str(error)).strip() or "not TOML"
                self.problems.append(f"{self._path}:{line}: {what}; the line is left out")
                self._lines[line - 1] = ""
            else:
                return parsed
        self.problems.append(f"{self._path}: not TOML; the packaged forms are used")
        return {}

    def _culprit(self, line: int) -> int:
        """The line that the parser stumbled over, or the last one before it that says anything."""
        while line and not self._lines[line - 1].strip():
            line -= 1
        return line

    def _last_line(self) -> int:
        return len(self._lines)

    def _section(self, section: str, value: object, ids: frozenset[str]) -> Iterator[Entry]:
        if section not in self._sections:
            known = ", ".join(sorted(self._sections))
            self._say(section, f"there is no section {section!r}; there are {known}")
            return
        if not isinstance(value, dict):
            self._say(
                section, f'{section!r} is a table: [{section}] and "saying" = "text" below it'
            )
            return
        for said, written in value.items():
            yield from self._sayings(section, ids, said, written)

    def _sayings(
        self, section: str, ids: frozenset[str], said: str, written: object
    ) -> Iterator[Entry]:
        if written is not False and (not isinstance(written, str) or not written):
            self._say(said, f"{said!r} needs a text, or false to take it away")
            return
        fault = self._find_fault(section, written) if isinstance(written, str) else None
        if fault is not None:
            self._say(said, fault)
            return
        for saying in said.split("|"):
            phrase = words_of(saying)
            if not 0 < len(phrase) <= _MAX_PHRASE_WORDS:
                self._say(said, f"{said!r} holds a saying of no words or of very many")
                continue
            yield Entry(section, ids, phrase, written if isinstance(written, str) else False)

    def _say(self, key: str, what: str) -> None:
        line = next((n for n, line in enumerate(self._lines, 1) if key in line), 0)
        place = f"{self._path}:{line}" if line else str(self._path)
        self.problems.append(f"{place}: {what}")
