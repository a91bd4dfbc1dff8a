"""How a place in a document follows the document's changes. Pure.

Offsets count code points from the document's start. A place has left gravity: text that the user
types exactly there stands behind the place, so that dictated text lands before it, where speaking
began. Our own insertions push it to the right, so that dictations at one place land in the order
they were spoken.
"""

import difflib
import re
from dataclasses import dataclass

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")
_MOST_LINE_PAIRS = 250_000
"""Beyond it, comparing lines would be felt; a place inside such a change goes to its start."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """The text from `start` to `end` (offsets before the change) became `text`."""

    start: int
    end: int
    text: str

    def applied_to(self, document: str) -> str:
        """Return `document` with the replacement made."""
        return document[: self.start] + self.text + document[self.end :]


def difference(old: str, new: str) -> Replacement:
    """Return the smallest single replacement that turns `old` into `new`."""
    prefix = _common_prefix_length(old, new)
    old_rest, new_rest = old[prefix:], new[prefix:]
    suffix = _common_prefix_length(old_rest[::-1], new_rest[::-1])
    return Replacement(prefix, len(old) - suffix, new_rest[: len(new_rest) - suffix])


def trimmed(document: str, change: Replacement) -> Replacement:
    """Return `change` without the text at its ends that stays the same.

    Editors may replace more than they change (a line, even the whole document), which would tear
    out places that nothing happened to.
    """
    inner = difference(document[change.start : change.end], change.text)
    return Replacement(change.start + inner.start, change.start + inner.end, inner.text)


def steps(document: str, change: Replacement) -> list[Replacement]:
    """Return `change` as small replacements, to be made one after the other.

    An editor that reports one change from the first to the last difference (a formatter ran, the
    file was read again) is followed line by line, so that places in the unchanged lines between
    stay there.
    """
    whole = trimmed(document, change)
    old_lines = _LINE.findall(document[whole.start : whole.end])
    new_lines = _LINE.findall(whole.text)
    if (
        min(len(old_lines), len(new_lines)) < 2
        or len(old_lines) * len(new_lines) > _MOST_LINE_PAIRS
    ):
        return [whole]
    found = []
    start = whole.start
    matcher = difflib.SequenceMatcher(None, old_lines, new_lines, autojunk=False)
    for kind, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        old, new = "".join(old_lines[old_from:old_to]), "".join(new_lines[new_from:new_to])
        if kind != "equal":
            inner = difference(old, new)
            found.append(Replacement(start + inner.start, start + inner.end, inner.text))
        start += len(new)
    return found


def moved(offset: int, change: Replacement, *, pushed: bool = False) -> int:
    """Return where the place `offset` is after `change`.

    Args:
        offset: The place before the change.
        change: What changed.
        pushed: An insertion exactly at the place moves it to the insertion's end.
    """
    if offset < change.start or (offset == change.start and not (pushed and change.end == offset)):
        return offset
    if offset >= change.end:
        return offset + len(change.text) - (change.end - change.start)
    return change.start


def _common_prefix_length(first: str, second: str) -> int:
    """Return how many leading characters are equal; by bisection, fast on long texts."""
    low, high = 0, min(len(first), len(second))
    while low < high:
        middle = (low + high + 1) // 2
        if first[low:middle] == second[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
