"""Which words are ordinary English: what they make up is hardly a name, and no slip of the ear."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final

from dictate.text.common_words import COMMON_WORDS

_FILE: Final = Path(__file__).with_name("english.txt")
_INFLECTIONS: Final = (
    ("ies", ("y",)),
    ("es", ("", "e")),
    ("s", ("",)),
    ("ied", ("y",)),
    ("ed", ("", "e")),
    ("ings", ("", "e")),
    ("ing", ("", "e")),
    ("ly", ("", "le")),
    ("ers", ("", "e")),
    ("er", ("", "e")),
    ("est", ("", "e")),
    ("ness", ("",)),
    ("ment", ("",)),
)
_LEAST_STEM_CHARACTERS: Final = 3


def is_frequent(word: str) -> bool:
    """Whether nearly everybody says this word every day, about anything.

    Args:
        word: in lower case.
    """
    return word in COMMON_WORDS or word in _words()[0] or len(word) == 1


@lru_cache(maxsize=1 << 14)
def is_ordinary(word: str) -> bool:
    """Whether it stands in a small dictionary of English, inflected or not.

    Args:
        word: in lower case, perhaps with an apostrophe.
    """
    word = word.replace("\u2019", "'").split("'")[0]
    if is_frequent(word) or word in _words()[1]:
        return True
    return any(is_ordinary(stem) for stem in stems(word))


def is_inflection(one: str, other: str) -> bool:
    """Whether one word is the other with an ending: no slip of the ear, but another word."""
    return one != other and (one in stems(other) or other in stems(one))


def stems(word: str) -> Iterator[str]:
    """What a word may be an inflection of; most of it is no word at all."""
    for ending, replacements in _INFLECTIONS:
        stem = word[: -len(ending)]
        if not word.endswith(ending) or len(stem) < _LEAST_STEM_CHARACTERS:
            continue
        for replacement in replacements:
            yield stem + replacement
        if ending[0] in "ei" and len(stem) > _LEAST_STEM_CHARACTERS and stem[-1] == stem[-2]:
            yield stem[:-1]


@lru_cache(maxsize=1)
def _words() -> tuple[frozenset[str], frozenset[str]]:
    """Of the file's two parts; read when they are first asked for."""
    _, frequent, rarer = _FILE.read_text(encoding="ascii").split("\n\n")
    return frozenset(frequent.split()), frozenset(rarer.split())
