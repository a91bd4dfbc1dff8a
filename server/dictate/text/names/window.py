"""What of a document is parsed: what surrounds the cursor, in whole definitions if possible."""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING

from dictate.text.names.lexer import IN_CODE

if TYPE_CHECKING:
    from dictate.text.names.blocks import Blocks

_WHOLE = 20_000  # a text up to here is parsed whole
_NEAR_BEFORE, _FAR_BEFORE = 5_000, 11_000
_NEAR_AFTER, _FAR_AFTER = 1_500, 5_000
_LOOK_UP = (4_000, 40_000, 400_000)
_DEFINITION = re.compile(r"\n[ \t]*\r?\n(?=[^\s)}\]#;*\-])")
_LINE = re.compile(
    r"\n([ \t\r]*\n)?([ \t]*)"
    r"(?=[^\s)}\]#;*\-])(?!(?:end|else|elif|elsif|except|finally|catch|case|when|rescue|fi|done)\b)"
)
"""A line that can stand without those in front of it, save what it is indented under."""
_TRIED_LINES = 16


def window(blocks: Blocks, cursor: int) -> tuple[str, int]:
    """Cut out what surrounds the cursor.

    Where it begins within something, a class or a namespace, the lines that open these go in front,
    as editors show them on top of the screen.

    Returns:
        The text to parse, the cursor's offset in it.
    """
    text = blocks.text
    if len(text) <= _WHOLE:
        return text, cursor
    start = _start(blocks, cursor)
    end = _end(text, cursor)
    # What is open from further up, a long docstring, is opened again.
    headers = blocks.opened_at(start) or _headers(text, start)
    return headers + text[start:end], len(headers) + cursor - start


def _start(blocks: Blocks, cursor: int) -> int:
    text = blocks.text
    far, near = max(0, cursor - _FAR_BEFORE), max(0, cursor - _NEAR_BEFORE)
    if far == 0:
        return 0
    lines = list(_LINE.finditer(text, far, near))
    # Where a definition begins, else behind an empty line, else at any line.
    lines.sort(key=lambda line: (line.group(1) is not None, line.group(2) == "", line.start()))
    for line in lines[-_TRIED_LINES:][::-1]:
        start = line.end() - len(line.group(2))
        if blocks.opened_at(start) == IN_CODE:
            return start
    return far


def _end(text: str, cursor: int) -> int:
    definition = _DEFINITION.search(text, cursor + _NEAR_AFTER, cursor + _FAR_AFTER)
    if definition is not None:
        return definition.end()
    end = text.find("\n", cursor + (_NEAR_AFTER + _FAR_AFTER) // 2, cursor + _FAR_AFTER)
    return end + 1 if end >= 0 else min(len(text), cursor + _FAR_AFTER)


def _headers(text: str, start: int) -> str:
    """The lines in front of `start` that it is indented under, outermost first."""
    line = text[start : start + 500].lstrip("\r\n")
    indentation = len(line) - len(line.lstrip(" \t"))
    headers: list[str] = []
    while indentation > 0:
        header = _last_line_indented_less(text, start, indentation)
        if header is None:
            break
        start, indentation = header.start(), len(header.group(1))
        headers.append(text[header.end() - indentation : header.end() + 500].split("\n", 1)[0])
        if headers[-1].strip() == "{":  # what it opens stands in the line above
            indentation += 1
    return "".join(f"{header}\n" for header in reversed(headers))


def _last_line_indented_less(text: str, end: int, indentation: int) -> re.Match[str] | None:
    less = re.compile(rf"(?:\n|\A)([ \t]{{0,{indentation - 1}}})(?=[^\s#*/)}}\]\-])")
    for characters in _LOOK_UP:
        last = deque(less.finditer(text, max(0, end - characters), end), maxlen=1)
        if last:
            return last[0]
    return None
