"""What the user's own changes to an inserted text teach: which heard words are which name.

A dictated text is edited for many reasons, and only one of them is that a name was misheard or
misspelled. A change teaches something when it puts one token in the place of heard words that it
could have sounded like, or gives their letters another form, and when these words are not such
that people say them all day. Whatever else was changed teaches nothing; and where more was
reworded than corrected, nothing does.
"""

from __future__ import annotations

import re
from typing import Final

from dictate.text.english import is_frequent, is_ordinary
from dictate.text.heard import Heard
from dictate.text.vocabulary.changes import Change, changes, spoken_units
from dictate.text.vocabulary.learned import Learned, is_spelling, saying
from dictate.text.vocabulary.sounding import letters, likeness, subwords
from dictate.text.written import Written

_NAME = re.compile(r"(?:--?|[.@$#/~])?\w+(?:(?:::|->|[-./:@+])\w+)*(?:\+\+|#)?")
_MARK = re.compile(r"[^\w\s]")
_HYPHENATED = re.compile(r"[^\W\d_]+(?:[-/][^\W\d_]+)+")
_LEFT_OF_NAME: Final = "([{<\"'`*,;:!?\u201c\u2018"
_RIGHT_OF_NAME: Final = "()[]{}>\"'`*,;:!?.\u201d\u2019"
_SENTENCE_START = re.compile(r"(?:\A|[.!?\u2026:]|\n)[\s\"'(\[{*_\u201c\u2018]*\Z")
_ENOUGH: Final = 0.6
_ENOUGH_OF_ONE_WORD: Final = 0.66
"""Shares of letters and sound, set where most of 76 misheard names lie above, and of 20,000 pairs
of words of prose with somebody's name next to none do."""
_MAX_CHARACTERS: Final = 20_000


def correction(written: Written, heard: Heard, after: str) -> list[Learned]:
    """What a change of an inserted text teaches; mostly nothing.

    Args:
        written: what was inserted.
        heard: what it was made of.
        after: what the user has made of it: the text in its place, once they are done with it.
    """
    if max(len(written.text), len(after)) > _MAX_CHARACTERS or written.command is not None:
        return []
    taught: dict[Learned, None] = {}
    reworded = 0
    for change in changes(written.text, after, spoken_units(written, heard)):
        learned = _lesson(change, written, heard, after)
        if learned is not None:
            taught[learned] = None
        elif change.was.strip() and change.now.strip():
            reworded += letters(change.was) != letters(change.now)
    return list(taught) if reworded <= len(taught) else []


def choice(written: Written, heard: Heard, span_index: int, replacement: str) -> Learned | None:
    """What it teaches that the user chose an alternative for a stretch.

    Args:
        written: what was inserted.
        heard: what it was made of.
        span_index: of the stretch in `written.spans`.
        replacement: what was chosen.

    Returns:
        None where the choice says nothing for the next time: of everyday words, of one word that
            is mostly meant as it is, or of words that were to stand as they were said.
    """
    span = written.spans[span_index]
    spoken = _spoken(heard, span.first_word, span.end_word)
    if not spoken or not is_spelling(replacement):
        return None
    words = spoken.split()
    if len(words) == 1 and is_frequent(words[0]):
        return None
    if len(words) > 1 and saying(replacement).split() == words and " " in replacement:
        return None  # the words themselves, for once, instead of what they stand for
    if all(is_ordinary(word.lower()) for word in replacement.split()):
        return None
    return Learned(replacement, spoken)


def refuted(written: Written, heard: Heard, after: str) -> list[str]:
    """Spellings that were written for words which the user then put back as they were heard.

    Args:
        written: what was inserted.
        heard: what it was made of.
        after: what the user has made of it.

    Returns:
        What should be forgotten if it was learned.
    """
    if max(len(written.text), len(after)) > _MAX_CHARACTERS or written.command is not None:
        return []
    found: dict[str, None] = {}
    for change in changes(written.text, after, spoken_units(written, heard)):
        spoken = _spoken(heard, change.first_word, change.end_word)
        was = _bare(change.was)
        if spoken and saying(change.now) == spoken and saying(was) != spoken:
            found[was] = None
    return list(found)


def _lesson(change: Change, written: Written, heard: Heard, after: str) -> Learned | None:
    if change.first_word >= change.end_word:
        return None
    was, now = _bare(change.was), _bare(change.now)
    spoken = _spoken(heard, change.first_word, change.end_word)
    if was == now or not spoken or not is_spelling(now) or not _NAME.fullmatch(now):
        return None
    if not any(each.isalpha() for each in now):
        return None
    if "".join(was.split()) == now and _MARK.search(was):
        return None  # nothing but the space around an operator
    words = spoken.split()
    at_start = not written.is_code and bool(_SENTENCE_START.search(after[: change.start]))
    is_name = _is_form(words, was, now, at_start, written.is_code) or _is_misheard(words, now)
    return Learned(now, spoken) if is_name else None


def _is_form(words: list[str], was: str, now: str, at_start: bool, is_code: bool) -> bool:
    """Whether it is a name that has just the letters of what was heard."""
    if not likeness(words, now).same_letters:
        return False
    if now.lower() == was.lower() and now.isalpha():
        if len(words) == 1 and is_frequent(words[0]):
            return False
        return _is_mixed(now) or not (at_start or is_ordinary(now.lower()))
    parts = subwords(now)
    if now.isalpha() and not _is_mixed(now) and not now.isupper():
        return not is_ordinary(now.lower())
    if _HYPHENATED.fullmatch(now):
        return is_code or not all(map(is_ordinary, parts))
    return len(words) > 1 or not is_frequent(words[0])


def _is_misheard(words: list[str], now: str) -> bool:
    """Whether it is a name that sounds like what was heard, and no word that is put for another."""
    like = likeness(words, now)
    if like.same_letters:
        return False
    if len(words) == 1 and (is_frequent(words[0]) or _is_inflected(words[0], now.lower())):
        return False
    if now.isalpha() and not _is_mixed(now) and is_ordinary(now.lower()):
        return False
    if _is_part(words, now):
        return False
    parts = subwords(now)
    has_new_digits = any(map(str.isdigit, letters(now))) and not like.same_sound
    if has_new_digits or all(map(is_ordinary, parts)):
        return like.same_sound and len(letters(now)) > 2
    return like.share >= (_ENOUGH if len(words) > 1 else _ENOUGH_OF_ONE_WORD)


def _is_mixed(word: str) -> bool:
    """Whether it has a capital behind its first letter and a small letter, too."""
    return any(map(str.isupper, word[1:])) and any(map(str.islower, word))


def _is_inflected(one: str, other: str) -> bool:
    """Whether two words are one with two endings."""
    common = 0
    while common < min(len(one), len(other)) and one[common] == other[common]:
        common += 1
    endings = ("", "s", "es", "d", "ed", "r", "er", "ing", "ly", "e", "y", "ies", "ied")
    return common >= 3 and one[common:] in endings and other[common:] in endings


def _is_part(words: list[str], now: str) -> bool:
    """Whether some of the words were only removed."""
    runs = (words[first:end] for end in range(1, len(words) + 1) for first in range(end))
    return any(letters("".join(run)) == letters(now) for run in runs if len(run) < len(words))


def _bare(text: str) -> str:
    """Without white space and the marks that stand around a name."""
    text = text.strip()
    stripped = text.lstrip(_LEFT_OF_NAME).rstrip(_RIGHT_OF_NAME)
    return stripped if stripped else text


def _spoken(heard: Heard, first_word: int, end_word: int) -> str:
    return saying(" ".join(word.text for word in heard.words[first_word:end_word]))
