"""Names found by their sound: consonants that agree, letters that nearly do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from dictate.text.snapping.everyday import is_everyday, is_inflection
from dictate.text.snapping.numbers import in_digits
from dictate.text.snapping.subwords import compact, subwords

_SPELLINGS = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"^kn|^gn|^pn", "n"),
        (r"^wr", "r"),
        (r"^ps", "s"),
        (r"mb$", "m"),
        (r"ph", "f"),
        (r"igh", "i"),
        (r"augh|ough", "o"),
        (r"ck", "k"),
        (r"tch|ch", "C"),
        (r"[ts]ion", "Sn"),
        (r"sch", "sk"),
        (r"sh", "S"),
        (r"dge?|j", "J"),
        (r"th", "T"),
        (r"wh", "w"),
        (r"c(?=[eiy])", "s"),
        (r"c", "k"),
        (r"qu?", "kw"),
        (r"x", "ks"),
        (r"z", "s"),
        (r"ee|ea|ie|ei|ey|y$", "i"),
        (r"oo|ou|ew|ue", "u"),
        (r"ai|ay", "e"),
        (r"oa|ow", "o"),
        (r"(?<=[^aeiou])e$", ""),
        (r"y", "i"),
        (r"(.)\1", r"\1"),
    )
)
# Voice is lost first: p and b, t and d, k and g are one.
_CLASSES = str.maketrans("bdgvzJSC", "ptkfsXXX", "aeiouhw")

_LEAST_SKELETON = 3
_LEAST_LIKENESS = 0.75
_LEAST_LIKENESS_OF_SAME_SKELETON = 0.6
_LEAST_LIKENESS_OF_SHORT = 0.8
_SHORT = 5  # characters
_LEAST_LIKENESS_OF_EVERYDAY = 0.75


@lru_cache(maxsize=1 << 15)
def sound(word: str) -> str:
    """A word spelled as it sounds, roughly: "numb" -> "num", "pie" -> "pi", "quay" -> "kwe"."""
    for pattern, replacement in _SPELLINGS:
        word = pattern.sub(replacement, word)
    return word


@lru_cache(maxsize=1 << 15)
def skeleton(word: str) -> str:
    """The classes of a word's consonants, and its digits; a vowel counts where it stands alone."""
    return sound(word).translate(_CLASSES)


class SoundIndex:
    """Finds names whose consonants differ from what was heard in one place at most."""

    def __init__(self, names: Sequence[str]) -> None:
        self._pieces = [_spoken_pieces(name) for name in names]
        self._sounds = ["".join(map(sound, pieces)) for pieces in self._pieces]
        self._same: dict[str, list[int]] = {}
        self._shorter: dict[str, list[int]] = {}
        for index, pieces in enumerate(self._pieces):
            bones = "".join(map(skeleton, pieces))
            if len(bones) < _LEAST_SKELETON:
                continue
            self._same.setdefault(bones, []).append(index)
            for rest in set(_deletions(bones)):
                self._shorter.setdefault(rest, []).append(index)

    def alike(self, tokens: Sequence[str]) -> list[tuple[float, int]]:
        """Names that sound like some tokens: likeness up to 1.0, index; the likest first.

        Args:
            tokens: lower case.
        """
        tokens = [in_digits(token) or token for token in tokens]
        bones = "".join(map(skeleton, tokens))
        if len(bones) < _LEAST_SKELETON:
            return []
        heard = "".join(map(sound, tokens))
        same = self._same.get(bones, ())
        found = [(self._likeness(heard, index), index) for index in same]
        found = [one for one in found if self._is_alike(tokens, *one, has_same_skeleton=True)]
        for index in self._neighbours(bones).difference(same):
            likeness = self._likeness(heard, index)
            if self._is_alike(tokens, likeness, index, has_same_skeleton=False):
                found.append((likeness, index))
        return sorted(found, key=lambda one: (-one[0], one[1]))

    def _neighbours(self, bones: str) -> set[int]:
        found = set(self._shorter.get(bones, ()))
        for rest in _deletions(bones):
            found.update(self._same.get(rest, ()), self._shorter.get(rest, ()))
        return found

    def _likeness(self, heard: str, index: int) -> float:
        from jellyfish import damerau_levenshtein_distance  # only where sounds are compared

        name = self._sounds[index]
        return 1.0 - damerau_levenshtein_distance(heard, name) / max(len(heard), len(name))

    def _is_alike(
        self, tokens: Sequence[str], likeness: float, index: int, *, has_same_skeleton: bool
    ) -> bool:
        pieces = self._pieces[index]
        heard, written = "".join(tokens), "".join(pieces)
        if _digits(heard) != _digits(written) or is_inflection(heard, written):
            return False
        if all(map(is_everyday, tokens)):
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


def _may_be(token: str, piece: str) -> bool:
    """Whether a word, heard as `token`, may have been `piece`: everyday words are heard right."""
    if token == piece:
        return True
    if len(token) == 1 or len(piece) == 1 or is_inflection(token, piece):
        return False
    return not is_everyday(token) or skeleton(token) == skeleton(piece)


def _spoken_pieces(name: str) -> tuple[str, ...]:
    return tuple(compact(piece) for piece in subwords(name))


def _deletions(bones: str) -> Iterator[str]:
    return (bones[:index] + bones[index + 1 :] for index in range(len(bones)))


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))
