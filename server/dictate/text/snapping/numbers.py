"""Numbers in names: said as one number, in groups or digit by digit, written as digits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

_UNIT_WORDS = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
sixteen seventeen eighteen nineteen
"""
_TEN_WORDS = "twenty thirty forty fifty sixty seventy eighty ninety"
_UNITS = _UNIT_WORDS.split()
_TENS = _TEN_WORDS.split()
_SCALES = {"hundred": 100, "thousand": 1000}
_VALUES = {word: value for value, word in enumerate(_UNITS)} | {
    word: 10 * value for value, word in enumerate(_TENS, start=2)
}
_ORDINALS = {"1st": "first", "2nd": "second", "3rd": "third", "4th": "fourth", "5th": "fifth"}
_MOST_DIGITS = 6
_MOST_WORDS = 9  # of "nine hundred ninety nine thousand nine hundred and ninety nine"


def in_digits(word: str) -> str | None:
    """A number word by itself ("eight" -> "8", "forty" -> "40"); None for any other word."""
    value = _VALUES.get(word)
    return None if value is None else str(value)


def in_words(digits: str) -> str | None:
    """Digits as a name may spell them out ("64" -> "sixtyfour"); None for what is none."""
    if digits in _ORDINALS:
        return _ORDINALS[digits]
    if not digits.isdecimal() or len(digits) > 2 or (digits[0] == "0" and len(digits) > 1):
        return None
    return _below_hundred(int(digits)).replace(" ", "")


def numbers_at(words: Sequence[str], start: int) -> Iterator[tuple[int, str]]:
    """Every number of several words that begins at a word.

    Args:
        words: lower case.
        start: index of its first word.

    Yields:
        How many words, and its digits: "two", "hundred", "fifty", "six" gives (2, "200"),
        (3, "250") and (4, "256").
    """
    total, group, last = 0, 0, ""
    for count, word in enumerate(words[start : start + _MOST_WORDS], start=1):
        if word == "and":
            if last not in _SCALES:
                return
            last = word
            continue
        if word in _SCALES:
            if last == "and" or _SCALES.get(last, 0) >= _SCALES[word]:
                return
            group = max(1, group) * _SCALES[word]
            if word == "thousand":
                total, group = total + group, 0
        elif word in _VALUES and _goes_on(last, word):
            group += _VALUES[word]
        else:
            return
        last = word
        if count > 1 or word in _SCALES:
            yield count, str(total + group)


def readings(digits: str) -> list[str]:
    """How people say the digits in a name, the likeliest first.

    Examples:
        "8" -> eight; "10" -> ten, one zero; "256" -> two fifty six, two hundred fifty six,
        two five six; "007" -> zero zero seven.
    """
    one_by_one = " ".join(_UNITS[int(digit)] for digit in digits)
    if len(digits) == 1 or digits[0] == "0" or len(digits) > _MOST_DIGITS:
        return [one_by_one]
    value = int(digits)
    if len(digits) == 2:
        return [_below_hundred(value), one_by_one]
    whole = _whole(value)
    if len(digits) > 4:
        return [one_by_one, whole]
    head, tail = divmod(value, 100)
    if tail == 0:
        return [whole, one_by_one]
    if tail < 10:
        return [one_by_one, whole]
    return [f"{_below_hundred(head)} {_below_hundred(tail)}", whole, one_by_one]


def _goes_on(last: str, word: str) -> bool:
    """Whether a number word can follow the one before within the same number."""
    if last == "" or last in _SCALES or last == "and":
        return True
    return last in _TENS and 0 < _VALUES[word] < 10


def _below_hundred(value: int) -> str:
    if value < len(_UNITS):
        return _UNITS[value]
    tens, unit = divmod(value, 10)
    return _TENS[tens - 2] + (f" {_UNITS[unit]}" if unit else "")


def _whole(value: int) -> str:
    parts = []
    for scale in ("thousand", "hundred"):
        count, value = divmod(value, _SCALES[scale])
        if count:
            parts.append(f"{_whole(count)} {scale}")
    if value or not parts:
        parts.append(_below_hundred(value))
    return " ".join(parts)
