"""Word error rate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


def word_errors(reference: str, hypothesis: str) -> int:
    """Substitutions, insertions and deletions between two texts, in words (Levenshtein)."""
    said, written = reference.split(), hypothesis.split()
    row = list(range(len(written) + 1))
    for index, word in enumerate(said, start=1):
        diagonal, row[0] = row[0], index
        for column, other in enumerate(written, start=1):
            diagonal, row[column] = (
                row[column],
                min(row[column] + 1, row[column - 1] + 1, diagonal + (word != other)),
            )
    return row[-1]


@dataclass(frozen=True, slots=True)
class Score:
    """Word errors over the words spoken."""

    errors: int
    words: int
    utterances: int

    @property
    def rate(self) -> float:
        """Word error rate as a fraction; 0 where nothing was said."""
        return self.errors / self.words if self.words else 0.0


def score(pairs: Iterable[tuple[str, str]]) -> Score:
    """Score (reference, hypothesis) pairs."""
    errors = words = utterances = 0
    for reference, hypothesis in pairs:
        errors += word_errors(reference, hypothesis)
        words += len(reference.split())
        utterances += 1
    return Score(errors, words, utterances)
