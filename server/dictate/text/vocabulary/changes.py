"""Which stretches of an inserted text were changed, and which heard words they stand for."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import accumulate
from typing import Final

from dictate.text.heard import Heard
from dictate.text.written import Written

_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
_WORD = re.compile(r"\S+")
_JOINERS: Final = frozenset("-./:@+>#")
_MAX_CHANGED_TOKENS: Final = 400


@dataclass(frozen=True, slots=True)
class Unit:
    """The least stretch of a written text of which the heard words are known.

    Attributes:
        start: offset of its first character in the written text.
        end: behind its last one.
        first_word: index of the first heard word that it stands for.
        end_word: behind the last of them.
    """

    start: int
    end: int
    first_word: int
    end_word: int


@dataclass(frozen=True, slots=True)
class Change:
    """A stretch that was changed, no smaller than what it stands for.

    Attributes:
        was: what was inserted.
        now: what stands there.
        start: offset of `now` in the changed text.
        first_word: index of the first heard word that `was` stands for.
        end_word: behind the last of them; not above `first_word` where it stands for none.
    """

    was: str
    now: str
    start: int
    first_word: int
    end_word: int


@dataclass(frozen=True, slots=True)
class _Region:
    """Tokens [was_start, was_end) became [now_start, now_end); it may have to be larger.

    Attributes:
        left: how many tokens before it belong to it, too.
        right: how many behind it.
    """

    was_start: int
    was_end: int
    now_start: int
    now_end: int
    left: int = 0
    right: int = 0

    @property
    def outer_start(self) -> int:
        return self.was_start - self.left

    @property
    def outer_end(self) -> int:
        return self.was_end + self.right

    def grown(self, left: int, right: int) -> _Region:
        return replace(self, left=left, right=right)


def spoken_units(written: Written, heard: Heard) -> list[Unit]:
    """The least stretches of a text; of a span with as many words as were heard, its words."""
    units: list[Unit] = []
    for span in written.spans:
        words = list(_WORD.finditer(written.text, span.start, span.end))
        if len(words) == span.end_word - span.first_word:
            units += (
                Unit(word.start(), word.end(), index, index + 1)
                for index, word in enumerate(words, span.first_word)
            )
        else:
            units.append(Unit(span.start, span.end, span.first_word, span.end_word))
    return [unit for unit in units if 0 <= unit.first_word <= unit.end_word <= len(heard.words)]


def changes(was: str, now: str, units: Sequence[Unit]) -> list[Change]:
    """What was changed between two texts, in order.

    Args:
        was: the inserted text.
        now: the text in its place.
        units: of `was`, in order.

    Returns:
        Nothing where so much was changed that it is another text.
    """
    old, new = _TOKEN.findall(was), _TOKEN.findall(now)
    # A line that is broken elsewhere is no other text.
    same = [[" " if token.isspace() else token for token in tokens] for tokens in (old, new)]
    regions = _regions(*same)
    if sum(region.was_end - region.was_start for region in regions) > _MAX_CHANGED_TOKENS:
        return []
    ends = [0, *(region.was_end for region in regions)]
    begins = [*(region.was_start for region in regions[1:]), len(old)]
    regions = _joined(
        [
            _grown_to_tokens(region, old, new, region.was_start - end, begin - region.was_end)
            for region, end, begin in zip(regions, ends, begins, strict=False)
        ]
    )
    starts = [0, *accumulate(map(len, old))]
    regions = _joined([_grown_to_units(region, starts, units) for region in regions])
    new_starts = [0, *accumulate(map(len, new))]
    found: list[Change] = []
    for region in regions:
        start, end = starts[region.was_start], starts[region.was_end]
        inside = [unit for unit in units if unit.start < end and unit.end > start]
        found.append(
            Change(
                was[start:end],
                now[new_starts[region.now_start] : new_starts[region.now_end]],
                new_starts[region.now_start],
                min((unit.first_word for unit in inside), default=0),
                max((unit.end_word for unit in inside), default=0),
            )
        )
    return found


def _regions(old: list[str], new: list[str]) -> list[_Region]:
    front = 0
    while front < min(len(old), len(new)) and old[front] == new[front]:
        front += 1
    back = 0
    while back < min(len(old), len(new)) - front and old[-1 - back] == new[-1 - back]:
        back += 1
    middle_old, middle_new = old[front : len(old) - back], new[front : len(new) - back]
    if max(len(middle_old), len(middle_new)) > _MAX_CHANGED_TOKENS:
        return [_Region(front, len(old) - back, front, len(new) - back)]
    matcher = SequenceMatcher(None, middle_old, middle_new, autojunk=False)
    return [
        _Region(front + start, front + end, front + new_start, front + new_end)
        for tag, start, end, new_start, new_end in matcher.get_opcodes()
        if tag != "equal"
    ]


def _grown_to_tokens(
    region: _Region, old: list[str], new: list[str], most_left: int, most_right: int
) -> _Region:
    """Where a mark between words was changed, with the words that it joins.

    Args:
        region: that was changed.
        old: tokens of the text before.
        new: tokens of the text now.
        most_left: how many before it are the same, up to the region before.
        most_right: how many behind it.
    """
    was, now = old[region.was_start : region.was_end], new[region.now_start : region.now_end]
    left = right = 0
    if _joins(was[:1], now[:1]) and (now or _is_seam(region, new)):
        while left < most_left and _is_joined(new[region.now_start - left - 1]):
            left += 1
    if _joins(was[-1:], now[-1:]) and (now or _is_seam(region, new)):
        while right < most_right and _is_joined(new[region.now_end + right]):
            right += 1
    return region.grown(left, right)


def _joins(was: list[str], now: list[str]) -> bool:
    """Whether an edge of a region is a mark that belongs to what stands beside it."""
    return not any(map(_is_word, was + now)) and not any(map(str.isspace, now))


def _is_seam(region: _Region, new: list[str]) -> bool:
    """Whether what was removed stood between tokens that are one now."""
    around = new[max(0, region.now_start - 1) : region.now_start + 1]
    return len(around) == 2 and all(map(_is_joined, around))


def _is_word(token: str) -> bool:
    return token[0].isalnum() or token[0] == "_"


def _is_joined(token: str) -> bool:
    return _is_word(token) or token in _JOINERS


def _grown_to_units(region: _Region, starts: list[int], units: Sequence[Unit]) -> _Region:
    """With all of every unit that it touches."""
    start, end = starts[region.was_start], starts[region.was_end]
    touched = [unit for unit in units if unit.start < end and unit.end > start]
    first = bisect_right(starts, min((unit.start for unit in touched), default=start)) - 1
    last = bisect_left(starts, max((unit.end for unit in touched), default=end))
    return region.grown(max(0, region.was_start - first), max(0, last - region.was_end))


def _joined(regions: Sequence[_Region]) -> list[_Region]:
    """One of those that have grown into each other, as large as they are together.

    What lies between a region and its outer bounds is the same before and after, unless another
    region lies there; so each bound is known from the first, or the last, region as it was.
    """
    groups: list[list[_Region]] = []
    for region in regions:
        if groups and region.outer_start <= max(each.outer_end for each in groups[-1]):
            groups[-1].append(region)
        else:
            groups.append([region])
    return [_together(group) for group in groups]


def _together(group: Sequence[_Region]) -> _Region:
    first, last = group[0], group[-1]
    left = first.was_start - min(each.outer_start for each in group)
    right = max(each.outer_end for each in group) - last.was_end
    return _Region(
        first.was_start - left, last.was_end + right, first.now_start - left, last.now_end + right
    )
