"""What the engine heard: the text as it wrote it, cut into words with a confidence each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class HeardWord:
    """A word between white space, with whatever marks the model put around it.

    Attributes:
        text: as the model wrote it ("ID," for one).
        start: offset of its first character in the heard text.
        end: behind its last.
        confidence: 0.0 to 1.0; 1.0 where nothing is known.
    """

    text: str
    start: int
    end: int
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Heard:
    """A heard text and its words."""

    text: str
    words: tuple[HeardWord, ...]


def heard(text: str, confidences: Sequence[float] = ()) -> Heard:
    """Cut a text into words.

    Args:
        text: as the engine returned it.
        confidences: of the words between white space, in order; of another number of words they say
            nothing and are left out.
    """
    found = list(_WORD.finditer(text))
    known = confidences if len(confidences) == len(found) else [1.0] * len(found)
    words = (
        HeardWord(match.group(), match.start(), match.end(), confidence)
        for match, confidence in zip(found, known, strict=True)
    )
    return Heard(text, tuple(words))
