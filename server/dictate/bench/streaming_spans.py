"""Which stretch of a recording each utterance heard, and which sentences that cut: pure functions.

All times are seconds from the recording's beginning.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

EDGE_S: Final = 0.1
"""A sentence's edge is not known more exactly: a label and what is audible differ by so much."""


@dataclass(frozen=True)
class Span:
    """From `begin_s` to `end_s`: of a sentence its speech, of an utterance its sound."""

    begin_s: float
    end_s: float


@dataclass(frozen=True)
class Cuts:
    """What became of the sentences of a recording.

    Attributes:
        cut: an utterance ended, or began, in the middle of them.
        missed: no utterance heard them.
        joined: they share their utterance with one before.
    """

    sentences: int
    cut: int
    missed: int
    joined: int


def found_at(piece: NDArray[np.int16], played: NDArray[np.int16]) -> int | None:
    """The sample at which `piece`, int16[m], begins in `played`, int16[n]; None: it is not there.

    The sound must not repeat itself: silence has to be noise, however faint.
    """
    whole, sought = played.tobytes(), piece.tobytes()
    if not sought:
        return None
    place = whole.find(sought)
    while place > 0 and place % 2 == 1:  # halves of two samples, by chance
        place = whole.find(sought, place + 1)
    return None if place < 0 else place // 2


def cuts(sentences: Sequence[Span], utterances: Sequence[Span]) -> Cuts:
    """Judge where utterances ended.

    Args:
        sentences: their speech, in order.
        utterances: the sound of those whose text arrived, in order.
    """
    edges = [edge for heard in utterances for edge in (heard.begin_s, heard.end_s)]
    owners = [owner(sentence, utterances) for sentence in sentences]
    heard = [index for index in owners if index is not None]
    return Cuts(
        sentences=len(sentences),
        cut=sum(any(_is_inside(edge, sentence) for edge in edges) for sentence in sentences),
        missed=len(owners) - len(heard),
        joined=len(heard) - len(set(heard)),
    )


def owner(sentence: Span, utterances: Sequence[Span]) -> int | None:
    """The utterance that heard most of the sentence; None: none heard any of it."""
    heard_s = [
        min(utterance.end_s, sentence.end_s) - max(utterance.begin_s, sentence.begin_s)
        for utterance in utterances
    ]
    longest = max(range(len(heard_s)), key=heard_s.__getitem__, default=None)
    return None if longest is None or heard_s[longest] <= 0 else longest


def _is_inside(edge_s: float, sentence: Span) -> bool:
    return sentence.begin_s + EDGE_S < edge_s < sentence.end_s - EDGE_S
