"""A part of a line of code, and what can be said of it alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from dictate.text.spacing import CONTROL_WORDS
from dictate.text.spoken_forms.language_style import Style

PartKind = Literal["word", "symbol", "operator", "bracket", "white space", "phrase", "comment"]


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of code that is written without a look at its spaces.

    Attributes:
        text: not empty.
        kind: "operator" is known to stand between values; "bracket" tells `<` of a generic type
            from "less than"; "phrase" is natural text; "white space" is meant as it is.
    """

    text: str
    kind: PartKind = "word"


OPENING = frozenset("([{")
CLOSING = frozenset(")]}")
QUOTES = frozenset({'"', "'", "`", '"""', "'''"})
PAIRS = frozenset({"()", "[]", "{}", "<>", '""', "''", "``"})
PREFIXES = frozenset({"!", "~", "@", "#", "$", "&", "*", "**", "-", "--", "++", "...", ".."})
_NEVER_CALLED_WORDS = """
async class const def default del do enum finally fn function instanceof lambda let loop mut
private protected public select static struct try use using val var
"""
NEVER_CALLED = CONTROL_WORDS | frozenset(_NEVER_CALLED_WORDS.split())
"""Keywords that a parenthesis or bracket does not belong to."""
NEVER_INDEXED = CONTROL_WORDS | {"const", "let", "val", "var"}
BEFORE_VALUE = NEVER_CALLED | {"print", "echo", "puts", "go", "defer", "goto"}
_BEFORE_LEADING_DOT_WORDS = "and await case elif from if import in is not or return while yield"
BEFORE_LEADING_DOT = frozenset(_BEFORE_LEADING_DOT_WORDS.split())
"""Words behind which a dot begins something: `from .names`, `case .some`."""
BEFORE_NAME = frozenset({"def", "fn", "fun", "func", "function"})
_BEHIND_UNDERSCORE_WORDS = "and as else for from if import in is not or"
BEHIND_UNDERSCORE = frozenset(_BEHIND_UNDERSCORE_WORDS.split())
NUMBER = re.compile(r"\d")
WORD_END = re.compile(r"\w$")
WORD_START = re.compile(r"\w")
_TYPES_WORDS = """
auto bool byte char const double float int int16_t int32_t int64_t int8_t long short signed
size_t struct uint16_t uint32_t uint64_t uint8_t unsigned void wchar_t FILE
"""
TYPES = frozenset(_TYPES_WORDS.split())


def is_symbol(part: Part) -> bool:
    """Whether it is made of marks."""
    return part.kind in ("symbol", "operator", "bracket") and not WORD_START.match(part.text)


def is_pair(part: Part, following: Part | None) -> bool:
    """Empty brackets, said at once or one after the other."""
    if part.text == "[":
        return following is not None and following.text == "]"
    return part.text == "[]"


def is_operator(part: Part, style: Style) -> bool:
    """Whether it stands between two values."""
    return part.kind == "operator" and part.text not in style.access


def is_name(text: str) -> bool:
    """Whether it can be the name of a function, an argument or a key."""
    is_word = bool(WORD_END.search(text)) and not NUMBER.match(text)
    return is_word and text not in CONTROL_WORDS
