"""Names spelled letter by letter, with a spelling alphabet or with the letters' own names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dictate.text.spoken_forms.numbers import digit
from dictate.text.spoken_forms.table import LanguageForms

_CAPITALS = frozenset({"ship", "capital", "uppercase", "upper", "big"})
_AMBIGUOUS_CAPITAL = "cap"  # Talon's c; before the plain name of a letter it asks for a capital
_WRITTEN_TOGETHER = re.compile(r"[A-Z]{2,}")


def read_letters(
    words: Sequence[str], keys: Sequence[str], start: int, forms: LanguageForms, *, most: int = 64
) -> tuple[str, int]:
    """Read letters and digits as long as they go.

    Args:
        words: as they were written, so that "HTTP" is seen to be letters.
        keys: the same in lower case.
        start: index of the first.
        forms: of the language.
        most: letters.

    Returns:
        What they spell, and the index behind them; "" and `start` where there are none.
    """
    text, index = "", start
    while index < len(words) and len(text) < most:
        asks = keys[index] in _CAPITALS or (
            keys[index] == _AMBIGUOUS_CAPITAL and _is_plain_letter(keys, index + 1, forms)
        )
        begin = index + 1 if asks else index
        letter, end = _letter(words, keys, begin, forms)
        if not letter:
            break
        text += letter.upper() if asks else letter
        index = end
    return text, index


def _is_plain_letter(keys: Sequence[str], index: int, forms: LanguageForms) -> bool:
    return forms.letter_names.longest(keys, index) is not None


def _letter(
    words: Sequence[str], keys: Sequence[str], index: int, forms: LanguageForms
) -> tuple[str, int]:
    form = forms.letters.longest(keys, index) or forms.letter_names.longest(keys, index)
    if form is not None:
        return form.written, index + len(form.phrase)
    if index < len(words):
        found = digit(keys[index])
        if found is not None:
            return found, index + 1
        if _WRITTEN_TOGETHER.fullmatch(words[index]):
            return words[index].lower(), index + 1
    return "", index
