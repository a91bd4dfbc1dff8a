"""The names in a document, most important first, found by a lexer made of regexes."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from functools import lru_cache
from itertools import accumulate
from math import log2

from dictate.text.common_words import COMMON_WORDS
from dictate.text.keywords import KEYWORDS
from dictate.text.languages import Language, Quote, language

MAX_NAME_CHARACTERS = 60
"""What is longer is a hash or a blob: nobody says it."""

_WINDOW_CHARACTERS = 300_000  # to either side of the cursor
_NAME = re.compile(rf"(?<!\w)[^\W\d]\w{{2,{MAX_NAME_CHARACTERS - 1}}}(?!\w)")
_SEVERAL_WORDS = re.compile(r"[^\W_]_+[^\W_]|[a-z][A-Z]|[A-Z]{2}[a-z]|[^\W\d_]\d")
_PARTS = re.compile(r"_|[a-z][A-Z]")
_HASH = re.compile(r"(?=\w*\d)[0-9a-fA-F]{8,}|(?=(?:\D*\d){4})(?=[^_]{16})\w+")
_CHARACTER = r"'(?:\\[^'\n]{1,10}|[^'\\\n])'"

_NEARNESS = 3.0
_NEAR_NAMES = 150
_FREQUENCY = 0.5
_SEVERAL_WORDS_BONUS = 1.5
_QUOTED_PENALTY = 2.0


def identifiers(text: str, language_id: str, cursor_offset: int | None) -> list[str]:
    """List the names that are worth listening for.

    Keywords, names under three characters, everyday words and hashes stay out. Names that occur in
    strings and comments only, or in prose, count when they consist of several words (`get_user`,
    `getUser`) and rank lower.

    Args:
        text: the document, anything at all; of a huge one, what lies around the cursor.
        language_id: as editors name it.
        cursor_offset: characters before the cursor; None where it is not known.

    Returns:
        Each name once: first those near the cursor, used often, made of several words.
    """
    text, cursor_offset = _window(text, cursor_offset)
    before, after, quoted = _names(text, language(language_id), cursor_offset)
    counts = Counter(before)
    counts.update(after)
    nearest = _nearest(before, after) if cursor_offset is not None else {}
    scores: dict[str, float] = {}
    for name, count in counts.items():
        value = worth(name)
        if value is not None:
            scores[name] = value + _usage(count) + nearest.get(name, 0.0)
    for name, count in Counter(quoted).items():
        value = worth(name)
        if name not in counts and value:
            scores[name] = value + _usage(count) - _QUOTED_PENALTY
    return sorted(scores, key=lambda name: (-scores[name], name))


def _window(text: str, cursor_offset: int | None) -> tuple[str, int | None]:
    if cursor_offset is None:
        return text[: 2 * _WINDOW_CHARACTERS], None
    cursor_offset = min(max(0, cursor_offset), len(text))
    start = max(0, cursor_offset - _WINDOW_CHARACTERS)
    return text[start : cursor_offset + _WINDOW_CHARACTERS], cursor_offset - start


def _names(
    text: str, shape: Language, cursor_offset: int | None
) -> tuple[list[str], list[str], list[str]]:
    """Names in code before the cursor and after it, each in order, and those not in code."""
    if shape.is_prose:
        return [], [], _NAME.findall(text)
    pieces = not_code(shape).split(text)  # code and what is none, in turn
    code = "\n".join(pieces[::2])
    cut = _offset_in_code(pieces, code, cursor_offset or 0)
    return (
        _NAME.findall(code, 0, cut),
        _NAME.findall(code, cut),
        _NAME.findall("\n".join(pieces[1::2])),
    )


def _offset_in_code(pieces: list[str], code: str, cursor_offset: int) -> int:
    """Where the cursor is once comments and strings are taken out, never inside a name."""
    ends = list(accumulate(map(len, pieces)))
    index = min(bisect_right(ends, cursor_offset), len(pieces) - 1)
    code_pieces = pieces[:index:2]
    offset = sum(map(len, code_pieces)) + len(code_pieces)
    if index % 2 == 0:
        offset += cursor_offset - (ends[index - 1] if index else 0)
    else:
        offset -= 1  # within a string: at the end of the code in front of it
    while 0 < offset < len(code) and _in_name(code[offset - 1]) and _in_name(code[offset]):
        offset += 1
    return offset


def _in_name(character: str) -> bool:
    return character.isalnum() or character == "_"


def _nearest(before: list[str], after: list[str]) -> dict[str, float]:
    """For each name a score by the number of names between its nearest use and the cursor."""
    backwards = dict(zip(before, range(len(before) - 1, -1, -1), strict=True))
    forwards = dict(zip(reversed(after), range(len(after), 0, -1), strict=True))
    far = len(before) + len(after)
    return {
        name: _NEARNESS
        / (1.0 + min(backwards.get(name, far), forwards.get(name, far)) / _NEAR_NAMES)
        for name in backwards.keys() | forwards.keys()
    }


def _usage(count: int) -> float:
    return _FREQUENCY * min(6.0, log2(1 + count))


@lru_cache(maxsize=1 << 16)
def worth(name: str) -> float | None:
    """What a name's spelling is worth: None for one that stays out, 0.0 for a single rare word."""
    stem = name.strip("_0123456789")
    if len(stem) < 3 or name in KEYWORDS:
        return None
    if not _PARTS.search(stem) and (stem.lower() in KEYWORDS or stem.lower() in COMMON_WORDS):
        return None  # but `userName` is said as two words
    if is_hash(name):
        return None
    return _SEVERAL_WORDS_BONUS if _SEVERAL_WORDS.search(name) else 0.0


def is_hash(name: str) -> bool:
    """Whether it looks like the output of a machine."""
    return _HASH.fullmatch(name) is not None


@lru_cache(maxsize=64)
def not_code(shape: Language) -> re.Pattern[str]:
    """Matches a comment or a string, to its end or to where it would have to end; one group."""
    patterns = [
        rf"{re.escape(mark)}{up_to(close)}(?:{re.escape(close)}|\Z)"
        for mark, close in shape.block_comments
    ]
    patterns += [re.escape(mark) + r"[^\n]*" for mark in shape.line_comments]
    quotes = sorted(shape.quotes, key=lambda quote: -len(quote.open))
    patterns += map(_string, quotes)
    if all(quote.open != "'" for quote in quotes):
        patterns.append(_CHARACTER)
    return re.compile(f"({'|'.join(patterns)})")


def up_to(close: str) -> str:
    """A pattern for all that stands in front of a mark; several times as fast as a lazy dot."""
    first, rest = re.escape(close[0]), re.escape(close[1:])
    return rf"[^{first}]*(?:{first}(?!{rest})[^{first}]*)*"


def _string(quote: Quote) -> str:
    mark, close = re.escape(quote.open), re.escape(quote.close)
    if len(quote.close) > 1:
        return rf"{mark}{up_to(quote.close)}(?:{close}|\Z)"
    plain = rf"[^{close}\\]*" if quote.multi_line else rf"[^{close}\\\n]*"
    if not quote.escapes:
        return rf"{mark}[^{close}]*{close}?"
    escaped = r"\\[\s\S]" if quote.multi_line else r"\\."
    return rf"{mark}{plain}(?:{escaped}{plain})*{close}?"
