"""A match of spoken words with a name, and whoever finds it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

How = Literal["exact", "compact", "phonetic"]
"""By spoken key; by the letters without spaces; by sound and edit distance."""


@dataclass(frozen=True, slots=True)
class Snap:
    """Some words in a row are a name.

    Attributes:
        words: how many.
        name: its spelling.
        how: why.
        score: 0.0 to 1.0; 1.0 for the very words that its spelling is read as.
        alternatives: other names that these words could mean, the likeliest first.
    """

    words: int
    name: str
    how: How
    score: float = 1.0
    alternatives: tuple[str, ...] = ()


class Snapper(Protocol):
    """Finds names in spoken words."""

    def longest(self, words: Sequence[str], start: int, *, prose: bool) -> Snap | None:
        """The best name that begins with the word at `start`, the longest where several do.

        Args:
            words: bare: lower or mixed case, without punctuation around them, no empty ones.
            start: index into `words`.
            prose: ordinary language may be meant: only what can hardly be anything else is a name.
        """

    def spells(self, word: str) -> bool:
        """Whether a name is spelled just so."""
