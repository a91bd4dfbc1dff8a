"""Which words are ordinary English, so that nobody's rewording is taken for a lesson."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final

from dictate.text.common_words import COMMON_WORDS

_FILE: Final = Path(__file__).with_name("english.txt")
_INFLECTIONS: Final = (
    ("s", ""), ("es", ""), ("ies", "y"), ("ed", ""), ("ed", "e"), ("ied", "y"), ("ing", ""),
    ("ing", "e"), ("ly", ""), ("er", ""), ("er", "e"), ("ers", ""), ("ers", "e"),
)  # fmt: skip
_MIN_STEM_LETTERS: Final = 3
_DOUBLED = re.compile(r"(\w+)(\w)\2(?:ed|ing|er)")


def is_everyday(word: str) -> bool:
    """Whether nearly everybody says this word every day, about anything.

    Args:
        word: in lower case.
    """
    return word in COMMON_WORDS or word in _words()[0] or len(word) == 1


def is_ordinary(word: str) -> bool:
    """Whether it stands in a small dictionary of English, inflected or not.

    Args:
        word: in lower case, perhaps with an apostrophe.
    """
    word = word.replace("\u2019", "'").split("'")[0]
    everyday, rarer = _words()
    return is_everyday(word) or any(
        stem in everyday or stem in rarer for stem in (word, *_stems(word))
    )


def _stems(word: str) -> Iterator[str]:
    for ending, instead in _INFLECTIONS:
        if word.endswith(ending) and len(word) - len(ending) >= _MIN_STEM_LETTERS:
            yield word[: -len(ending)] + instead
    if doubled := _DOUBLED.fullmatch(word):
        yield doubled[1] + doubled[2]


@lru_cache(maxsize=1)
def _words() -> tuple[frozenset[str], frozenset[str]]:
    """Of the file's two parts; read when somebody first corrects something."""
    _, everyday, rarer = _FILE.read_text(encoding="ascii").split("\n\n")
    return frozenset(everyday.split()), frozenset(rarer.split())
