"""An index of compact names that follows the readings of an utterance from a word on."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from typing import NamedTuple

from dictate.text.snapping.lattice import Edge, Lattice

_MOST_STATES = 2_000
_MOST_WORDS = 24  # letters of acronyms count one each


class Path(NamedTuple):
    """A way through an utterance that spells a key.

    Attributes:
        end_word: index behind the last word.
        key: what it spells.
        edges: what it is made of, in order.
    """

    end_word: int
    key: str
    edges: tuple[Edge, ...]

    @property
    def cost(self) -> float:
        """Of all its readings, in words."""
        return sum(edge.cost for edge in self.edges)

    @property
    def cuts(self) -> tuple[int, ...]:
        """Where in the key its edges end."""
        ends: list[int] = []
        for edge in self.edges:
            if edge.text:
                ends.append((ends[-1] if ends else 0) + len(edge.text))
        return tuple(ends)


class KeyIndex:
    """Keys with what they stand for, searched by beginnings."""

    def __init__(self, entries: Mapping[str, list[int]]) -> None:
        self._entries = entries
        self._sorted = sorted(entries)

    def __getitem__(self, key: str) -> list[int]:
        return self._entries[key]

    def paths(self, lattice: Lattice, start: int) -> list[Path]:
        """Every way from the word at `start` to the end of a word that spells a key."""
        first = lattice.first_tokens[start]
        if first == lattice.first_tokens[start + 1]:
            return []
        found: list[Path] = []
        states: list[tuple[int, str, tuple[Edge, ...]]] = [(first, "", ())]
        for _ in range(_MOST_STATES):
            if not states:
                break
            token, prefix, edges = states.pop()
            for edge in lattice.edges[token]:
                longer = prefix + edge.text
                if not longer or not self._begins(longer):
                    continue
                state = (edge.end, longer, (*edges, edge))
                end_word = lattice.words_before[edge.end]
                if end_word > 0 and edge.text and longer in self._entries:
                    found.append(Path(end_word, longer, state[2]))
                is_short = len(state[2]) < _MOST_WORDS
                if edge.end < len(lattice.tokens) and is_short:
                    states.append(state)
        return found

    def _begins(self, prefix: str) -> bool:
        """Whether any key begins so."""
        index = bisect_left(self._sorted, prefix)
        return index < len(self._sorted) and self._sorted[index].startswith(prefix)
