"""Names found by their sound: consonants that agree, letters that nearly do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from dictate.text.english import is_inflection
from dictate.text.keywords import KEYWORDS
from dictate.text.snapping.everyday import is_everyday
from dictate.text.snapping.numbers import in_digits
from dictate.text.snapping.subwords import compact, subwords

# Spellings and what they sound like, the first that fits: at the start, at the end, anywhere.
_AT_START = {"kn": "n", "gn": "n", "pn": "n", "wr": "r", "ps": "s"}
_AT_END = {"mb": "m", "y": "i"}
_ANYWHERE = {
    "augh": "o",
    "ough": "o",
    "igh": "i",
    "tion": "Sn",
    "sion": "Sn",
    "sch": "sk",
    "tch": "C",
    "ch": "C",
    "ck": "k",
    "sh": "S",
    "ph": "f",
    "th": "T",
    "wh": "w",
    "dge": "J",
    "dg": "J",
    "j": "J",
    "ce": "se",
    "ci": "si",
    "cy": "si",
    "c": "k",
    "qu": "kw",
    "q": "k",
    "x": "ks",
    "z": "s",
    "ee": "i",
    "ea": "i",
    "ie": "i",
    "ei": "i",
    "ey": "i",
    "y": "i",
    "oo": "u",
    "ou": "u",
    "ew": "u",
    "ue": "u",
    "ai": "e",
    "ay": "e",
    "oa": "o",
    "ow": "o",
}
_SPELLING = re.compile(
    "|".join([*(f"^{said}" for said in _AT_START), *(f"{said}$" for said in _AT_END), *_ANYWHERE])
)
_SOUNDS = {**_ANYWHERE, **_AT_START, **_AT_END}
_VOWELS = "aeiou"
_DOUBLE = re.compile(r"(.)\1")
# Voice is lost first: p and b, t and d, k and g are one.
_CLASSES = str.maketrans("bdgvzJSC", "ptkfsXXX", "aeiouhw")

_LEAST_SKELETON = 3
_MOST_END = 3
_LEAST_LIKENESS = 0.75
_LEAST_LIKENESS_OF_SAME_SKELETON = 0.6
_LEAST_LIKENESS_OF_SHORT = 0.8
_SHORT = 5  # characters
_LEAST_LIKENESS_OF_EVERYDAY = 0.75


@lru_cache(maxsize=1 << 15)
def sound(word: str) -> str:
    """A word spelled as it sounds, roughly: "numb" -> "num", "pie" -> "pi", "quay" -> "kwe"."""
    if word[-1:] == "e" and word[-2:-1] not in _VOWELS:
        word = word[:-1]  # silent
    word = _SPELLING.sub(lambda match: _SOUNDS[match.group()], word)
    return _DOUBLE.sub(r"\1", word)


@lru_cache(maxsize=1 << 15)
def skeleton(word: str) -> str:
    """The classes of a word's consonants, and its digits; a vowel counts where it stands alone."""
    return sound(word).translate(_CLASSES)


class SoundIndex:
    """Finds names whose consonants differ from what was heard in one place at most."""

    def __init__(self, names: Sequence[str]) -> None:
        profiles = [_profile(name) for name in names]
        self._pieces = [profile.pieces for profile in profiles]
        self._sounds = [profile.sound for profile in profiles]
        self._bones = [profile.skeleton for profile in profiles]
        self._same: dict[str, list[int]] = {}
        self._ends: dict[tuple[int, str, bool], list[int]] = {}
        for index, bones in enumerate(self._bones):
            if len(bones) < _LEAST_SKELETON or _is_heard_right(self._pieces[index]):
                continue
            self._same.setdefault(bones, []).append(index)
            for end in _ends(bones, len(bones)):
                self._ends.setdefault(end, []).append(index)

    def alike(self, tokens: Sequence[str]) -> list[tuple[float, int]]:
        """Names that sound like some tokens: likeness up to 1.0, index; the likest first.

        Args:
            tokens: lower case.
        """
        tokens = [in_digits(token) or token for token in tokens]
        bones = "".join(map(skeleton, tokens))
        if len(bones) < _LEAST_SKELETON:
            return []
        same = set(self._same.get(bones, ()))
        others = set() if all(map(is_everyday, tokens)) else self._neighbours(bones) - same
        if not same and not others:
            return []
        heard = "".join(map(sound, tokens))
        found = []
        for index in (*same, *others):
            likeness = 1.0 - _distance(heard, self._sounds[index]) / max(
                len(heard), len(self._sounds[index])
            )
            if self._is_alike(tokens, likeness, index, has_same_skeleton=index in same):
                found.append((likeness, index))
        return sorted(found, key=lambda one: (-one[0], one[1]))

    def _neighbours(self, bones: str) -> set[int]:
        """Names one edit away: what is left of theirs at one end or the other is the same."""
        found: set[int] = set()
        for length in (len(bones) - 1, len(bones), len(bones) + 1):
            for end in _ends(bones, length):
                found.update(self._ends.get(end, ()))
        return {index for index in found if _distance(bones, self._bones[index]) <= 1}

    def _is_alike(
        self, tokens: Sequence[str], likeness: float, index: int, *, has_same_skeleton: bool
    ) -> bool:
        pieces = self._pieces[index]
        heard, written = "".join(tokens), "".join(pieces)
        if _digits(heard) != _digits(written) or is_inflection(heard, written):
            return False
        if any(len(piece) == 1 and piece not in tokens for piece in pieces):
            return False  # one letter more or less makes no difference to the ear
        if all(map(is_everyday, tokens)):
            if len(pieces) == 1:
                return False
            if not has_same_skeleton or likeness < _LEAST_LIKENESS_OF_EVERYDAY:
                return False
        elif len(written) < _SHORT or len(heard) < _SHORT:
            if not has_same_skeleton or likeness < _LEAST_LIKENESS_OF_SHORT:
                return False
        elif likeness < (
            _LEAST_LIKENESS_OF_SAME_SKELETON if has_same_skeleton else _LEAST_LIKENESS
        ):
            return False
        return len(tokens) != len(pieces) or all(map(_may_be, tokens, pieces))


def _is_heard_right(pieces: Sequence[str]) -> bool:
    """Whether a name is an everyday word or a keyword: what sounds like it is not meant for it."""
    return len(pieces) == 1 and (is_everyday(pieces[0]) or pieces[0] in KEYWORDS)


def _may_be(token: str, piece: str) -> bool:
    """Whether a word, heard as `token`, may have been `piece`: everyday words are heard right."""
    if token == piece:
        return True
    if len(token) == 1 or len(piece) == 1 or is_inflection(token, piece):
        return False
    return not is_everyday(token) or skeleton(token) == skeleton(piece)


class _Profile(NamedTuple):
    pieces: tuple[str, ...]
    sound: str
    skeleton: str


@lru_cache(maxsize=1 << 14)
def _profile(name: str) -> _Profile:
    """What is compared of a name; kept, as most names outlive a change of the document."""
    pieces = tuple(compact(piece) for piece in subwords(name))
    return _Profile(pieces, "".join(map(sound, pieces)), "".join(map(skeleton, pieces)))


def _ends(bones: str, length: int) -> tuple[tuple[int, str, bool], tuple[int, str, bool]]:
    """Where to look for names of a length whose beginning or end is the one of `bones`."""
    part = min(_MOST_END, length // 2)
    return (length, bones[:part], True), (length, bones[-part:], False)


def _distance(one: str, other: str) -> int:
    from jellyfish import damerau_levenshtein_distance  # loaded only where sounds are compared

    return damerau_levenshtein_distance(one, other)


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))
