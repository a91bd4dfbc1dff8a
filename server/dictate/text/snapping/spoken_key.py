"""How a name is said: for phrases to listen for, and for speech made from text."""

from __future__ import annotations

from itertools import zip_longest

from dictate.text.snapping import numbers
from dictate.text.snapping.readings import said_for
from dictate.text.snapping.subwords import compact, subwords
from dictate.text.snapping.tables import SPELLED

_MOST_VARIANTS = 3
_VOWELS = frozenset("aeiouy")


def spoken_key(name: str) -> str:
    """What a name comes down to when it is said: names with the same key are said alike.

    Examples:
        user_id, userId, UserID, USER_ID -> userid.
    """
    return compact(name)


def spoken_variants(name: str) -> list[str]:
    """Plain readings of a name, lower-case words between single spaces, the likeliest first.

    Examples:
        getUserById -> get user by i d, get user by id; utf8_decode -> u t f eight decode,
        utf eight decode, utf 8 decode; parseCfg -> parse config, parse c f g, parse cfg.

    Returns:
        One to three of them; none for a name without letters and digits.
    """
    pieces = subwords(name)
    is_shouted = name.isupper()
    is_alone = len(pieces) == 1
    said = [_said(piece, is_alone=is_alone, is_shouted=is_shouted) for piece in pieces]
    found: dict[str, None] = {}
    for readings in zip_longest(*said):
        words = (reading or options[-1] for reading, options in zip(readings, said, strict=True))
        found.setdefault(" ".join(words))
    if pieces:
        found.setdefault(" ".join(piece.lower() for piece in pieces))
    return list(found)[:_MOST_VARIANTS]


def _said(piece: str, *, is_alone: bool, is_shouted: bool) -> list[str]:
    """Readings of one subword, the likeliest first.

    A short form by itself is not said in full: its meaning is a word like any other.
    """
    lower = piece.lower()
    if piece.isdecimal() and piece.isascii():
        return numbers.readings(piece)[:2]
    if len(lower) == 1 or not piece.isascii():
        return [lower]
    meanings = [] if is_alone else list(said_for(lower)[:1])
    letters = " ".join(lower)
    if lower in SPELLED:
        return [letters, lower]
    if lower[-1] == "s" and lower[:-1] in SPELLED:
        return [f"{' '.join(lower[:-1])}s", lower]
    if not _VOWELS & set(lower):
        return [*meanings, letters]
    if piece.isupper() and len(piece) <= 3 and (is_alone or not is_shouted) and not meanings:
        return [letters, lower]
    return [lower, *meanings]
