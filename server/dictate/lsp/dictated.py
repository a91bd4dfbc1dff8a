"""The texts that were dictated last, where they stand now, and what was heard of each."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from dictate.lsp.document import TrackedRange
from dictate.lsp.documents import Documents
from dictate.text.heard import Heard
from dictate.text.written import Span, Written

_KEPT = 50


@dataclass(eq=False)
class Dictated:
    """A dictated text in its document.

    Attributes:
        utterance_id: whose it is.
        range: where it stands, its outer spaces included.
        heard: what the engine made of the sound.
        written: what was made of that.
        text: what was put into the document, fitted to its place.
        spans: of `written`, their offsets in `text`.
        is_raw: what was heard stands there now.
        is_learned: a correction by hand was looked at.
    """

    utterance_id: str
    range: TrackedRange
    heard: Heard
    written: Written
    text: str
    spans: tuple[Span, ...] = ()
    is_raw: bool = False
    is_learned: bool = False

    @property
    def leading(self) -> str:
        """White space in front of the text's first character."""
        return self.text[: len(self.text) - len(self.text.lstrip())]

    @property
    def trailing(self) -> str:
        """White space behind its last one."""
        return self.text[len(self.text.rstrip()) :]

    @property
    def core(self) -> str:
        """The text without white space at its ends."""
        return self.text.strip()

    @property
    def raw_text(self) -> str:
        """What was heard, with the same white space around it."""
        return self.leading + self.heard.text.strip() + self.trailing


@dataclass
class DictatedTexts:
    """The last of them, the newest at the end."""

    documents: Documents
    _texts: list[Dictated] = field(default_factory=list)

    def add(self, dictated: Dictated) -> None:
        """One has just been inserted."""
        self._texts.append(dictated)
        while len(self._texts) > _KEPT:
            self.remove(self._texts[0])

    def remove(self, dictated: Dictated) -> None:
        """It is gone from its document, or too long ago."""
        if dictated in self._texts:
            self._texts.remove(dictated)
        if (document := self.documents.get(dictated.range.uri)) is not None:
            document.forget_range(dictated.range)

    def last(self) -> Dictated | None:
        """The newest that is still there."""
        for dictated in reversed(self._texts):
            if self.standing(dictated):
                return dictated
        return None

    def find(self, utterance_id: str) -> Dictated | None:
        """An utterance's text, if it is still there."""
        for dictated in self._texts:
            if dictated.utterance_id == utterance_id and self.standing(dictated):
                return dictated
        return None

    def at(self, uri: str, start: int, end: int) -> Dictated | None:
        """The newest text that a stretch of a document touches, its outer spaces left aside."""
        for dictated in reversed(self._texts):
            stands = self.standing(dictated) if dictated.range.uri == uri else ""
            if stands.strip():
                first = dictated.range.start + len(stands) - len(stands.lstrip())
                last = dictated.range.start + len(stands.rstrip())
                if start <= last and end >= first:
                    return dictated
        return None

    def standing(self, dictated: Dictated) -> str:
        """What stands in its range now; "" where the document is closed or the text was removed."""
        document = self.documents.get(dictated.range.uri)
        tracked = dictated.range
        # A document that was closed and opened anew does not know the range.
        if document is None or tracked not in document.ranges:
            return ""
        return document.text[tracked.start : tracked.end]


def placed(spans: tuple[Span, ...], written: str, fitted: str) -> tuple[Span, ...]:
    """The spans of a written text, where they stand once it is fitted to its place.

    Fitting adds white space around and within, changes the first letter's case, drops a final
    period. A span that cannot be found is left out.
    """
    found = []
    position = 0
    lower = fitted.lower()
    for span in spans:
        text = written[span.start : span.end]
        for wanted in (text, text.rstrip(".")):
            start = fitted.find(wanted, position)
            if start < 0 and len(lower) == len(fitted):
                start = lower.find(wanted.lower(), position)
            if wanted and start >= 0:
                position = start + len(wanted)
                found.append(replace(span, start=start, end=position))
                break
    return tuple(found)
