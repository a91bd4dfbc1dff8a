"""What the Tab key brings in a document: a tab, or as many spaces as its lines are indented by."""

from __future__ import annotations

import re

_INDENTED = re.compile(r"^(\t|  +)(?=\S)", re.MULTILINE)
_TABBED_LANGUAGES = frozenset({"go", "gomod", "make", "makefile"})
_USUAL = "    "


def indentation_unit(text: str, language_id: str) -> str:
    """One step of indentation.

    Args:
        text: of the document, or a part of it.
        language_id: decides where nothing is indented.
    """
    found = _INDENTED.findall(text)
    if not found:
        return "\t" if language_id in _TABBED_LANGUAGES else _USUAL
    spaces = [len(each) for each in found if each != "\t"]
    if 2 * len(spaces) < len(found):
        return "\t"
    # A continued line may be indented by anything, but most steps are the least one.
    return " " * min(spaces, key=lambda width: (-sum(each % width == 0 for each in spaces), -width))
