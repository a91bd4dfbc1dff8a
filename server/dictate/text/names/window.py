"""What of a document is parsed: what surrounds the cursor, in whole definitions if possible."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dictate.text.names.lexer import IN_CODE

if TYPE_CHECKING:
    from dictate.text.names.blocks import Blocks

_WHOLE = 20_000  # a text up to here is parsed whole
_NEAR_BEFORE, _FAR_BEFORE = 5_000, 11_000
_NEAR_AFTER, _FAR_AFTER = 1_500, 5_000
_LOOK_UP = 100_000
_DEFINITION = re.compile(r"\n[ \t]*\r?\n(?=[^\s)}\]#;*\-])")
"""A line that begins in the first column, behind an empty one, begins something of its own."""


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
    headers = _headers(text, start)
    return headers + text[start:end], len(headers) + cursor - start


def _start(blocks: Blocks, cursor: int) -> int:
    text = blocks.text
    far, near = max(0, cursor - _FAR_BEFORE), max(0, cursor - _NEAR_BEFORE)
    if far == 0:
        return 0
    for definition in reversed(list(_DEFINITION.finditer(text, far, near))):
        if blocks.opened_at(definition.end()) == IN_CODE:
            return definition.end()
    middle = (far + near) // 2
    for line in re.finditer(r"\n[ \t]*\n|\n", text[far:middle][::-1]):
        start = middle - line.start()
        if blocks.opened_at(start) == IN_CODE:
            return start
    return middle


def _end(text: str, cursor: int) -> int:
    definition = _DEFINITION.search(text, cursor + _NEAR_AFTER, cursor + _FAR_AFTER)
    if definition is not None:
        return definition.end()
    end = text.find("\n", cursor + (_NEAR_AFTER + _FAR_AFTER) // 2, cursor + _FAR_AFTER)
    return end + 1 if end >= 0 else min(len(text), cursor + _FAR_AFTER)


def _headers(text: str, start: int) -> str:
    """The lines in front of `start` that it is indented under, outermost first."""
    line = text[start : start + 500].lstrip("\n").split("\n", 1)[0]
    indentation = _indentation(line)
    headers: list[str] = []
    wants_head = False
    for above in reversed(text[max(0, start - _LOOK_UP) : start].splitlines()):
        if indentation == 0 and not wants_head:
            break
        stripped = above.strip()
        if not stripped or stripped[0] in "#*/-})]":
            continue
        if _indentation(above) < indentation or wants_head:
            headers.append(above[:500])
            wants_head = stripped == "{"  # what it opens stands in the line above
            indentation = min(indentation, _indentation(above))
    return "".join(f"{header}\n" for header in reversed(headers))


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))
