"""How well names are written: pure functions over one utterance, and sums over many.

See docs/identifiers.md for the definitions and their sources.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from dictate.bench.streaming_metrics import aligned

_TOKEN: Final = re.compile(r"[^\W\d]\w*")
_LOOKS_LIKE_A_NAME: Final = re.compile(r"\w*(?:[^\W_]_+[^\W_]|[a-z][A-Z]|[^\W\d_]\d)\w*")
_WORD_OF_A_NAME: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")
_PIECE: Final = re.compile(r"[^\W\d]\w*(?:'\w+)?|\d+|[^\w\s]")
_NO_LETTER: Final = re.compile(r"\W+")
_RESAMPLES: Final = 1_000
_CONFIDENCE: Final = 0.95


@dataclass(frozen=True)
class NamesJudged:
    """The names of one written text.

    Attributes:
        said: how often a name was said.
        right: how many of those stand there exactly.
        wrong: names that stand there though nobody said them.
        leaked: those of `wrong` that the list has.
    """

    said: int = 0
    right: int = 0
    wrong: int = 0
    leaked: int = 0


def judge_names(
    written: str, expected: str, said: Sequence[str], listed: Collection[str], spoken: str = ""
) -> NamesJudged:
    """Compare the names of a text with those that it should have.

    A name is a word that the list has, or one that only code writes so: `get_user`, `getUser`,
    `utf8`. A word that `expected` has, or that was said just so, is no mistake, whatever the list
    says: `parse json` left as it was heard has no name `json` in it.

    Args:
        written: what stands in the document.
        expected: what should.
        said: the names that were said, each as often as it was.
        listed: the names that were offered.
        spoken: the words that were said.
    """
    there = Counter(_TOKEN.findall(written))
    wanted = Counter(_TOKEN.findall(expected)) | Counter(_TOKEN.findall(spoken))
    right = sum(min(count, there[name]) for name, count in Counter(said).items())
    wrong = leaked = 0
    for token, count in there.items():
        extra = max(0, count - wanted[token])
        if token in listed:
            leaked += extra
        if token in listed or _LOOKS_LIKE_A_NAME.fullmatch(token):
            wrong += extra
    return NamesJudged(len(said), right, wrong, leaked)


@dataclass(frozen=True)
class SpokenWord:
    """A word of the reference; `is_rare`: of a name on the list."""

    text: str
    is_rare: bool = False


@dataclass(frozen=True)
class WordErrors:
    """Words of one utterance and errors in them, rare and common ones apart (Le et al., 2021).

    Attributes:
        lost_tail: words at the end for which nothing is written.
    """

    rare_words: int = 0
    rare_errors: int = 0
    common_words: int = 0
    common_errors: int = 0
    lost_tail: int = 0


def judge_words(reference: Sequence[SpokenWord], written: Sequence[SpokenWord]) -> WordErrors:
    """Align and count, case and punctuation aside.

    A word that was changed or left out counts where the reference has it; one that was added counts
    as rare where it is of a listed name itself.
    """
    spoken = [word.text for word in reference]
    sources = aligned(spoken, [word.text for word in written])
    rare = common = 0
    for word, source in zip(written, sources, strict=True):
        if source is None:
            is_rare = word.is_rare
        elif _bare(word.text) != _bare(spoken[source]):
            is_rare = reference[source].is_rare
        else:
            continue
        rare += is_rare
        common += not is_rare
    kept = {source for source in sources if source is not None}
    left_out = [index for index in range(len(reference)) if index not in kept]
    rare += sum(reference[index].is_rare for index in left_out)
    common += sum(not reference[index].is_rare for index in left_out)
    rare_words = sum(word.is_rare for word in reference)
    return WordErrors(
        rare_words,
        rare,
        len(reference) - rare_words,
        common,
        len(reference) - 1 - max(kept, default=-1),
    )


def spoken_words(text: str, readings: Callable[[str], str | None]) -> list[SpokenWord]:
    """The words of a text as they are said; single letters in a row are one word.

    Args:
        text: spoken or written words between white space.
        readings: how a name of the list is said; None for what is none.
    """
    words: list[SpokenWord] = []
    for piece in _PIECE.findall(text):
        reading = readings(piece)
        if reading is not None:
            words += [SpokenWord(word.lower(), is_rare=True) for word in reading.split()]
        elif _LOOKS_LIKE_A_NAME.fullmatch(piece):
            words += [SpokenWord(word.lower()) for word in _WORD_OF_A_NAME.findall(piece)]
        else:
            words.append(SpokenWord(piece.lower()))
    return joined_letters(words)


def joined_letters(words: Sequence[SpokenWord]) -> list[SpokenWord]:
    """`i d` as `id`: how letters are parted is not heard."""
    joined: list[SpokenWord] = []
    is_open = False  # the last word is of letters that go on
    for word in words:
        is_letter = len(word.text) == 1 and word.text.isalpha()
        if is_letter and is_open and joined[-1].is_rare == word.is_rare:
            joined[-1] = SpokenWord(joined[-1].text + word.text, word.is_rare)
        else:
            joined.append(word)
        is_open = is_letter
    return joined


def _bare(word: str) -> str:
    return _NO_LETTER.sub("", word.casefold()) or word


def collisions(names: Sequence[str], key: Callable[[str], str]) -> float | None:
    """The share of the names that are said like another one of them; None without names."""
    distinct = list(dict.fromkeys(names))
    if not distinct:
        return None
    counts = Counter(map(key, distinct))
    return sum(counts[key(name)] > 1 for name in distinct) / len(distinct)


@dataclass(frozen=True)
class Ratio:
    """A ratio of sums over utterances, and where 95 % of the resampled ones lie.

    Attributes:
        value: None where nothing was counted.
        low: of the interval.
        high: of the interval.
        counted: what the ratio is of: the sum of the denominators.
    """

    value: float | None
    low: float | None
    high: float | None
    counted: int


def ratio(numerators: Sequence[int], denominators: Sequence[int], seed: int) -> Ratio:
    """The ratio of two sums, with a percentile bootstrap over utterances (Bisani and Ney, 2004).

    Args:
        numerators: of each utterance.
        denominators: likewise.
        seed: of the resampling.
    """
    total = sum(denominators)
    if total == 0:
        return Ratio(None, None, None, 0)
    tops, bottoms = np.asarray(numerators, np.float64), np.asarray(denominators, np.float64)
    drawn = np.random.default_rng(seed).integers(0, tops.size, (_RESAMPLES, tops.size))
    tops, bottoms = tops[drawn].sum(axis=1), bottoms[drawn].sum(axis=1)
    counted = bottoms > 0
    tail = 100 * (1 - _CONFIDENCE) / 2
    low, high = np.percentile(tops[counted] / bottoms[counted], [tail, 100 - tail]).tolist()
    return Ratio(sum(numerators) / total, low, high, total)
