"""An open vocabulary: general English by frequency, real sentences, real names.

The words come from wordfreq's list, the sentences from the docstrings of Python's standard library,
NumPy and PyTorch, the names from their source. Nothing of them is stored here: they are read from
what is installed, so other versions give a few other sentences.
"""

from __future__ import annotations

import functools
import importlib.util
import re
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from dictate.train import vocabulary as vocab

GENERAL_WORDS: Final = 7_000
"""So many of the commonest words are drawn in random sequences."""
_KNOWN_WORDS: Final = 20_000
_WORD: Final = re.compile(r"[a-z]+(?:'[a-z]+)?")
_SENTENCE_END: Final = re.compile(r"[.!?:;]\s|\n\s*\n")
_NAME_WORD: Final = re.compile(r"[A-Z]?[a-z]+")
_CAMEL_OR_SNAKE: Final = re.compile(
    r"\b(?:[a-z]+(?:_[a-z]+){1,3}|[A-Za-z][a-z]+(?:[A-Z][a-z]+){1,3})\b"
)
_SKIPPED: Final = frozenset(
    {"test", "tests", "idlelib", "lib2to3", "site-packages", "turtledemo",
     "_inductor", "testing"}
)  # fmt: skip
_SHORTEST_WORDS: Final = 3
_LONGEST_WORDS: Final = 13
_DOCSTRING: Final = re.compile(r'"""(.*?)"""', re.DOTALL)
_PACKAGES: Final = ("numpy", "torch")
_VOWELS: Final = frozenset("aeiouy")


@functools.cache
def _by_frequency() -> tuple[str, ...]:
    """The commonest words of English, commonest first, without abbreviations and letters."""
    from wordfreq import top_n_list

    return tuple(
        word
        for word in top_n_list("en", _KNOWN_WORDS, wordlist="small")
        if _WORD.fullmatch(word)
        and _VOWELS & set(word)
        and (len(word) > 1 or word in ("a", "i"))
        and not (len(word) < 4 and word not in vocab.SHORT_WORDS)
    )


@functools.cache
def general_words() -> tuple[str, ...]:
    """The words that random sequences draw: common, and no homophones of commoner ones."""
    from dictate.train.phonemes import sounds

    words = [word for word in _by_frequency() if word not in vocab.HOMOPHONES][:GENERAL_WORDS]
    first_of: dict[str, str] = {}
    for word, sound in sounds(words).items():
        first_of.setdefault(sound, word)
    return tuple(first_of.values())


@functools.cache
def _known_words() -> frozenset[str]:
    from dictate.train.grammar import all_words

    return frozenset(_by_frequency()) | frozenset(all_words())


@functools.cache
def real_sentences() -> tuple[str, ...]:
    """Sentences of documentation as people would say them, in a fixed order."""
    found: dict[str, None] = {}
    for text in _documentation():
        for piece in _SENTENCE_END.split(text):
            words = re.sub(r"[,\"()]|(?<=\w)[.!?:;]$", " ", piece.strip()).replace("-", " ").split()
            lower = [word.lower() for word in words]
            if (
                _SHORTEST_WORDS <= len(lower) <= _LONGEST_WORDS
                # A capital inside is a name, which nobody says so.
                and all(word[1:] == word[1:].lower() for word in words)
                and all(word in _known_words() for word in lower)
            ):
                found[" ".join(lower)] = None
    return tuple(sorted(found))


@functools.cache
def real_names() -> tuple[str, ...]:
    """Names of two to four known words as people say them, such as `get default encoding`."""
    found: dict[str, None] = {}
    for path in _sources():
        for name in _CAMEL_OR_SNAKE.findall(_read(path)):
            words = [word.lower() for word in _NAME_WORD.findall(name)]
            if 2 <= len(words) <= 4 and all(
                len(word) > 1 and word in _known_words() for word in words
            ):
                found[" ".join(words)] = None
    return tuple(sorted(found))


def _sources() -> list[Path]:
    roots = [Path(sysconfig.get_paths()["stdlib"])]
    for package in _PACKAGES:
        spec = importlib.util.find_spec(package)
        roots += [Path(place) for place in (spec and spec.submodule_search_locations) or ()]
    return [
        path
        for root in roots
        for path in sorted(root.rglob("*.py"))
        if not _SKIPPED & set(path.relative_to(root).parts)
    ]


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _documentation() -> Iterator[str]:
    """Docstrings, and the language reference that `help()` prints."""
    for path in _sources():
        yield from _DOCSTRING.findall(_read(path))
