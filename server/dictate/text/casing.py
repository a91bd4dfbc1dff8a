"""Capitals and the final period: where a sentence begins, and where none does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dictate.text.place import Place

_FIRST_WORD = re.compile(r"[\s\"'\u201c\u2018\u00ab(\[{*_\u00bf\u00a1]*([^\W\d_][^\s]*)")
_SENTENCE_END = re.compile(r"[.!?\u2026\u3002\uff01\uff1f][\"'\u201d\u2019\u00bb)\]*_`]*$")
_OPENING_MARKS = " \t\n\"'\u201c\u2018\u00ab([{*_`"
_ABBREVIATION = re.compile(r"\b(?:e\.g|i\.e|vs|cf|etc|mr|mrs|ms|dr|fig)\.$", re.IGNORECASE)
_IDENTIFIER_MARKS = re.compile(r"[_\d./\\(){}\[\]<>=@#$`:]|[^\W\d_][A-Z]")
_TITLE_COMMAND = re.compile(r"\\(?:(?:sub)*section|chapter|title|caption|paragraph)\*?\{$")
_HEADING = re.compile(r"[ \t]*#{1,6}[ \t]")
_PROPER_WORDS = """
amazon american android apple april august bash bayesian boolean british cartesian chinese
chrome debian december django docker elixir emacs english erlang euclidean european february
fedora firefox flask fortran french friday gaussian german git google haskell italian january
japanese java julia july june kotlin kubernetes linux lua markdown microsoft monday mozilla
neovim november october pascal perl postgres python pytorch redis ruby rust saturday scala
september spanish sunday swift tensorflow thursday tuesday ubuntu unicode unix vim wednesday
whisper windows
"""
_PROPER = frozenset(_PROPER_WORDS.split())
_PRONOUN = re.compile(r"I(?:['\u2019](?:m|ll|ve|d|s))?\W*$")


def is_sentence_start(place: Place) -> bool:
    """Whether a sentence begins at the place, going by the natural text in front of it."""
    prior = place.prior.rstrip(_OPENING_MARKS)
    if not prior or _TITLE_COMMAND.search(place.prior):
        return True
    return bool(_SENTENCE_END.search(prior)) and not _ABBREVIATION.search(prior)


def fit_case(text: str, place: Place, nearby: str) -> str:
    """Give the first word the case that the place asks for.

    Args:
        text: what was said, without space at its ends, not empty.
        place: where it will land.
        nearby: the document around it: a word that stands there with a capital keeps its own.
    """
    match = _FIRST_WORD.match(text)
    if match is None or text.startswith("\n"):
        return text
    word, start = match.group(1), match.start(1)
    if place.kind in ("prose", "comment") and is_sentence_start(place):
        return text if _is_name(word) else text[:start] + text[start].upper() + text[start + 1 :]
    if place.kind == "string" and is_sentence_start(place):
        return text
    if _keeps_capital(word, nearby, in_code=place.kind == "code"):
        return text
    return text[:start] + text[start].lower() + text[start + 1 :]


def fit_period(text: str, place: Place) -> str:
    """Drop the period that a model adds at the end where no sentence ends.

    An ellipsis and an abbreviation keep theirs in natural text.
    """
    if not text.endswith(".") or text.endswith(".."):
        return text
    last_word = text.split()[-1]
    if place.kind == "code":
        return text[:-1]
    if _goes_on(place.line_after) or _is_title(place):
        return text[:-1]
    if place.kind == "string":
        is_one_sentence = not re.search(r"[.!?]\s", text)
        return text[:-1] if is_one_sentence and "." not in last_word[:-1] else text
    return text


def _is_name(word: str) -> bool:
    """An identifier, a path, a call, an acronym: its spelling is its own."""
    stem = word.rstrip(".,;:!?)]}\"'\u201d\u2019*_")
    return bool(_IDENTIFIER_MARKS.search(stem))


def _keeps_capital(word: str, nearby: str, *, in_code: bool) -> bool:
    stem = word.rstrip(".,;:!?)]}\"'\u201d\u2019*_")
    if not stem[:1].isupper() or _is_name(stem) or _PRONOUN.match(stem):
        return True
    if stem.isupper() and stem != "A" and not (in_code and len(stem) == 1):
        return True
    bare = re.sub(r"['\u2019]s$", "", stem)
    if bare.lower() in _PROPER:
        return True
    # A class of this very name, and no lower-case word beside it: the name is meant.
    capital = re.search(rf"\b{re.escape(bare)}\b", nearby)
    return bool(capital) and not re.search(rf"\b{re.escape(bare.lower())}\b", nearby)


def _goes_on(line_after: str) -> bool:
    """Whether the sentence continues behind the point, or is ended there already."""
    rest = line_after.lstrip()
    if not rest or rest.startswith(("*/", "-->", '"""', "'''", "--]]", "]]", "-}", "#>", "*)")):
        return False
    return rest[0].islower() or rest[0] in ".,;:!?)]}*_`"


def _is_title(place: Place) -> bool:
    """A heading: it has no period at its end."""
    return place.kind == "prose" and bool(_HEADING.match(place.line_before))
