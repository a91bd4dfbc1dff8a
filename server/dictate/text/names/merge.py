"""Names from several places, each once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dictate.text.names.name import Name


def merged(*lists: Iterable[Name], limit: int | None = None) -> list[Name]:
    """Put lists of names together.

    Args:
        lists: names, in any order.
        limit: how many are wanted at most.

    Returns:
        Each spelling once, with its best score, the best first. What one list knows of a name and
        the best one does not, its kind and how it is said, is kept.
    """
    best: dict[str, Name] = {}
    for names in lists:
        for name in names:
            known = best.get(name.text)
            best[name.text] = name if known is None else _together(known, name)
    ranked = sorted(best.values(), key=lambda name: (-name.score, name.text))
    return ranked[:limit]


def _together(one: Name, other: Name) -> Name:
    better, worse = (one, other) if one.score >= other.score else (other, one)
    if (better.kind or not worse.kind) and (better.spoken or not worse.spoken):
        return better
    return replace(better, kind=better.kind or worse.kind, spoken=better.spoken or worse.spoken)
