"""The ways to write an utterance: between its words, edges for each reading of one or several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from dictate.text.snapping.numbers import numbers_at
from dictate.text.snapping.readings import Kind, phrases, readings
from dictate.text.snapping.subwords import compact, subwords

_NUMBER_COST = 0.02
_SEPARATORS = {"underscore": "_", "dash": "-", "hyphen": "-"}
_SIGNS = str.maketrans({"'": "", "\u2019": "", "+": "p", "#": "sharp"})  # C++, C#


class Edge(NamedTuple):
    """Some tokens read in one way.

    Attributes:
        end: index behind its last token.
        text: as a name would write it, compact; "" for a separator that was said.
        cost: in words.
        kind: what the reading rests on.
        separator: what a name must contain for it; "" where nothing.
    """

    end: int
    text: str
    cost: float
    kind: Kind
    separator: str = ""


@dataclass(frozen=True)
class Lattice:
    """All readings of an utterance.

    Attributes:
        words: as they were heard.
        tokens: the words in lower case, cut where one is written like a name.
        first_tokens: for each word the index of its first token, and one more behind the last.
        words_before: for each token boundary how many whole words end there; -1 within a word.
        edges: for each token those that begin with it.
    """

    words: tuple[str, ...]
    tokens: tuple[str, ...]
    first_tokens: tuple[int, ...]
    words_before: tuple[int, ...]
    edges: tuple[tuple[Edge, ...], ...]


@lru_cache(maxsize=16)
def lattice(words: tuple[str, ...]) -> Lattice:
    """Read an utterance in every way; kept for the next question about the same one."""
    tokens: list[str] = []
    first_tokens = [0]
    words_before = [0]
    for index, word in enumerate(words):
        pieces = tokens_of(word)
        tokens.extend(pieces)
        words_before.extend([-1] * (len(pieces) - 1))
        if pieces:
            words_before.append(index + 1)
        first_tokens.append(len(tokens))
    edges = tuple(_edges(tokens, start) for start in range(len(tokens)))
    return Lattice(words, tuple(tokens), tuple(first_tokens), tuple(words_before), edges)


@lru_cache(maxsize=1 << 14)
def tokens_of(word: str) -> tuple[str, ...]:
    """A heard word as lower-case pieces: one for most, more for getUserById, I.D. or utf-8."""
    plain = word.translate(_SIGNS)
    if plain.isalpha() and (plain[1:].islower() or plain.isupper() or len(plain) == 1):
        return (compact(plain),)
    pieces = (compact(piece) for piece in subwords(plain))
    return tuple(piece for piece in pieces if piece)


def _edges(tokens: Sequence[str], start: int) -> tuple[Edge, ...]:
    token = tokens[start]
    found = [Edge(start + 1, *reading) for reading in readings(token)]
    if token in _SEPARATORS:
        found.append(Edge(start + 1, "", 0.0, "word", _SEPARATORS[token]))
    for others, reading in phrases(token):
        end = start + 1 + len(others)
        if tuple(tokens[start + 1 : end]) == others:
            found.append(Edge(end, *reading))
    for count, digits in numbers_at(tokens, start):
        found.append(Edge(start + count, digits, _NUMBER_COST, "number"))
    return tuple(found)
