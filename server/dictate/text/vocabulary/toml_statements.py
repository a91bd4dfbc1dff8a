"""A TOML text cut into its statements, so that one can be wrong, changed or removed by itself.

A parser gives up a file at its first error and forgets comments. Here each table header and each
`key = value` is found with its place by a small scanner and parsed alone. What is inside an
unclosed bracket ends where the next line can only be a statement again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final, Literal

import msgspec

_KEY = r"(?:[A-Za-z0-9_-]+|\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*')"
_KEYS = rf"{_KEY}(?:[ \t]*\.[ \t]*{_KEY})*"
_ENTRY = re.compile(rf"[ \t]*(?P<key>{_KEYS})[ \t]*=[ \t]*")
_TABLE = re.compile(rf"[ \t]*\[\[?[ \t]*{_KEYS}[ \t]*\]\]?[ \t]*(?:#[^\n]*)?\r?(?:\n|\Z)")
_NEXT_TABLE = re.compile(r"[ \t]*\[\[?[ \t]*(?!(?:true|false|inf|nan)\b)[A-Za-z_]")
"""Within brackets `["a"]` may be an element; a bare word in brackets cannot."""
_EMPTY = re.compile(r"[ \t]*(?:#[^\n]*)?\r?(?:\n|\Z)")
_TOKEN = re.compile(
    r"\"\"\"(?:[^\\]|\\[\s\S])*?\"{3,5}|'''[\s\S]*?'{3,5}"
    r"|\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'|#[^\n]*|[\[\]{}\n\"']|[^\"'#\[\]{}\n]+"
)
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_PLACE = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)")
_UNDECODED = re.compile(r"[\ud800-\udfff]")

_MISSING: Final = object()
MAX_STATEMENTS: Final = 20_000
"""What comes behind is left out: parsing it would hold up the editor's server for seconds."""


class TomlError(Exception):
    """A text is no TOML.

    Attributes:
        what: is wrong with it.
        line: counted from 1; None where it is not known.
        column: counted from 1; None where it is not known.
    """

    def __init__(self, what: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(what)
        self.what, self.line, self.column = what, line, column


@dataclass(frozen=True, slots=True)
class Statement:
    """A header of a table or of one of several tables, an entry, or lines that are neither.

    Attributes:
        kind: which of them it is.
        start: offset of its first line's first character.
        end: behind its last line's break.
        line: of its start, counted from 1.
        path: of the table, or of the entry from the root; () of a broken one.
        value: of an entry.
        value_start: offset of the value, without white space around it.
        value_end: behind it; a comment may follow.
        fault: of a broken one.
    """

    kind: Literal["table", "tables", "entry", "broken"]
    start: int
    end: int
    line: int
    path: tuple[str, ...] = ()
    value: Any = None
    value_start: int = 0
    value_end: int = 0
    fault: TomlError | None = None


def decode(text: str) -> dict[str, Any]:
    """Parse a whole TOML text.

    Raises:
        TomlError: it is none, or nested so deep that nobody wrote it by hand.
    """
    try:
        tables: dict[str, Any] = msgspec.toml.decode(text)
    except RecursionError as error:
        raise TomlError("nested too deep") from error
    except (ValueError, OverflowError) as error:
        message = str(error)
        place = _PLACE.search(message)
        what = _PLACE.sub("", message).splitlines()[0]
        line, column = place.groups() if place else (None, None)
        raise TomlError(
            what, int(line) if line else None, int(column) if column else None
        ) from error
    return tables


def statements(text: str, tree: dict[str, Any] | None = None) -> list[Statement]:
    """Cut a text into statements, in order; blank lines and comments belong to none.

    Entries behind a header that is broken or that of one of several tables are left out.

    Args:
        text: TOML, more or less.
        tree: of the whole text, where that could be parsed: it saves parsing each entry.
    """
    found: list[Statement] = []
    table: tuple[str, ...] | None = ()
    position, line, goes_on = 0, 1, False
    while position < len(text) and len(found) < MAX_STATEMENTS:
        start, first_line = position, line
        if empty := _EMPTY.match(text, position):
            position = empty.end()
        elif header := _TABLE.match(text, position):
            position = header.end()
            found.append(_table(text, start, position, first_line))
            table = found[-1].path if found[-1].kind == "table" else None
            goes_on = False
        elif key := _ENTRY.match(text, position):
            value_end, position, fault = _value(text, key.end())
            statement = Statement(
                "entry", start, position, first_line, (), None, key.end(), value_end, fault
            )
            if table is not None:
                found.append(_entry(text, statement, key["key"], table, tree))
                goes_on = found[-1].kind == "broken"
        else:
            position = _line_end(text, position)
            is_header = text[start:position].lstrip().startswith("[")
            if is_header or not goes_on:
                found.append(_broken(start, position, first_line, _stray(text[start:position])))
            goes_on = True
            table = None if is_header else table
        line += text.count("\n", start, position)
    return found


def toml_string(text: str) -> str:
    """A TOML string: JSON's escapes are all TOML's, too."""
    return msgspec.json.encode(text).decode().replace("\x7f", "\\u007f")


def toml_key(text: str) -> str:
    """A TOML key: bare where that is allowed."""
    return text if _BARE.fullmatch(text) else toml_string(text)


def _table(text: str, start: int, end: int, line: int) -> Statement:
    try:
        inner: Any = decode(text[start:end])
    except TomlError as fault:
        return _broken(start, end, line, fault)
    path: list[str] = []
    while isinstance(inner, dict) and inner:
        (name,) = inner
        path.append(name)
        inner = inner[name]
    kind: Literal["table", "tables"] = "tables" if isinstance(inner, list) else "table"
    return Statement(kind, start, end, line, tuple(path))


def _entry(
    text: str, found: Statement, key: str, table: tuple[str, ...], tree: dict[str, Any] | None
) -> Statement:
    start, end, line = found.start, found.end, found.line
    if found.fault is not None:
        return _broken(start, end, line, found.fault)
    if _UNDECODED.search(text, start, end):
        return _broken(start, end, line, TomlError("it is not UTF-8"))
    try:
        path = _path(key)
        value = _MISSING if tree is None else _at(tree, table + path)
        if value is _MISSING:
            value = _at(decode(text[start:end]), path)
    except TomlError as fault:
        return _broken(start, end, line, fault)
    return Statement(
        "entry", start, end, line, table + path, value, found.value_start, found.value_end
    )


def _at(tree: object, path: tuple[str, ...]) -> object:
    for name in path:
        if not isinstance(tree, dict) or name not in tree:
            return _MISSING
        tree = tree[name]
    return tree


def _path(key: str) -> tuple[str, ...]:
    if _BARE.fullmatch(key):
        return (key,)
    inner: Any = decode(f"{key} = 0")
    path: list[str] = []
    while isinstance(inner, dict):
        (name,) = inner
        path.append(name)
        inner = inner[name]
    return tuple(path)


def _value(text: str, start: int) -> tuple[int, int, TomlError | None]:
    """Ends of the value that begins at `start` and of its statement, and what is wrong."""
    depth, value_end, position = 0, start, start
    while token := _TOKEN.match(text, position):
        position = token.end()
        first = text[token.start()]
        if first == "\n":
            if depth <= 0:
                return value_end, position, None
            if _ENTRY.match(text, position) or _NEXT_TABLE.match(text, position):
                return value_end, position, TomlError("a bracket is not closed")
            continue
        if first in "[{":
            depth += 1
        elif first in "]}":
            depth -= 1
        elif token.group() in ('"', "'"):
            end = _line_end(text, position)
            return end, end, TomlError("a string is not closed")
        if first != "#" and not token.group().isspace():
            value_end = token.start() + len(token.group().rstrip())
    return value_end, position, TomlError("a bracket is not closed") if depth > 0 else None


def _line_end(text: str, position: int) -> int:
    """Behind the break of the line that `position` lies in."""
    return text.find("\n", position) + 1 or len(text)


def _broken(start: int, end: int, line: int, fault: TomlError) -> Statement:
    if fault.line is not None:
        line += fault.line - 1
    return Statement("broken", start, end, line, fault=fault)


def _stray(text: str) -> TomlError:
    if _UNDECODED.search(text):
        return TomlError("it is not UTF-8")
    if text.lstrip().startswith("["):
        return TomlError("a table's name stands in brackets, alone on its line")
    if "=" in text:
        return TomlError("left of = stands one word, or several in quotes")
    return TomlError("neither a [table] nor an entry with =")
