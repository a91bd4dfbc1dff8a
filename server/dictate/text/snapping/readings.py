"""How else spoken words can be written in a name: digits, short forms, words that sound alike.

Every reading has a cost in words: a name that takes one word more in outweighs a cost below 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal, NamedTuple

from dictate.text.snapping.numbers import in_digits, in_words
from dictate.text.snapping.tables import ABBREVIATIONS, ACRONYMS, HOMOPHONES, LETTERS

Kind = Literal["word", "number", "letter", "acronym", "spelling", "abbreviation", "homophone"]

_ABBREVIATION_COST = 0.15
_LATER_COST = 0.03  # for each likelier meaning of the same short form
_LONGER_COST = 0.25  # a short form that was heard, written in full: rarer than the other way
_ACRONYM_COST = 0.05
_SPELLING_COST = 0.05
_NUMBER_COST = 0.02
_HOMOPHONE_COST = 0.35
_LETTER_COST = 0.5
_DIGIT_HOMOPHONE_COST = 1.1  # "to" is a 2 only where no shorter name does without it


class Reading(NamedTuple):
    """One way to write what was said: lower-case letters and digits, its cost, what it rests on."""

    text: str
    cost: float
    kind: Kind


_SPELLINGS = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"is(e|es|ed|er|ers|ing|able|ation|ations)$", r"iz\1"),
        (r"iz(e|es|ed|er|ers|ing|able|ation|ations)$", r"is\1"),
        (r"ys(e|es|ed|er|ers|ing)$", r"yz\1"),
        (r"yz(e|es|ed|er|ers|ing)$", r"ys\1"),
        (r"our(s|ed|ing|ite|ites|al)?$", r"or\1"),
        (r"([lbrvn])or(s|ed|ing|ite|ites|al)?$", r"\1our\2"),
        (r"([tb])re(s|d)?$", r"\1er\2"),
        (r"([tb])er(s|ed)?$", r"\1re\2"),
        (r"ll(ed|ing|er|ers|ation)$", r"l\1"),
        (r"([aeiou])l(ed|ing|er|ers|ation)$", r"\1ll\2"),
        (r"ogue(s)?$", r"og\1"),
        (r"og(s)?$", r"ogue\1"),
        (r"grey", "gray"),
        (r"gray", "grey"),
        (r"ence$", "ense"),
        (r"ense$", "ence"),
        (r"artefact", "artifact"),
        (r"artifact", "artefact"),
    )
)
_DIGIT_HOMOPHONES = {"to": "2", "too": "2", "for": "4", "fore": "4", "won": "1", "ate": "8"}
_ZEROS = frozenset(["oh", "o"])


@lru_cache(maxsize=1 << 14)
def readings(word: str) -> tuple[Reading, ...]:
    """All ways to write one word, itself first, each text once with its least cost.

    Args:
        word: letters and digits, lower case.
    """
    found = {word: Reading(word, 0.0, "word")}
    for reading in _other_readings(word):
        known = found.get(reading.text)
        if known is None or reading.cost < known.cost:
            found[reading.text] = reading
    return tuple(found.values())


def phrases(word: str) -> tuple[tuple[tuple[str, ...], Reading], ...]:
    """Several words, the given one first, that are written as one: the other words, the reading."""
    return _tables().phrases.get(word, ())


def said_for(written: str) -> tuple[str, ...]:
    """What people say for a short form, the likeliest first; nothing for any other word."""
    return _tables().meanings.get(written, ())


class _Tables(NamedTuple):
    words: dict[str, list[Reading]]
    phrases: dict[str, tuple[tuple[tuple[str, ...], Reading], ...]]
    meanings: dict[str, tuple[str, ...]]


@lru_cache(maxsize=1)
def _tables() -> _Tables:
    words: dict[str, list[Reading]] = {}
    phrases: dict[str, list[tuple[tuple[str, ...], Reading]]] = {}
    meanings: dict[str, tuple[str, ...]] = {}

    def add(said: str, reading: Reading) -> None:
        first, *others = said.split()
        if others:
            phrases.setdefault(first, []).append((tuple(others), reading))
        else:
            words.setdefault(first, []).append(reading)

    for short, saids in _entries(ABBREVIATIONS):
        meanings[short] = tuple(saids)
        for rank, said in enumerate(saids):
            cost = _ABBREVIATION_COST + _LATER_COST * rank
            add(said, Reading(short, cost, "abbreviation"))
            add(_plural(said), Reading(_plural(short), cost, "abbreviation"))
            full = said.replace(" ", "")
            add(short, Reading(full, _LONGER_COST, "abbreviation"))
            add(_plural(short), Reading(_plural(full), _LONGER_COST, "abbreviation"))
    for written, saids in _entries(ACRONYMS):
        for said in saids:
            add(said, Reading(written, _ACRONYM_COST, "acronym"))
    for group in (group.split() for group in _lines(HOMOPHONES)):
        for word in group:
            words.setdefault(word, []).extend(
                Reading(other, _HOMOPHONE_COST, "homophone") for other in group if other != word
            )
    for letter, *sounds in (group.split() for group in _lines(LETTERS)):
        for sound in sounds:
            add(sound, Reading(letter, _LETTER_COST, "letter"))
    return _Tables(words, {word: tuple(found) for word, found in phrases.items()}, meanings)


def _other_readings(word: str) -> Iterator[Reading]:
    yield from _tables().words.get(word, ())
    digits = in_digits(word)
    if digits is not None:
        yield Reading(digits, _NUMBER_COST, "number")
    spelled = in_words(word)
    if spelled is not None:
        yield Reading(spelled, _NUMBER_COST, "number")
    if word in _DIGIT_HOMOPHONES:
        yield Reading(_DIGIT_HOMOPHONES[word], _DIGIT_HOMOPHONE_COST, "homophone")
    if word in _ZEROS:
        yield Reading("0", _HOMOPHONE_COST, "homophone")
    for pattern, replacement in _SPELLINGS:
        varied = pattern.sub(replacement, word)
        if varied != word:
            yield Reading(varied, _SPELLING_COST, "spelling")


def _lines(table: str) -> list[str]:
    return [entry for entry in table.replace("\n", "|").split("|") if entry]


def _entries(table: str) -> Iterator[tuple[str, list[str]]]:
    for entry in _lines(table):
        written, saids = entry.split(": ")
        yield written, saids.split(", ")


def _plural(word: str) -> str:
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "x", "ch", "sh")) else "s")
