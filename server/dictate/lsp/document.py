"""The server's own copy of an open document, and the places in it that dictations wait for.

pygls keeps a copy too, but splits lines where LSP does not (form feeds, U+2028) and clamps
positions its own way. Here a line ends with LF, CRLF or CR only, and positions are converted
exactly in the encoding that was negotiated. Offsets count code points.
"""

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from dictate.lsp.anchor import Replacement, difference, moved, steps, trimmed

PositionEncoding = Literal["utf-8", "utf-16", "utf-32"]

_LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Position:
    """A line and a character in the negotiated encoding's units, both from zero."""

    line: int
    character: int


@dataclass(frozen=True, slots=True)
class Change:
    """One content change of a didChange; without `start` and `end` the whole text is replaced."""

    text: str
    start: Position | None = None
    end: Position | None = None


@dataclass(eq=False, slots=True)
class Anchor:
    """A place that follows its document; `uri` changes when the document is renamed."""

    uri: str
    offset: int


@dataclass(eq=False, slots=True)
class TrackedRange:
    """A dictated text in its document, wherever that goes; empty once somebody removed it.

    What is typed right before or behind it does not belong to it.
    """

    uri: str
    start: int
    end: int

    def follow(self, change: Replacement) -> None:
        """Move with a change of the document.

        Of a change across one of its ends, which brought text from elsewhere, nothing belongs to
        it: what is done to a dictated text must never reach the user's own.
        """
        grown = len(change.text) - (change.end - change.start)
        start, end = self.start, self.end
        if change.end <= start:
            start += grown
        elif change.start < start:
            start = change.start + len(change.text)
        if change.start < end < change.end:
            end = change.start
        elif change.end <= end and change.start < end:
            end += grown
        self.start, self.end = min(start, end), end


@dataclass(eq=False, slots=True)
class ExpectedRewrite:
    """A replacement of a range's text that was sent to the editor and not seen yet."""

    range: TrackedRange
    text: str
    seen: Callable[[int], None]


@dataclass(eq=False, slots=True)
class ExpectedInsertion:
    """An insertion that was sent to the editor and has not been seen in the document yet.

    `offset` follows the document while it waits; `seen` is called once, with the document's
    version.
    """

    offset: int
    text: str
    seen: Callable[[int], None]


@dataclass(eq=False, slots=True)
class Document:
    """One open document."""

    uri: str
    language_id: str
    version: int
    text: str
    encoding: PositionEncoding = "utf-16"
    anchors: list[Anchor] = field(default_factory=list)
    expected: list[ExpectedInsertion] = field(default_factory=list)
    ranges: list[TrackedRange] = field(default_factory=list)
    rewrites: list[ExpectedRewrite] = field(default_factory=list)
    watchers: list[Callable[[Replacement], None]] = field(default_factory=list)
    last_place: int = 0
    knows_place: bool = False
    """The user's place is known: by an edit, or because it was told."""
    _line_starts: list[int] | None = None

    def apply(self, version: int, changes: list[Change]) -> None:
        """Follow one didChange: text, version, anchors and the insertions that are waited for."""
        before = self.text
        for change in changes:
            self._apply_one(version, change, is_alone=len(changes) == 1)
        self.version = version
        if len(changes) > 1 and self.expected:
            self._recognise(before, difference(before, self.text))

    @property
    def line_count(self) -> int:
        """How many lines there are; the last one may be empty."""
        return len(self._starts())

    def offset_at(self, position: Position) -> int:
        """Return the offset of `position`, or the end of the line or the text that it exceeds."""
        starts = self._starts()
        if position.line >= len(starts):
            return len(self.text)
        start, line = self.line(max(position.line, 0))
        if self.encoding == "utf-32" or line.isascii():
            return start + min(max(position.character, 0), len(line))
        units = 0
        for index, character in enumerate(line):
            units += _units(character, self.encoding)
            if units > position.character:
                return start + index
        return start + len(line)

    def position_at(self, offset: int) -> Position:
        """Return the position of `offset`, never behind its line's last visible character."""
        number = bisect_right(self._starts(), max(offset, 0)) - 1
        start, line = self.line(number)
        return Position(number, _length(line[: max(offset, 0) - start], self.encoding))

    def place(self, offset: int) -> Anchor:
        """Return a new place at `offset` that follows this document until `forget`."""
        anchor = Anchor(self.uri, min(max(offset, 0), len(self.text)))
        self.anchors.append(anchor)
        return anchor

    def forget(self, anchor: Anchor) -> None:
        """Stop following `anchor`."""
        if anchor in self.anchors:
            self.anchors.remove(anchor)

    def track(self, start: int, end: int) -> TrackedRange:
        """Return a range that follows this document until `forget_range`."""
        tracked = TrackedRange(self.uri, start, end)
        self.ranges.append(tracked)
        return tracked

    def forget_range(self, tracked: TrackedRange) -> None:
        """Stop following `tracked`."""
        if tracked in self.ranges:
            self.ranges.remove(tracked)

    def expect(self, insertion: ExpectedInsertion) -> None:
        """Wait for an insertion that is about to be sent."""
        self.expected.append(insertion)

    def stop_expecting(self, insertion: ExpectedInsertion) -> None:
        """No longer wait for `insertion`."""
        if insertion in self.expected:
            self.expected.remove(insertion)

    def _apply_one(self, version: int, change: Change, *, is_alone: bool) -> None:
        if change.start is None or change.end is None:
            replacement = difference(self.text, change.text)
        else:
            start = self.offset_at(change.start)
            end = max(start, self.offset_at(change.end))
            replacement = trimmed(self.text, Replacement(start, end, change.text))
        before = self.text
        self.text = replacement.applied_to(before)
        self._line_starts = None
        self.version = version
        ours = self._our_insertion(before, replacement)
        rewrite = self._our_rewrite(before)
        # Editors may report a change shifted by equal characters: what we sent is what happened.
        if ours is not None:
            replacement = Replacement(ours.offset, ours.offset, ours.text)
        elif rewrite is not None:
            replacement = Replacement(rewrite.range.start, rewrite.range.end, rewrite.text)
        self._move_anchors(before, replacement, pushed=ours is not None)
        for tracked in self.ranges:
            tracked.follow(replacement)
        self.last_place = replacement.start + len(replacement.text)
        if ours is not None:
            self._saw(ours)
        elif rewrite is not None:
            rewrite.range.start = replacement.start
            rewrite.range.end = replacement.start + len(replacement.text)
            self.rewrites.remove(rewrite)
            rewrite.seen(version)
        elif self.expected and is_alone:
            # One of several may be the copy of ours at another cursor: ours is looked for first.
            self._recognise(before, replacement)
        for watcher in self.watchers:
            watcher(replacement)
        for insertion in self.expected:
            insertion.offset = moved(insertion.offset, replacement)

    def _move_anchors(self, before: str, change: Replacement, *, pushed: bool) -> None:
        """Move the places; those inside the change through its finest steps, which take longer."""
        inside = [a for a in self.anchors if change.start < a.offset < change.end]
        for anchor in self.anchors:
            if anchor not in inside:
                anchor.offset = moved(anchor.offset, change, pushed=pushed)
        for step in steps(before, change) if inside else ():
            for anchor in inside:
                anchor.offset = moved(anchor.offset, step)

    def _our_insertion(self, before: str, change: Replacement) -> ExpectedInsertion | None:
        """Return the awaited insertion that makes exactly the present text out of `before`."""
        if change.end != change.start:
            return None
        # The newest first: older ones were given up, and may be what is tried again now.
        for insertion in reversed(self.expected):
            made = Replacement(insertion.offset, insertion.offset, insertion.text)
            if len(insertion.text) == len(change.text) and made.applied_to(before) == self.text:
                return insertion
        return None

    def _our_rewrite(self, before: str) -> ExpectedRewrite | None:
        """Return the awaited rewrite that makes exactly the present text out of `before`."""
        for rewrite in self.rewrites:
            start, end = rewrite.range.start, rewrite.range.end
            if Replacement(start, end, rewrite.text).applied_to(before) == self.text:
                return rewrite
        return None

    def _recognise(self, before: str, change: Replacement) -> None:
        """Find awaited insertions in a change that brought more (a client that collects them)."""
        for insertion in reversed(self.expected):
            reach = len(insertion.text)
            if len(change.text) < reach or not (
                change.start - reach <= insertion.offset <= change.end + reach
            ):
                continue
            low = max(0, change.start - reach)
            old = before[low : change.end + reach]
            new = self.text[low : change.start + len(change.text) + reach]
            if new.count(insertion.text) > old.count(insertion.text):
                start = low + new.index(insertion.text)
                for anchor in self.anchors:
                    if anchor.offset == insertion.offset:
                        anchor.offset = start + reach
                insertion.offset = start
                self._saw(insertion)
                return

    def _saw(self, insertion: ExpectedInsertion) -> None:
        self.stop_expecting(insertion)
        insertion.seen(self.version)

    def _starts(self) -> list[int]:
        if self._line_starts is None:
            self._line_starts = [0, *(match.end() for match in _LINE_END.finditer(self.text))]
        return self._line_starts

    def line(self, number: int) -> tuple[int, str]:
        """Return where line `number` starts and its text without its end."""
        starts = self._starts()
        start = starts[number]
        if number + 1 == len(starts):
            return start, self.text[start:]
        line = self.text[start : starts[number + 1]]
        return start, line[:-2] if line.endswith("\r\n") else line[:-1]


def _units(character: str, encoding: PositionEncoding) -> int:
    if encoding == "utf-16":
        return 2 if ord(character) > 0xFFFF else 1
    point = ord(character)
    return 1 if point < 0x80 else 2 if point < 0x800 else 3 if point < 0x10000 else 4


def _length(text: str, encoding: PositionEncoding) -> int:
    """Return the length of `text` in units of `encoding`."""
    if encoding == "utf-32" or text.isascii():
        return len(text)
    if encoding == "utf-16":
        return len(text.encode("utf-16-le", "surrogatepass")) // 2
    return len(text.encode("utf-8", "surrogatepass"))
