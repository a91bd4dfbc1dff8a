"""Which matches of words with names are believed, in code and, more strictly, in prose."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from dictate.text.keywords import KEYWORDS
from dictate.text.names.name import Name
from dictate.text.snapping.cues import is_called_a_name, kind_of, kind_said
from dictate.text.snapping.everyday import FUNCTION_WORDS, is_everyday
from dictate.text.snapping.keys import Path
from dictate.text.snapping.lattice import Lattice
from dictate.text.snapping.numbers import in_digits
from dictate.text.snapping.subwords import boundaries, compact

_CONNECTIVE_WORDS = "a an and as at by do for if in is no not of on or so the then to up"
_CONNECTIVES = frozenset(_CONNECTIVE_WORDS.split())
_WRITTEN_LIKE_A_NAME = re.compile(r"\w*[^\W_]_+[^\W_]\w*|[a-z][a-z0-9]*[A-Z]\w*")
_PASCAL = re.compile(r"(?:[A-Z][a-z0-9]+){3,}")
_PLAIN_KINDS = frozenset(["word", "number", "acronym", "spelling"])
_LEAST_COMPACT_CHARACTERS = 5
_MISALIGNED_COST = 0.6
_COMPACT_COST = 0.1
_DECORATED_COST = 0.01
_LEAST_LETTERS = 3


@dataclass(frozen=True)
class Match:
    """Some words that may be a name.

    Attributes:
        lattice: of the utterance.
        start: index of the first word.
        path: how they spell the name's key.
        name: the name.
        is_taught: the key is what the user or the project said that it is called.
    """

    lattice: Lattice
    start: int
    path: Path
    name: Name
    is_taught: bool = False

    @property
    def heard(self) -> tuple[str, ...]:
        """The words."""
        return self.lattice.words[self.start : self.path.end_word]

    @property
    def tokens(self) -> tuple[str, ...]:
        """The words in lower case, cut where they are written like a name."""
        first_tokens = self.lattice.first_tokens
        return self.lattice.tokens[first_tokens[self.start] : first_tokens[self.path.end_word]]

    @cached_property
    def is_aligned(self) -> bool:
        """The words are the name's subwords; those said letter by letter count as one."""
        if self._has_signs:
            return True
        heard, written = self._cuts
        return written <= heard and all(self._is_spelled_at(cut) for cut in heard - written)

    @cached_property
    def is_nested(self) -> bool:
        """The words only join the name's subwords or only part them."""
        heard, written = self._cuts
        return heard <= written or written <= heard

    @cached_property
    def cost(self) -> float:
        """Of this match, in words: what its readings cost and what its cuts do."""
        cost = self.path.cost
        if not self.is_nested and not self.is_aligned:
            cost += _MISALIGNED_COST
        elif not self.is_aligned:
            cost += _COMPACT_COST
        return cost + (_DECORATED_COST if not self.name.text[:1].isalnum() else 0.0)

    @property
    def is_verbatim(self) -> bool:
        """What was heard is the name as it is spelled."""
        return self.heard == (self.name.text,)

    @property
    def _has_signs(self) -> bool:
        """The sign or the underscores of the name were said."""
        return not self.is_taught and self.path.key != compact(self.name.text)

    @property
    def written_cuts(self) -> tuple[int, ...]:
        """Where the subwords of the name end in its key."""
        return self.path.cuts if self.is_taught else _boundaries(self.name.text)

    @property
    def _cuts(self) -> tuple[set[int], set[int]]:
        return set(self.path.cuts), set(self.written_cuts)

    def _is_spelled_at(self, cut: int) -> bool:
        end = 0
        for edge in self.path.edges:
            end += len(edge.text)
            if end == cut:
                return len(edge.text) == 1 or edge.kind == "number"
        return False


def is_believed(match: Match, rivals: Sequence[Name], *, prose: bool) -> bool:
    """Whether a match by key is a name.

    Args:
        match: the match.
        rivals: all names with the key of this one.
        prose: ordinary language may be meant.
    """
    if any(edge.separator and edge.separator not in match.name.text for edge in match.path.edges):
        return False
    if not _are_letters_apart(match):
        return False
    if match.is_taught:
        return not prose or match.path.cost == 0.0
    if len(match.heard) == 1:
        return _is_believed_single(match, rivals, prose=prose)
    return _is_believed_in_prose(match) if prose else _is_believed_in_code(match)


def _are_letters_apart(match: Match) -> bool:
    """Whether each word that may be the name of a letter is a subword, or among other letters."""
    edges = match.path.edges
    ends = (0, *match.written_cuts)
    end = 0
    for index, edge in enumerate(edges):
        end += len(edge.text)
        if edge.kind != "letter" or (end in ends and end - 1 in ends):
            continue
        around = edges[max(0, index - 1) : index] + edges[index + 1 : index + 2]
        if not any(len(other.text) == 1 for other in around):
            return False
    return True


def _is_believed_single(match: Match, rivals: Sequence[Name], *, prose: bool) -> bool:
    heard, name = match.heard[0], match.name
    is_long = len(heard) > _LEAST_LETTERS
    if is_long and (_WRITTEN_LIKE_A_NAME.fullmatch(heard) or _PASCAL.fullmatch(heard)):
        return match.path.cost == 0.0
    word = compact(heard)
    if heard in KEYWORDS or word in KEYWORDS or not _is_content(word):
        return False
    if name.text.strip("_") == heard and is_everyday(word):
        return False
    kinds = {edge.kind for edge in match.path.edges}
    if prose:
        is_said = is_called_a_name(match.lattice.words, match.start, match.path.end_word)
        is_known = name.origin == "vocabulary" or is_said
        return is_known and kinds <= {"word"} and not is_everyday(word)
    if not is_everyday(word):
        return kinds <= {"word", "spelling", "acronym"}
    kind = kind_of(name)
    if kinds == {"word"} and kind and kind == kind_said(match.lattice.words, match.start):
        return True
    if any(rival.text == word for rival in rivals):
        return False
    if kinds == {"acronym"}:
        return True
    is_shaped = len(_boundaries(name.text)) > 1 or kind in ("type", "constant")
    return kinds == {"word"} and is_shaped


def _is_believed_in_code(match: Match) -> bool:
    tokens = match.tokens
    if all(token in _CONNECTIVES for token in tokens) and not match.is_aligned:
        return False
    if len(tokens) == 2 and all(token in _CONNECTIVES and token in KEYWORDS for token in tokens):
        return False
    return match.is_aligned or len(match.path.key) >= _LEAST_COMPACT_CHARACTERS


def _is_believed_in_prose(match: Match) -> bool:
    """Several words: only what ordinary language hardly says."""
    if not match.is_nested or len(_boundaries(match.name.text)) < 2:
        return False
    tokens = match.tokens
    content = [token for token in tokens if _is_content(token)]
    acronyms = _acronyms(tokens)
    kinds = {edge.kind for edge in match.path.edges}
    if is_called_a_name(match.lattice.words, match.start, match.path.end_word):
        return bool(content or acronyms)
    if not kinds <= _PLAIN_KINDS:
        return False
    if any(_is_no_words(acronym) and (content or len(acronym) > 2) for acronym in acronyms):
        return True
    if any(not is_everyday(token) for token in content):
        return True
    return match.is_aligned and len(tokens) > 2 and len(content) + len(acronyms) > 1


def _is_content(token: str) -> bool:
    is_number = token.isdigit() or in_digits(token) is not None
    return len(token) > 1 and not is_number and token not in FUNCTION_WORDS


def _acronyms(tokens: Sequence[str]) -> list[str]:
    """Letters that were said one by one, joined where they follow each other."""
    joined = "".join(token if len(token) == 1 and token.isalpha() else " " for token in tokens)
    return [letters for letters in joined.split() if len(letters) > 1]


def _is_no_words(letters: str) -> bool:
    """Whether letters in a row cannot be the words a and I."""
    return len(letters) >= _LEAST_LETTERS or not set(letters) & {"a", "i", "o"}


@lru_cache(maxsize=1 << 14)
def _boundaries(name: str) -> tuple[int, ...]:
    return boundaries(name)
