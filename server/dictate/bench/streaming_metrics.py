"""How soon and how steadily text appears while somebody speaks: pure functions.

Texts are compared word by word, as white space parts them. The final counts as the last of the
partials: a word that no partial showed was shown by the final. See docs/streaming.md for the
definitions and their sources.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from dictate.asr.drafts.hypothesis import common_prefix

_NO_LETTER: Final = re.compile(r"\W+")
# A word left out, or added; one that was changed counts the same, but is the last to be assumed.
_LEFT_OUT: Final = 1_000
_CHANGED: Final = 1_001


@dataclass(frozen=True)
class Appeared:
    """A text, and when it was seen, in seconds."""

    at_s: float
    text: str


@dataclass(frozen=True)
class SpokenWord:
    """A word, and when it ends in the sound, in seconds on the same clock."""

    text: str
    end_s: float


@dataclass(frozen=True)
class WordLatency:
    """From a word's end in the sound until it is seen, in seconds; below zero: it was guessed.

    Attributes:
        shown_s: until there was any word at its place.
        correct_s: until it stood there as in the final, behind the words that the final has.
    """

    shown_s: float
    correct_s: float


@dataclass(frozen=True)
class Stability:
    """How often one utterance's text was changed after it had been shown.

    Attributes:
        partials: how many there were.
        unstable_partials: those that are no beginning of what followed.
        erased_words: those that were taken away again, with all that stood behind them.
        revised_words: those in whose very place something else, or nothing, followed.
        retracted_words: the most that were called settled and are not in the final.
        final_words: of the final.
    """

    partials: int
    unstable_partials: int
    erased_words: int
    revised_words: int
    retracted_words: int
    final_words: int

    @property
    def normalised_erasure(self) -> float | None:
        """Erased words over the final's; None where that has none."""
        return self.erased_words / self.final_words if self.final_words else None


def stability(partials: Sequence[str], settled: Sequence[str], final: str) -> Stability:
    """Judge one utterance.

    Args:
        partials: the texts in the order in which they were shown.
        settled: the beginning of each that was said to stay.
        final: the text in the end; "" where there was none.
    """
    steps = list(pairwise([text.split() for text in [*partials, final]]))
    return Stability(
        partials=len(partials),
        unstable_partials=sum(now != after[: len(now)] for now, after in steps),
        erased_words=sum(len(now) - common_prefix(now, after) for now, after in steps),
        revised_words=sum(_revised(now, after) for now, after in steps),
        retracted_words=max(
            (_retracted(text.split(), final.split()) for text in settled), default=0
        ),
        final_words=len(final.split()),
    )


def _revised(now: Sequence[str], after: Sequence[str]) -> int:
    kept = sum(left == right for left, right in zip(now, after, strict=False))
    return len(now) - kept


def _retracted(settled: Sequence[str], final: Sequence[str]) -> int:
    return len(settled) - common_prefix(settled, final)


def word_latencies(
    spoken: Sequence[SpokenWord], partials: Sequence[Appeared], final: Appeared
) -> list[WordLatency]:
    """Latencies of the final's words, as far as they can be matched with spoken ones.

    A word of the final that nobody spoke has no end in the sound and is left out, as is a spoken
    word that the final has not.
    """
    words = final.text.split()
    seen = [(each.at_s, each.text.split()) for each in [*partials, final]]
    latencies = []
    for place, source in enumerate(aligned([word.text for word in spoken], words)):
        if source is None:
            continue
        shown_s = next(at_s for at_s, text in seen if len(text) > place)
        correct_s = next(at_s for at_s, text in seen if text[: place + 1] == words[: place + 1])
        end_s = spoken[source].end_s
        latencies.append(WordLatency(shown_s - end_s, correct_s - end_s))
    return latencies


def aligned(spoken: Sequence[str], written: Sequence[str]) -> list[int | None]:
    """For every written word the index of the spoken one that it stands for; None: for none.

    The alignment has the fewest words changed, left out or added (Levenshtein, 1966), case and
    punctuation aside; of several such the one with the fewest changed.
    """
    places: list[int | None] = [None] * len(written)
    for source, place in _steps(spoken, written):
        if source is not None and place is not None:
            places[place] = source
    return places


def word_errors(spoken: Sequence[str], written: Sequence[str]) -> int:
    """Words changed, left out or added, case and punctuation aside."""
    return sum(
        source is None or place is None or _bare(spoken[source]) != _bare(written[place])
        for source, place in _steps(spoken, written)
    )


def _steps(
    spoken: Sequence[str], written: Sequence[str]
) -> Iterator[tuple[int | None, int | None]]:
    """The alignment, from its end: pairs of indexes, None where a word has no partner."""
    left, right = [_bare(word) for word in spoken], [_bare(word) for word in written]

    def changed(i: int, j: int) -> int:
        return 0 if left[i - 1] == right[j - 1] else _CHANGED

    costs = [[_LEFT_OUT * (i + j) for j in range(len(right) + 1)] for i in range(len(left) + 1)]
    for i in range(1, len(left) + 1):
        for j in range(1, len(right) + 1):
            costs[i][j] = min(
                costs[i - 1][j - 1] + changed(i, j),
                costs[i - 1][j] + _LEFT_OUT,
                costs[i][j - 1] + _LEFT_OUT,
            )
    i, j = len(left), len(right)
    while i or j:
        if i and j and costs[i][j] == costs[i - 1][j - 1] + changed(i, j):
            i, j = i - 1, j - 1
            yield i, j
        elif i and costs[i][j] == costs[i - 1][j] + _LEFT_OUT:
            i -= 1
            yield i, None
        else:
            j -= 1
            yield None, j


def _bare(word: str) -> str:
    return _NO_LETTER.sub("", word.casefold()) or word
