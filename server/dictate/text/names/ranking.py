"""How likely a name is to be said: by its spelling, use, kind, place and the edits around it."""

from __future__ import annotations

import re
from collections.abc import Iterable
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
_FAR_NAMES = 4_000  # behind it nothing to speak of
_USE = 0.5
_USES = tuple(_USE * min(6.0, log2(1 + count)) for count in range(64))
_CONSTANT = re.compile(r"_*[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_*")


@lru_cache(maxsize=1 << 17)
def spelling(name: str) -> tuple[float, bool] | None:
    """What a spelling is worth, and whether it is a plain one; None for what nobody says."""
    value = worth(name)
    if value is not None and len(name) <= MAX_NAME_CHARACTERS:
        return value, False
    if name in KEYWORDS or len(name) > MAX_NAME_CHARACTERS or is_hash(name) or name[0].isdigit():
        return None
    return (PLAIN, True) if name.strip("_") else None


def use(count: int) -> float:
    """For a name that occurs so often."""
    return _USES[min(count, len(_USES) - 1)]


def nearness(before: Iterable[str], after: Iterable[str]) -> dict[str, float]:
    """For names by the number of names between their nearest use and the cursor.

    Args:
        before: names in front of the cursor, the nearest first.
        after: those behind it.
    """
    nearest: dict[str, int] = {}
    for distance, name in enumerate(islice(before, _FAR_NAMES)):
        if name not in nearest:
            nearest[name] = distance
    for distance, name in enumerate(islice(after, _FAR_NAMES), 1):
        if nearest.get(name, _FAR_NAMES) > distance:
            nearest[name] = distance
    return {name: _NEARNESS / (1.0 + distance / _NEAR_NAMES) for name, distance in nearest.items()}


def kind_by_spelling(name: str, kind: Kind) -> Kind:
    """`MAX_SIZE` is meant as a constant however it was defined."""
    if kind in ("", "variable", "field") and len(name) > 1 and _CONSTANT.fullmatch(name):
        return "constant"
    return kind
