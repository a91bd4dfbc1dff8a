"""Numbers as they are said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_SMALL_WORDS = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
sixteen seventeen eighteen nineteen
"""
_TENS_WORDS = "twenty thirty forty fifty sixty seventy eighty ninety"
_SMALL = {word: value for value, word in enumerate(_SMALL_WORDS.split())}
_DIGITS = {word: value for word, value in _SMALL.items() if value < 10}
_TENS = {word: value * 10 for value, word in enumerate(_TENS_WORDS.split(), 2)}
_TENS["fourty"] = 40
_SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_WRITTEN = re.compile(r"\d+(?:[,_]\d{3})*(?:\.\d+)?|\d+(?:\.\d+)*")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_BASES = {"x": 16, "ex": 16, "b": 2, "o": 8}
_HEXADECIMAL = re.compile(r"[0-9a-f]+")


@dataclass(frozen=True, slots=True)
class Number:
    """Some words in a row are a number.

    Attributes:
        words: how many.
        text: its digits.
    """

    words: int
    text: str


def is_number(word: str) -> bool:
    """Whether the model wrote a number in digits."""
    return bool(_WRITTEN.fullmatch(word))


def plain_digits(word: str) -> str:
    """A number that the model wrote, without the commas between its thousands."""
    return word.replace(",", "") if _GROUPED.fullmatch(word) else word


def digit(word: str) -> str | None:
    """The digit that a word names, or the digits that it is."""
    if word in _DIGITS:
        return str(_DIGITS[word])
    return word if word.isascii() and word.isdigit() else None


def read_number(words: Sequence[str], start: int, *, hexadecimal: bool = False) -> Number | None:
    """Read the number that begins with a word, as long as it goes.

    Understood are cardinals (forty two, one hundred and five, a thousand), decimals (three point
    one four), digits and groups in a row (eight zero eight zero, nineteen eighty four), bases (zero
    x f f, zero b one zero) and negative numbers (negative five).

    Args:
        words: bare, in lower case.
        start: index of the first.
        hexadecimal: digits and letters up to f, as after "hex".
    """
    if hexadecimal:
        found = _in_base(words, start, 16)
        return Number(found.words, "0x" + found.text) if found else None
    if _at(words, start) == "negative":
        positive = read_number(words, start + 1)
        return Number(positive.words + 1, "-" + positive.text) if positive else None
    base = _BASES.get(_at(words, start + 1), 0)
    if _at(words, start) in ("zero", "0") and base:
        in_base = _in_base(words, start + 2, base)
        if in_base is not None:
            mark = "x" if base == 16 else words[start + 1]
            return Number(in_base.words + 2, f"0{mark}{in_base.text}")
    whole = _groups(words, start)
    if whole is None:
        return None
    end = start + whole.words
    if _at(words, end) == "point" and digit(_at(words, end + 1)) and "." not in whole.text:
        fraction = _digits(words, end + 1) or _groups(words, end + 1)
        assert fraction is not None
        return Number(whole.words + 1 + fraction.words, f"{whole.text}.{fraction.text}")
    return whole


def read_digits(words: Sequence[str], start: int) -> Number | None:
    """Read digits in a row, "oh" for zero among them, as after "number"; else a number."""
    text, index = "", start
    while (found := digit(_at(words, index))) or (_at(words, index) == "oh" and text):
        text += found or "0"
        index += 1
    number = read_number(words, start)
    if number is not None and number.words >= index - start:
        return number
    return Number(index - start, text) if text else None


def _at(words: Sequence[str], index: int) -> str:
    return words[index] if 0 <= index < len(words) else ""


def _digits(words: Sequence[str], start: int) -> Number | None:
    text, index = "", start
    while found := digit(_at(words, index)):
        text += found
        index += 1
    return Number(index - start, text) if text else None


def _groups(words: Sequence[str], start: int) -> Number | None:
    """Cardinals in a row are one number's digits: nobody writes two numbers side by side."""
    first = _cardinal(words, start)
    if first is None or is_number(words[start]):
        return first
    text, index = first.text, start + first.words
    is_large = not _is_small(words, start, index)
    while not is_large and (following := _cardinal(words, index)):
        if is_number(words[index]) or not _is_small(words, index, index + following.words):
            break
        text += following.text
        index += following.words
    return Number(index - start, text)


def _is_small(words: Sequence[str], start: int, end: int) -> bool:
    return not any(word in _SCALES or word == "hundred" for word in words[start:end])


def _cardinal(words: Sequence[str], start: int) -> Number | None:
    """The longest cardinal from `start`, by the grammar: (below a thousand, scale)*, the rest."""
    if is_number(_at(words, start)):
        scale = _SCALES.get(_at(words, start + 1))
        if scale and words[start].isdigit():
            return Number(2, str(int(words[start]) * scale))
        return Number(1, plain_digits(words[start]))
    total, index, last_scale = 0, start, 10**15
    while True:
        begin = index + (1 if index > start and _at(words, index) == "and" else 0)
        value, end = _below_thousand(words, begin)
        if end == begin:
            break
        scale = _SCALES.get(_at(words, end), 1)
        if scale >= last_scale:
            break
        total += value * scale
        index = end + (1 if scale > 1 else 0)
        last_scale = scale
        if scale == 1:
            break
    return Number(index - start, str(total)) if index > start else None


def _below_thousand(words: Sequence[str], start: int) -> tuple[int, int]:
    """A value from 0 to 999 and the index behind its words; `start` where there is none."""
    word = _at(words, start)
    if word in ("a", "an"):
        if _at(words, start + 1) == "hundred":
            return _with_rest(words, 100, start + 2)
        return (1, start + 1) if _at(words, start + 1) in _SCALES else (0, start)
    value, index = _below_hundred(words, start)
    if index > start and 0 < value < 100 and _at(words, index) == "hundred":
        return _with_rest(words, value * 100, index + 1)
    return value, index


def _with_rest(words: Sequence[str], value: int, index: int) -> tuple[int, int]:
    begin = index + (1 if _at(words, index) == "and" else 0)
    rest, end = _below_hundred(words, begin)
    return (value + rest, end) if end > begin else (value, index)


def _below_hundred(words: Sequence[str], start: int) -> tuple[int, int]:
    word = _at(words, start)
    if word in _TENS:
        unit = _DIGITS.get(_at(words, start + 1), 0)
        return (_TENS[word] + unit, start + 2) if unit else (_TENS[word], start + 1)
    return (_SMALL[word], start + 1) if word in _SMALL else (0, start)


def _in_base(words: Sequence[str], start: int, base: int) -> Number | None:
    """Digits of a base, said one by one or written together by the model ("ff")."""
    text, index = "", start
    allowed = "0123456789abcdef"[:base]
    while word := _at(words, index):
        found = str(_DIGITS[word]) if word in _DIGITS else word
        if not _HEXADECIMAL.fullmatch(found) or not set(found) <= set(allowed):
            break
        text += found
        index += 1
    return Number(index - start, text) if text else None
