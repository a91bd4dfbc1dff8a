"""Heard words cut into what the interpreter reads: bare words, and marks that are meant."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dictate.text.heard import Heard

_BRACKETS_AND_QUOTES = re.compile('([()\\[\\]{}"\u201c\u201d\u00ab\u00bb])')
_STRAIGHT = {"\u201c": '"', "\u201d": '"', "\u00ab": '"', "\u00bb": '"'}
_SENTENCE_MARKS = ",.;:?!\u2026\u3002\uff0c\uff1f\uff01"
_SENTENCE_ENDS = ".?!\u2026\u3002\uff1f\uff01"
_PAUSES = frozenset({"\u2026", "\u2014", "\u2013", "..."})
_HYPHENED = re.compile(r"[^\W\d_]+['\u2019]?[^\W\d_]*(?:-[^\W_]+)+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A word without the sentence's marks, a part of a hyphened one, or a mark that is meant.

    Attributes:
        text: never empty; a capital that only the sentence gave is gone.
        key: in lower case, with straight apostrophes.
        word: index of the heard word that it is of.
        is_symbol: it holds no letter and no digit.
        glue: what stood between it and the piece before in the same heard word; None: it begins
            the word.
        ends_sentence: a period or the like stood behind it.
    """

    text: str
    key: str
    word: int
    is_symbol: bool
    glue: str | None = None
    ends_sentence: bool = False


def pieces(heard: Heard) -> list[Piece]:
    """Cut heard words for code.

    The model's sentence punctuation, pauses and sentence capitals are not meant in code and left
    out; what it wrote as symbols or as identifiers stays. A comma between brackets that it wrote is
    one of theirs.
    """
    found: list[Piece] = []
    starts_sentence, depth = True, 0
    for index, word in enumerate(heard.words):
        if word.text in _PAUSES:
            continue
        begin = len(found)
        for atom in filter(None, _BRACKETS_AND_QUOTES.split(word.text)):
            depth = _depth(atom, depth)
            bare, marks = _bare(atom, begins=len(found) == begin)
            if bare:
                found += _split(bare, index, glued=len(found) > begin, sentence=starts_sentence)
                starts_sentence = starts_sentence and not _has_letter(bare)
            if depth and "," in marks:
                found.append(Piece(",", ",", index, True, "" if len(found) > begin else None))
            if not depth and marks and marks[-1] in _SENTENCE_ENDS and len(found) > begin:
                last = found[-1]
                found[-1] = Piece(last.text, last.key, index, last.is_symbol, last.glue, True)
                starts_sentence = True
    return found


def _depth(atom: str, depth: int) -> int:
    if atom in ("(", "[", "{"):
        return depth + 1
    return max(0, depth - 1) if atom in (")", "]", "}") else depth


def _bare(atom: str, *, begins: bool) -> tuple[str, str]:
    """A word without its sentence marks, and these; a heard word of marks alone is meant."""
    if not _has_letter(atom):
        if not begins and not atom.strip(",.?!\u2026"):
            return "", atom
        return _STRAIGHT.get(atom, atom), ""
    bare = atom.rstrip(_SENTENCE_MARKS)
    return bare.lstrip("\u00bf\u00a1"), atom[len(bare) :]


def _has_letter(text: str) -> bool:
    return any(map(str.isalnum, text))


def _split(bare: str, index: int, *, glued: bool, sentence: bool) -> list[Piece]:
    """A word, in parts where hyphens join words."""
    parts = bare.split("-") if _HYPHENED.fullmatch(bare) else [bare]
    made = []
    for number, part in enumerate(parts):
        text = _without_capital(part, sentence=sentence and number == 0)
        glue = "-" if number else "" if glued else None
        made.append(Piece(text, key_of(text), index, not _has_letter(text), glue))
    return made


def _without_capital(text: str, *, sentence: bool) -> str:
    """Lower-case what is a word with a sentence's capital, or a letter alone: `X`, `I`."""
    if len(text) == 1 or (sentence and text[0].isupper() and text[1:].islower()):
        return text.lower() if text[1:].isalpha() or len(text) == 1 else _lower_words(text)
    return text


def _lower_words(text: str) -> str:
    return text.lower() if all(c.isalpha() or c in "'\u2019" for c in text) else text


def key_of(text: str) -> str:
    """A word as the table of spoken forms has it."""
    return text.lower().replace("\u2019", "'")
