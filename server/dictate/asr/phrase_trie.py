"""Phrases as a trie of tokens: what may come next of any that has been begun."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from dictate.asr.tokens import Tokens

MOST_PHRASES: Final = 1_000
MOST_CHARACTERS: Final = 100
"""Of one phrase; of a longer one the beginning is known."""


Node: TypeAlias = "dict[int, Node]"
"""A beginning of phrases: what it becomes with each token that may come next; empty: it is whole.

Plain dictionaries, because thousands are made for every utterance.
"""


class PhraseTrie:
    """A trie over sequences of tokens.

    Attributes:
        root: where every phrase begins.
        begins_word: for each token of the vocabulary, whether it begins with white space.
        end: the token that ends a text; no phrase has it.
    """

    def __init__(
        self, sequences: Iterable[Sequence[int]], begins_word: Sequence[bool], end: int
    ) -> None:
        """Put up the sequences, each as far as its tokens may stand in a text.

        Args:
            sequences: of tokens; the end, and what the vocabulary does not have, end them.
            begins_word: see the attributes.
            end: the id that ends a text.
        """
        self.root: Node = {}
        self.begins_word = begins_word
        self.end = end
        size = len(begins_word)
        for sequence in sequences:
            node = self.root
            for token in sequence:
                if not 0 <= token < size or token == end:
                    break
                node = node.setdefault(token, {})

    @classmethod
    def of_phrases(cls, phrases: Sequence[str], tokens: Tokens) -> PhraseTrie:
        """The trie of some phrases, each in every way that a text may write it.

        Within a sentence a phrase stands behind a space; in front of everything it may stand
        without one, and be other tokens then. A word's first letter may be of either case, because
        it may begin a sentence. Words are encoded one by one, which is exact: no token of Whisper's
        byte-level BPE reaches across a space (its pre-tokenisation cuts there).

        Args:
            phrases: the likeliest first; what is beyond `MOST_PHRASES` and `MOST_CHARACTERS` is
                left out.
            tokens: the vocabulary.
        """
        cut = (phrase[:MOST_CHARACTERS].split() for phrase in phrases[:MOST_PHRASES])
        split = [words for words in cut if words]
        wanted: dict[str, None] = {}
        for first, *rest in split:
            for beginning in _beginnings(first):
                wanted[beginning] = None
            for word in rest:
                wanted[f" {word}"] = None
        ids = tokens.encode_words(list(wanted))
        sequences = []
        for first, *rest in split:
            tail = [token for word in rest for token in ids[f" {word}"]]
            sequences += [[*ids[beginning], *tail] for beginning in _beginnings(first)]
        return cls(sequences, tokens.begins_word, tokens.end)

    @cached_property
    def beginnings(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Tokens that begin a phrase: within a text, where they begin a word; in front of all."""
        every = sorted(self.root)
        inside = [token for token in every if self.begins_word[token]]
        return np.array(inside, np.int64), np.array(every, np.int64)

    def followers(self, node: Node, *, new_word: bool) -> list[int]:
        """The tokens behind a beginning; without those that begin a word unless `new_word`."""
        return [token for token in node if new_word or not self.begins_word[token]]


def _beginnings(word: str) -> tuple[str, ...]:
    """How a phrase's first word may stand: behind a space, in front of all, capitalised or not.

    Names of mixed case and those that are more than letters keep their case in a sentence, too.
    """
    head, tail = word[0], word[1:]
    if not (tail.isalpha() and tail.islower()):
        return f" {word}", word
    other = head.lower() if head.isupper() else head.upper()
    return f" {word}", word, f" {other}{tail}"
