"""How likely it is that some heard words were meant to be a name: by its letters and its sound.

Sound is compared by Metaphone keys (L. Philips, "Hanging on the Metaphone", Computer Language
7(12), 1990), letters by Damerau-Levenshtein distance.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

_BETWEEN_SUBWORDS = re.compile(
    r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])"
    r"|(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])|[\W_]+"
)
_MARKS: Final = frozenset(
    {
        "dot", "point", "period", "dash", "hyphen", "minus", "underscore", "under", "score",
        "slash", "colon", "at", "hash", "dollar",
    }
)  # fmt: skip
_LETTERS: Final = {
    "bee": "b", "see": "c", "sea": "c", "dee": "d", "gee": "g", "jay": "j", "kay": "k",
    "el": "l", "ell": "l", "em": "m", "en": "n", "oh": "o", "pee": "p", "pea": "p", "cue": "q",
    "queue": "q", "are": "r", "ess": "s", "tee": "t", "tea": "t", "you": "u", "vee": "v",
    "ex": "x", "why": "y", "zee": "z", "zed": "z", "eye": "i",
}  # fmt: skip
_DIGITS: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_NUMBERS: Final = {
    **{word: str(value) for value, word in enumerate(_DIGITS)},
    "ten": "10", "eleven": "11", "twelve": "12", "thirteen": "13", "fourteen": "14",
    "fifteen": "15", "sixteen": "16", "seventeen": "17", "eighteen": "18", "nineteen": "19",
    "twenty": "2", "thirty": "3", "forty": "4", "fifty": "5", "sixty": "6", "seventy": "7",
    "eighty": "8", "ninety": "9", "to": "2", "too": "2", "for": "4", "ate": "8", "won": "1",
}  # fmt: skip
"""Of tens the first digit: the second one follows, as in "sixty four"."""


def subwords(spelling: str) -> list[str]:
    """The words that a name consists of, in lower case."""
    return [part.lower() for part in _BETWEEN_SUBWORDS.split(spelling) if part]


def letters(text: str) -> str:
    """Only its letters and digits, in lower case."""
    return "".join(each for each in text.lower() if each.isalnum())


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much heard words are like a name.

    Attributes:
        share: of letters and sound, from 0.0 to 1.0.
        same_letters: nothing but case, spaces and marks is different.
        same_sound: nothing that is heard is different.
    """

    share: float = 0.0
    same_letters: bool = False
    same_sound: bool = False


def likeness(spoken: Sequence[str], spelling: str) -> Likeness:
    """Compare heard words with a name, read in the way that suits it best.

    Args:
        spoken: bare, in lower case.
        spelling: of the name.
    """
    meant = _spelled_out(letters(spelling))
    found = (_alike(said, meant) for said in _readings(spoken, spelling) if meant)
    return max(found, key=lambda like: (like.share, like.same_sound), default=Likeness())


def _readings(spoken: Sequence[str], spelling: str) -> Iterator[str]:
    """The letters that the words may stand for: said marks, letters' names and numbers aside."""
    as_letters = [_LETTERS.get(word, word) for word in spoken]
    choices = [list(spoken), as_letters]
    if not spelling.isalnum():
        choices += [[word for word in words if word not in _MARKS] for words in list(choices)]
    if any(each.isdigit() for each in spelling):
        choices += [[_NUMBERS.get(word, word) for word in words] for words in list(choices)]
    for words in choices:
        if joined := letters("".join(words)):
            yield _spelled_out(joined)


def _spelled_out(text: str) -> str:
    return "".join(
        _DIGITS[int(each)] if each.isascii() and each.isdigit() else each for each in text
    )


def _alike(said: str, meant: str) -> Likeness:
    if said == meant:
        return Likeness(1.0, same_letters=True, same_sound=True)
    import jellyfish

    edits = jellyfish.damerau_levenshtein_distance(said, meant)
    by_letters = 1.0 - edits / max(len(said), len(meant))
    keys = jellyfish.metaphone(said), jellyfish.metaphone(meant)
    if not all(keys):
        return Likeness(by_letters)
    by_sound = 1.0 - jellyfish.levenshtein_distance(*keys) / max(map(len, keys))
    return Likeness(0.5 * (by_letters + by_sound), same_sound=keys[0] == keys[1])
