"""Reads a vocabulary file: whatever is right in it counts, whatever is wrong is told in one line.

The file may be anybody's: its size, its entries and their types are checked, and nothing in it can
raise.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from dictate.text.modes import WRITING_MODES, WritingMode
from dictate.text.names.name import Name
from dictate.text.vocabulary.learned import (
    MAX_SAYING_WORDS,
    LearnedEntry,
    is_spelling,
    learned_entry,
    saying,
)
from dictate.text.vocabulary.toml_statements import (
    MAX_STATEMENTS,
    Statement,
    TomlError,
    decode,
    statements,
)
from dictate.text.vocabulary.vocabulary import (
    LEARNED_SCORE,
    USER_SCORE,
    Vocabulary,
    spoken_words,
)

MAX_FILE_BYTES: Final = 1_000_000
_MAX_NAMES: Final = 5_000
_MAX_SAYINGS: Final = 16
_MAX_REPLACEMENT_CHARACTERS: Final = 2_000
_MAX_PROMPT_WORDS: Final = 50
_MAX_PROBLEMS: Final = 20
_TABLES: Final = "[names], [replacements], [learned], [modes], mode and prompt"


class UnreadableError(Exception):
    """A file that is there cannot be read at all; the message says why, without the path."""


def load(path: Path, *, score: float = USER_SCORE) -> Vocabulary:
    """Read a vocabulary file; one that is missing is empty.

    Args:
        path: of the file.
        score: of the names that it lists; those that were learned have a higher one.
    """
    try:
        content = read_content(path)
    except FileNotFoundError:
        return Vocabulary()
    except UnreadableError as error:
        return Vocabulary(problems=[one_line(f"{path}: {error}")])
    return parse(content, str(path), score)


def read_content(path: Path) -> bytes:
    """The content of a file that may be a vocabulary.

    Raises:
        FileNotFoundError: there is none.
        UnreadableError: it is something else, too large, or may not be read.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise UnreadableError("not a file: put a vocabulary in its place, or remove it")
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise FileNotFoundError(path) from None
    except (OSError, ValueError) as error:
        why = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else error
        raise UnreadableError(f"cannot be read ({why}): make it readable") from error
    if len(content) > MAX_FILE_BYTES:
        raise UnreadableError("larger than 1 MB: remove what is not a vocabulary")
    if b"\0" in content:
        raise UnreadableError("not a text in UTF-8: save it as UTF-8")
    return content


def parse(content: bytes, shown_path: str, score: float = USER_SCORE) -> Vocabulary:
    """Read a vocabulary's content.

    Args:
        content: TOML, more or less.
        shown_path: named in the problems.
        score: of the names that it lists.
    """
    text = content.decode("utf-8-sig", "surrogateescape")
    whole_fault, tree = None, None
    try:
        tree = decode(text)
    except TomlError as fault:
        whole_fault = fault
    reader = _Reader(shown_path, score)
    for statement in statements(text, tree):
        reader.read(statement)
    if whole_fault is not None and not reader.problems:
        what = f"{whole_fault.what}: correct it; the rest counts"
        reader.report(whole_fault.line, what, whole_fault.column)
    return reader.vocabulary()


class _Reader:
    """Gathers what the statements of one file say."""

    def __init__(self, shown_path: str, score: float) -> None:
        self._path = shown_path
        self._score = score
        self._names: list[Name] = []
        self._learned: dict[str, Any] = {}
        self._learned_lines: dict[str, int] = {}
        self._replacements: dict[tuple[str, ...], str] = {}
        self._mode: WritingMode | None = None
        self._modes: dict[str, WritingMode] = {}
        self._prompt: tuple[str, ...] = ()
        self._unknown: set[str] = set()
        self._count = 0
        self.problems: list[str] = []

    def read(self, statement: Statement) -> None:
        self._count += 1
        line, fault = statement.line, statement.fault
        if self._count == MAX_STATEMENTS:
            self.report(line, "too many entries: what follows is left out")
        if fault is not None:
            self.report(line, f"{fault.what}: correct it; the rest counts", fault.column)
            return
        if statement.kind == "tables":
            self.report(line, "a table stands in single brackets: correct it; the rest counts")
            return
        table, *rest = statement.path
        readers: dict[str, Callable[[int, str, object], None]] = {
            "names": self._name,
            "replacements": self._replacement,
            "modes": self._mode_of,
        }
        if table in readers:
            for name, value in self._entries(statement, rest):
                readers[table](line, name, value)
        elif table == "learned":
            self._learn(statement, rest)
        elif statement.kind == "entry" and statement.path == ("mode",):
            self._mode = self._known_mode(line, statement.value)
        elif statement.kind == "entry" and statement.path == ("prompt",):
            self._read_prompt(line, statement.value)
        elif table not in self._unknown:
            self._unknown.add(table)
            self.report(line, f"{table} is unknown: there are {_TABLES}")

    def report(self, line: int | None, what: str, column: int | None = None) -> None:
        place = "" if line is None else f", line {line}"
        place += "" if column is None else f", column {column}"
        self.problems.append(one_line(f"{self._path}{place}: {what}"))

    def vocabulary(self) -> Vocabulary:
        entries: dict[str, LearnedEntry] = {}
        for spelling, value in self._learned.items():
            entry = learned_entry(value) if is_spelling(spelling) else None
            if entry is None:
                self.report(
                    self._learned_lines[spelling],
                    'not as Dictate writes it: make it {spoken = ["how it is said"]} or remove it',
                )
            else:
                entries[spelling] = entry
        problems = self.problems
        if len(problems) > _MAX_PROBLEMS:
            more = f"{self._path}: {len(problems) - _MAX_PROBLEMS + 1} more: correct these first"
            problems = [*problems[: _MAX_PROBLEMS - 1], one_line(more)]
        return Vocabulary(
            [*_learned_names(entries), *self._names],
            self._replacements,
            problems,
            self._mode,
            self._modes,
            self._prompt,
        )

    def _entries(self, statement: Statement, rest: list[str]) -> list[tuple[str, Any]]:
        """Keys of a table and their values; a key with dots that was not quoted is one key."""
        if statement.kind == "table":
            return []
        if rest:
            return [(".".join(rest), statement.value)]
        if isinstance(statement.value, dict):
            return list(statement.value.items())
        self.report(statement.line, f"{statement.path[0]} is a table: write it in brackets")
        return []

    def _name(self, line: int, spelling: str, value: object) -> None:
        said = [value] if isinstance(value, str) else [""] if value is True else value
        if not is_spelling(spelling):
            self.report(line, "no spelling of a name: it has 1 to 100 characters that are seen")
            return
        if not isinstance(said, list) or not all(isinstance(each, str) for each in said):
            self.report(line, 'a name needs how it is said, in quotes, or a list of that, or ""')
            return
        sayings = dict.fromkeys(saying(each) for each in said[:_MAX_SAYINGS])
        if any(each.strip() and not saying(each) for each in said) or not said:
            self.report(line, f"a saying has 1 to {MAX_SAYING_WORDS} words: correct it")
            sayings = {each: None for each in sayings if each}
        if len(self._names) + len(sayings) > _MAX_NAMES:
            if len(self._names) <= _MAX_NAMES:
                self.report(line, f"more than {_MAX_NAMES} names: this one is left out")
            return
        self._names += (
            Name(spelling, self._score, origin="vocabulary", spoken=each) for each in sayings
        )

    def _replacement(self, line: int, said: str, written: object) -> None:
        words = spoken_words(said)
        if not 0 < len(words) <= MAX_SAYING_WORDS:
            self.report(line, f"1 to {MAX_SAYING_WORDS} spoken words are replaced: correct them")
        elif not isinstance(written, str):
            self.report(line, "what is written for the words stands in quotes")
        elif len(written) > _MAX_REPLACEMENT_CHARACTERS or not _is_plain(written):
            self.report(line, "too long a text, or control characters in it: shorten it")
        else:
            self._replacements[words] = written

    def _mode_of(self, line: int, language_id: str, value: object) -> None:
        mode = self._known_mode(line, value)
        if mode is not None:
            self._modes[language_id] = mode

    def _known_mode(self, line: int, value: object) -> WritingMode | None:
        for mode in WRITING_MODES:
            if value == mode:
                return mode
        self.report(line, f"no mode: there are {', '.join(WRITING_MODES)}")
        return None

    def _read_prompt(self, line: int, value: object) -> None:
        words = value.split() if isinstance(value, str) else value
        if not isinstance(words, list) or not all(map(is_spelling, words)):
            self.report(line, "prompt is a list of words in quotes")
            return
        if len(words) > _MAX_PROMPT_WORDS:
            self.report(line, f"prompt has more than {_MAX_PROMPT_WORDS} words: the first count")
        self._prompt = tuple(words[:_MAX_PROMPT_WORDS])

    def _learn(self, statement: Statement, rest: list[str]) -> None:
        if statement.kind == "table":
            return
        if not rest or len(rest) > 2:
            self.report(statement.line, "[learned] has entries of one line: quote names with dots")
            return
        self._learned_lines.setdefault(rest[0], statement.line)
        if len(rest) == 1:
            self._learned[rest[0]] = statement.value
        else:
            entry = self._learned.setdefault(rest[0], {})
            if isinstance(entry, dict):
                entry[rest[1]] = statement.value


def _learned_names(entries: dict[str, LearnedEntry]) -> list[Name]:
    """Names of what was learned, the newest first; a saying is the newest's that claims it."""
    newest_last = sorted(entries, key=lambda spelling: entries[spelling].last)
    taken: set[str] = set()
    names: list[Name] = []
    for rank, spelling in reversed(list(enumerate(newest_last, 1))):
        score = LEARNED_SCORE + rank / (1 + len(newest_last))
        for said in reversed(entries[spelling].spoken):
            if said not in taken:
                taken.add(said)
                names.append(Name(spelling, score, origin="vocabulary", spoken=said))
    return names


def _is_plain(text: str) -> bool:
    return all(character in "\n\t" or character.isprintable() for character in text)


def one_line(text: str) -> str:
    """A problem as one line, whatever the path or the file has in it."""
    shown = "".join(each if each.isprintable() else "\ufffd" for each in text)
    return shown if len(shown) <= 400 else shown[:399] + "\u2026"
