"""Finds the names that spoken words mean, among those that are worth listening for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from heapq import nlargest

from dictate.text.keywords import KEYWORDS
from dictate.text.names.name import Name
from dictate.text.snapping.cues import kind_rank, kind_said
from dictate.text.snapping.everyday import FUNCTION_WORDS, is_everyday
from dictate.text.snapping.guards import Match, is_believed
from dictate.text.snapping.keys import KeyIndex
from dictate.text.snapping.lattice import Lattice, lattice, tokens_of
from dictate.text.snapping.snap import How, Snap
from dictate.text.snapping.sound import SoundIndex
from dictate.text.snapping.subwords import compact

MAX_NAMES = 20_000
"""The best-scored are kept of more."""

MAX_NAMES_BY_SOUND = 1_000
"""The best-scored are compared by their sound."""

_MOST_WORDS_BY_SOUND = 8
_MOST_ALTERNATIVES = 5
_MARGIN = 0.08  # by which the likest name has to be more alike than the next
_SOUND_SCORE = 0.9
_SIGNS = {"$": "dollar", "@": "at", "!": "bang", "?": "questionmark"}
_NEAR = frozenset({"document", "vocabulary"})


class NameSnapper:
    """Matches words with names by key, then by sound; see docs/snapping.md.

    Args:
        names: to find; of several that are said alike the better-scored one wins.
    """

    def __init__(self, names: Sequence[Name]) -> None:
        by_score = nlargest(MAX_NAMES, names, key=lambda name: name.score)
        # A spelling that was taught may be said in several ways.
        distinct = {(name.text, name.spoken): name for name in reversed(by_score)}
        self._names = list(distinct.values())[::-1]

    def prepare(self) -> None:
        """Do beforehand what the first question would wait for: indexes, tables, word lists."""
        self.longest(["prepared", "earlier"], 0, prose=False)

    def longest(self, words: Sequence[str], start: int, *, prose: bool) -> Snap | None:
        """The best name that begins with the word at `start`, the longest where several do.

        Args:
            words: bare: lower or mixed case, without punctuation around them, no empty ones.
            start: index into `words`.
            prose: ordinary language may be meant: only what can hardly be anything else is a name.
        """
        utterance = lattice(tuple(words))
        matches = self._matches(utterance, start, prose=prose)
        if matches:
            return self._snap(matches)
        return None if prose else self._by_sound(utterance, start)

    def spells(self, word: str) -> bool:
        """See `snap.Snapper`."""
        return word in self._spellings

    def _matches(self, utterance: Lattice, start: int, *, prose: bool) -> list[Match]:
        """The believable matches by key, the best first."""
        found: dict[tuple[int, str], Match] = {}
        for match, rivals in self._candidates(utterance, start):
            place = (match.path.end_word, match.name.text)
            is_better = place not in found or match.cost < found[place].cost
            if is_better and is_believed(match, rivals, prose=prose):
                found[place] = match
        wanted = kind_said(utterance.words, start)

        def order(match: Match) -> tuple[float, bool, int, bool, float]:
            cost = match.cost - (match.path.end_word - start)
            kind = kind_rank(match.name, wanted)
            # Of two spellings the model's own counts, but not that of another file against the
            # document's.
            is_meant = match.is_verbatim and match.name.origin in _NEAR
            return (cost, not match.is_taught, kind, not is_meant, -match.name.score)

        return sorted(found.values(), key=order)

    def _candidates(self, utterance: Lattice, start: int) -> Iterator[tuple[Match, Sequence[Name]]]:
        for path in self._taught.paths(utterance, start):
            names = [self._names[index] for index in self._taught[path.key]]
            yield from ((Match(utterance, start, path, name, True), names) for name in names)
        for path in self._written.paths(utterance, start):
            names = [self._names[index] for index in self._written[path.key]]
            yield from ((Match(utterance, start, path, name), names) for name in names)

    def _snap(self, matches: Sequence[Match]) -> Snap:
        best = matches[0]
        how: How = "exact" if best.is_aligned else "compact"
        others = dict.fromkeys(match.name.text for match in matches[1:])
        return Snap(
            len(best.heard),
            best.name.text,
            how,
            round(min(1.0, max(0.0, 1.0 - best.cost / 2)), 3),
            tuple(name for name in others if name != best.name.text)[:_MOST_ALTERNATIVES],
        )

    def _by_sound(self, utterance: Lattice, start: int) -> Snap | None:
        tokens, first_tokens = utterance.tokens, utterance.first_tokens
        found: list[tuple[float, int, int]] = []
        most = min(_MOST_WORDS_BY_SOUND, len(utterance.words) - start)
        for words in range(1, most + 1):
            window = tokens[first_tokens[start] : first_tokens[start + words]]
            if words > 1 or _may_be_misheard(window):
                found.extend(
                    (likeness, words, index) for likeness, index in self._sounds.alike(window)
                )
        if not found:
            return None
        found.sort(key=lambda one: (-one[0], -one[1], one[2]))
        likeness, words, index = found[0]
        name = self._names[index].text
        others = [one for one in found if compact(self._names[one[2]].text) != compact(name)]
        if others and others[0][0] > likeness - _MARGIN:
            return None
        if self._is_a_later_word_better(utterance, start, words, likeness):
            return None
        alternatives = dict.fromkeys(self._names[one[2]].text for one in found)
        return Snap(
            words,
            name,
            "phonetic",
            round(_SOUND_SCORE * likeness, 3),
            tuple(one for one in alternatives if one != name)[:_MOST_ALTERNATIVES],
        )

    def _is_a_later_word_better(
        self, utterance: Lattice, start: int, words: int, likeness: float
    ) -> bool:
        """Whether a name begins within these words that is no worse than the one of all."""
        tokens, first_tokens = utterance.tokens, utterance.first_tokens
        for later in range(start + 1, start + words):
            if self._matches(utterance, later, prose=False):
                return True
            window = tokens[first_tokens[later] : first_tokens[start + words]]
            if len(window) > 1 or _may_be_misheard(window):
                alike = self._sounds.alike(window)
                if alike and alike[0][0] >= likeness:
                    return True
        return False

    @cached_property
    def _spellings(self) -> frozenset[str]:
        return frozenset(name.text for name in self._names)

    @cached_property
    def _written(self) -> KeyIndex:
        entries: dict[str, list[int]] = {}
        for index, name in enumerate(self._names):
            key = compact(name.text)
            if key:
                entries.setdefault(key, []).append(index)
                for said in _with_signs(name.text, key):
                    entries.setdefault(said, []).append(index)
        return KeyIndex(entries)

    @cached_property
    def _taught(self) -> KeyIndex:
        entries: dict[str, list[int]] = {}
        for index, name in enumerate(self._names):
            if name.spoken:
                key = "".join(token for word in name.spoken.split() for token in tokens_of(word))
                entries.setdefault(key, []).append(index)
        return KeyIndex(entries)

    @cached_property
    def _sounds(self) -> SoundIndex:
        return SoundIndex([name.text for name in self._names[:MAX_NAMES_BY_SOUND]])


def _with_signs(name: str, key: str) -> Iterator[str]:
    """Keys of a name whose sign is said: dollar scope, save bang, underscore ptr, dunder init."""
    first, last = name[0], name[-1]
    if first in _SIGNS:
        yield _SIGNS[first] + key
    if last in _SIGNS:
        yield key + _SIGNS[last]
    if name.startswith("__"):
        yield "dunder" + key
        return
    if first == "_":
        yield "underscore" + key
    if last == "_":
        yield key + "underscore"


def _may_be_misheard(window: Sequence[str]) -> bool:
    """Whether one word can be a slip: everyday words and keywords are heard right."""
    word = "".join(window)
    return not is_everyday(word) and word not in KEYWORDS and word not in FUNCTION_WORDS
