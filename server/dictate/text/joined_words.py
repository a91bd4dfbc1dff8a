"""Words that the model joined to an identifier which nobody knows.

A model that is given names to spell imitates their style where it should not: "explains_bats_frame
filename" for "explains bats frame filename". Taken apart, such words can be what they were.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from dictate.text.heard import Heard, HeardWord
from dictate.text.snapping.everyday import is_everyday
from dictate.text.snapping.subwords import subwords

_JOINED = re.compile(r"[^\W_]+_+[^\W_]|[a-z\d][A-Z]|[A-Z]{2,}[a-z]")
_BARE = re.compile(r"([^\w(\[{]*)(.*?)([^\w)\]}]*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Apart:
    """A heard text with some words taken apart.

    Attributes:
        heard: it.
        origins: for each of its words the index of the heard word that it was.
    """

    heard: Heard
    origins: tuple[int, ...]


def taken_apart(heard: Heard, wanted: Callable[[str, float], bool]) -> Apart | None:
    """Take words apart that look like identifiers.

    Args:
        heard: as the engine wrote it.
        wanted: whether to do so with one, told without the marks around it, with its confidence.

    Returns:
        None where there is nothing to take apart.
    """
    words: list[HeardWord] = []
    origins: list[int] = []
    length = 0
    for index, word in enumerate(heard.words):
        for part in _parts(word, wanted):
            start = length + bool(words)
            length = start + len(part)
            words.append(HeardWord(part, start, length, word.confidence))
            origins.append(index)
    if len(words) == len(heard.words):
        return None
    return Apart(Heard(" ".join(word.text for word in words), tuple(words)), tuple(origins))


def _parts(word: HeardWord, wanted: Callable[[str, float], bool]) -> list[str]:
    found = _BARE.fullmatch(word.text)
    assert found is not None
    before, bare, behind = found.groups()
    # Words such as JavaScript are everybody's, and `a_b.c(d)` is code that the model knows.
    is_joined = bare.isidentifier() and _JOINED.search(bare) and not is_everyday(bare.lower())
    if not is_joined or not wanted(bare, word.confidence):
        return [word.text]
    first, *rest = [part if part.isupper() else part.lower() for part in subwords(bare)] or [bare]
    parts = [before + first, *rest]
    parts[-1] += behind
    return parts
