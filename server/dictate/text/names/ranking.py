"""How likely a name is to be said: by its spelling, use, kind, place and the edits around it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import islice
from math import log2
from typing import Final

from dictate.text.identifiers import MAX_NAME_CHARACTERS, is_hash, worth
from dictate.text.keywords import KEYWORDS
from dictate.text.names.name import Kind

LOCAL: Final = 2.0
"""For parameters and variables of the function around the cursor."""
MEMBER: Final = 1.0
"""For methods and fields of the class around the cursor."""
QUOTED: Final = -2.0
"""For names that stand in comments, strings and prose alone."""
PLAIN: Final = -4.0
"""For short names and everyday words, which other text is full of."""
EDITED: Final = 1.5
"""For names where the last edit was; each spot before it gets less."""
EDITED_BEFORE: Final = 0.7

KIND: Final[dict[Kind, float]] = {
    "type": 0.6, "function": 0.6, "parameter": 0.4, "field": 0.3,
    "constant": 0.3, "module": 0.3, "variable": 0.2, "": 0.0,
}  # fmt: skip

_NEARNESS = 3.0
_NEAR_NAMES = 150  # at this distance half of it is left
_FAR_NAMES = 3_000  # behind it nothing to speak of
_NEAR = tuple(_NEARNESS / (1.0 + distance / _NEAR_NAMES) for distance in range(_FAR_NAMES + 1))
_USE = 0.5
_USES = tuple(_USE * min(6.0, log2(1 + count)) for count in range(64))
_BEGINNING = re.compile(r"[^\W\d]")
_CONSTANT = re.compile(r"_*[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_*")


@lru_cache(maxsize=1 << 17)
def spelling(name: str) -> tuple[float, bool] | None:
    """What a spelling is worth, and whether it is a plain one; None for what nobody says."""
    if len(name) > MAX_NAME_CHARACTERS or not _BEGINNING.match(name):
        return None
    value = worth(name)
    if value is not None:
        return value, False
    if name in KEYWORDS or is_hash(name):
        return None
    return (PLAIN, True) if name.strip("_") else None


def is_of_several_words(name: str) -> bool:
    """Whether its spelling shows that it is a name, in the middle of prose too."""
    found = spelling(name)
    return found is not None and found[0] > 0.0


def used(counts: Mapping[str, int], *, everything: bool) -> dict[str, float]:
    """For names by their spelling and by how often they occur.

    Args:
        counts: how often each occurs.
        everything: short names and everyday words too.
    """
    often = len(_USES) - 1
    return {
        name: found[0] + _USES[count if count < often else often]
        for name, count in counts.items()
        if (found := spelling(name)) is not None and (everything or not found[1])
    }


def nearness(before: Iterable[str], after: Iterable[str]) -> dict[str, float]:
    """For names by the number of names between their nearest use and the cursor.

    Args:
        before: names in front of the cursor, the nearest first.
        after: those behind it.
    """
    in_front = list(islice(before, _FAR_NAMES))
    behind = list(islice(after, _FAR_NAMES))
    # The later of two entries of a name is kept: the farthest come first.
    nearest = dict(zip(reversed(behind), _NEAR[len(behind) : 0 : -1], strict=True))
    for name, near in zip(reversed(in_front), _NEAR[len(in_front) - 1 :: -1], strict=False):
        if nearest.get(name, 0.0) < near:
            nearest[name] = near
    return nearest


def kind_by_spelling(name: str, kind: Kind) -> Kind:
    """`MAX_SIZE` is meant as a constant however it was defined."""
    if kind in ("", "variable", "field") and len(name) > 1 and _CONSTANT.fullmatch(name):
        return "constant"
    return kind


def best(scores: Mapping[str, float], limit: int | None) -> list[tuple[str, float]]:
    """The highest scores, in order; names with the same score in the order of the alphabet."""
    if limit is not None and limit < len(scores):
        if limit <= 0:
            return []
        least = sorted(scores.values(), reverse=True)[limit - 1]
        items = [(name, score) for name, score in scores.items() if score >= least]
    else:
        items = list(scores.items())
    return sorted(items, key=lambda item: (-item[1], item[0]))[:limit]
