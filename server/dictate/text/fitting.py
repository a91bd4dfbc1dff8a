"""A dictated text becomes the characters to insert: spacing, case and final period fit the place.

It makes no difference whether the model writes plain lower-case words or sentences with a capital
and a period. Names keep their own spelling.
"""

from __future__ import annotations

import re

from dictate.text.casing import fit_case, fit_period
from dictate.text.place import Place, find_place
from dictate.text.spacing import (
    leading_space,
    leading_space_of_code,
    trailing_space,
    trailing_space_of_code,
)

_SUBJECT_LANGUAGES = frozenset({"gitcommit", "git-commit"})


def fit(text: str, before: str, after: str, *, language_id: str, as_code: bool = False) -> str:
    """Make `text` fit between `before` and `after`.

    Args:
        text: what was said, as the model wrote it; may hold line breaks.
        before: text in front of the insertion point: its line and some lines more (up to 2,000
            characters), so that the beginning of a comment or of a sentence can be seen.
        after: text behind the insertion point, to the end of its line at least.
        language_id: the document's language as editors name it; "" is prose.
        as_code: every character of the text is meant: only the space around it is fitted, and lines
            after the first one are indented as the one it begins in.

    Returns:
        The text to insert; "" for a text without a word.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not as_code:
        text = _tidy(text)
    if not text.strip():
        return ""
    place = find_place(before, after, language_id)
    if as_code:
        return _fit_code(text, place)
    is_subject = language_id in _SUBJECT_LANGUAGES and "\n" not in before
    text = fit_period(text, place)
    if is_subject and text.endswith(".") and not text.endswith(".."):
        text = text[:-1]
    text = fit_case(text, place, before + after)
    if not text:
        return ""
    return leading_space(text, place) + text + trailing_space(text, place)


def _fit_code(text: str, place: Place) -> str:
    line = place.line_before
    indentation = line[: len(line) - len(line.lstrip())]
    indented = re.sub(r"\n(?!\n)", "\n" + indentation, text)
    return leading_space_of_code(text, place) + indented + trailing_space_of_code(text, place)


def _tidy(text: str) -> str:
    """One space between words, none at the ends nor around line breaks."""
    text = re.sub(r"[^\S\n]+", " ", text)
    return re.sub(r" ?\n ?", "\n", text).strip(" ")
