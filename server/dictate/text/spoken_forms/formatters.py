"""Ways of writing some words as one name, one string or one title."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

_SUBWORD = re.compile(
    r"[^\W\d_]['\u2019][^\W\d_]+"  # o'clock stays whole
    r"|[A-Z]+(?![^\W\d_A-Z])\d*"  # HTTP, V2
    r"|[A-Z]?[^\W\d_A-Z]+(?:['\u2019][^\W\d_]+)?\d*"
    r"|[^\W_]+"
    r"|[A-Z]"
)
_SMALL = "a an and as at but by for in nor of on or per the to via vs"
_SMALL_WORDS = frozenset(_SMALL.split())

Formatter = Callable[[Sequence[str]], str]


def subwords(text: str) -> list[str]:
    """Split words and identifiers in any style into their words; nothing but them is returned.

    >>> subwords("getUserByID and parse_http2")
    ['get', 'User', 'By', 'ID', 'and', 'parse', 'http2']
    """
    return _SUBWORD.findall(text)


def format_words(words: Sequence[str], formatter: str) -> str:
    """Write some words in the way of a formatter.

    Args:
        words: as heard, at least one.
        formatter: its name in the table of spoken forms.

    Raises:
        KeyError: there is no such formatter.
    """
    return FORMATTERS[formatter](words)


def format_text(text: str, formatter: str) -> str:
    """Write an existing text in the way of a formatter, whatever the style it is in.

    Space and marks at its ends stay where they are; so does a text without a word.

    Raises:
        KeyError: there is no such formatter.
    """
    found = re.fullmatch(r"(\W*)(.*?)(\W*)", text, re.DOTALL)
    assert found is not None
    head, body, tail = found.groups()
    words = body.split() if formatter in _KEEPS_WORDS else subwords(body)
    if formatter in _KEEPS_WORDS and len(words) == 1 and formatter != "capital":
        words = subwords(body)
    return f"{head}{format_words(words, formatter)}{tail}" if words else text


def _parts(words: Sequence[str]) -> list[str]:
    """The words of a name in lower case, without apostrophes and other marks."""
    found = [part.lower() for word in words for part in subwords(word)]
    plain = [re.sub(r"['\u2019]", "", part) for part in found]
    return plain or [word.lower() for word in words]


def _camel(words: Sequence[str]) -> str:
    first, *rest = _parts(words)
    return first + _humps(rest)


def _humps(words: Sequence[str]) -> str:
    """Capitals where words begin; digits that would run together are kept apart by `_`."""
    written = ""
    for word in words:
        gap = "_" if written[-1:].isdigit() and word[0].isdigit() else ""
        written += gap + word[0].upper() + word[1:]
    return written


def _joined(mark: str, change: Callable[[str], str] = str) -> Formatter:
    return lambda words: mark.join(change(part) for part in _parts(words))


def _spaced(change: Callable[[str], str]) -> Formatter:
    return lambda words: " ".join(change(word) for word in words)


def _quoted(opening: str, closing: str) -> Formatter:
    return lambda words: f"{opening}{' '.join(words)}{closing}"


def _upper_first(word: str) -> str:
    return word[:1].upper() + word[1:]


def _title(words: Sequence[str]) -> str:
    last = len(words) - 1
    return " ".join(
        word if word in _SMALL_WORDS and 0 < index < last else _upper_first(word)
        for index, word in enumerate(words)
    )


FORMATTERS: dict[str, Formatter] = {
    "camel": _camel,
    "pascal": lambda words: _humps(_parts(words)),
    "snake": _joined("_"),
    "kebab": _joined("-"),
    "constant": _joined("_", str.upper),
    "train": _joined("-", str.capitalize),
    "dotted": _joined("."),
    "dunder": lambda words: f"__{'_'.join(_parts(words))}__",
    "smash": _joined(""),
    "packed": _joined("::"),
    "slash": _joined("/"),
    "slasher": lambda words: "/" + "/".join(_parts(words)),
    "string": _quoted("'", "'"),
    "double_string": _quoted('"', '"'),
    "backtick_string": _quoted("`", "`"),
    "f_string": _quoted('f"', '"'),
    "raw_string": _quoted('r"', '"'),
    "byte_string": _quoted('b"', '"'),
    "title": _title,
    "sentence": lambda words: _upper_first(" ".join(words)),
    "upper": _spaced(str.upper),
    "lower": _spaced(str.lower),
    "capital": _spaced(_upper_first),
    "comma_separated": lambda words: ", ".join(words),
    "padded": lambda words: f" {' '.join(words)} ",
}
"""By the name that the table of spoken forms gives them."""

_KEEPING = """
string double_string backtick_string f_string raw_string byte_string title sentence upper lower
capital comma_separated padded
"""
_KEEPS_WORDS = frozenset(_KEEPING.split())
"""Those that write words, with spaces between, where the others write names."""

_NAMES_WORDS = "camel pascal snake constant dunder smash packed"
NAMES = frozenset(_NAMES_WORDS.split())
"""Those that write identifiers, which cannot begin with a digit."""

ONE_WORD = frozenset({"capital"})
"""Those that take the next word alone."""

_OUTER_WORDS = """
string double_string backtick_string f_string raw_string byte_string upper lower title padded
"""
OUTER = frozenset(_OUTER_WORDS.split())
"""Those that can go around the result of another one: a string of a snake-case name."""
