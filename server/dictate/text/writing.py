"""From what was heard to what is written, in the way of the mode: where all parts of text meet.

    heard words -> (a command | spoken forms, names, replacements) -> written text with its spans

Pure: a `Writer` is made once for an utterance, from what is known when it begins, and writes its
partial texts and its final one by the same rules, so that what is seen is what will stand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from dictate.text.heard import Heard
from dictate.text.joined_words import Apart, taken_apart
from dictate.text.modes import EffectiveMode
from dictate.text.names.name import Name
from dictate.text.snapping.snap import Snapper
from dictate.text.snapping.snapper import NameSnapper
from dictate.text.snapping.subwords import subwords
from dictate.text.spoken_forms.interpreter import whole_command, write_code, write_prose
from dictate.text.spoken_forms.table import LanguageForms
from dictate.text.written import Span, Written

_DOUBTED_BELOW: Final = 0.9
_DOUBTED_PRODUCT_BELOW: Final = 0.6
"""Confidence below which an identifier that nobody knows is taken for words that the model joined
(set on the tuning half of the benchmark's sources)."""

_TOLD_NAMES: Final = 100
"""As many as a prompt may hold."""


@dataclass(frozen=True)
class Writer:
    """Writes what is heard at one place.

    Attributes:
        mode: how.
        forms: spoken forms of the document's language.
        snapper: of the names that may be said here; None: there are none.
        replacements: bare spoken words in lower case -> what is written for them, exactly.
        line_before: the line up to the place: behind a value a minus subtracts.
        imitable: parts of the names that the model is told of, in lower case.
    """

    mode: EffectiveMode
    forms: LanguageForms
    snapper: Snapper | None = None
    replacements: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    line_before: str = ""
    imitable: frozenset[str] = frozenset()

    def write(self, heard: Heard, *, is_whole: bool = True) -> Written:
        """Write a text.

        Args:
            heard: what the engine made of the sound.
            is_whole: nothing more is said; only a whole utterance can be a command.
        """
        if self.mode == "raw":
            return as_heard(heard)
        if is_whole and (command := whole_command(heard, self.forms)) is not None:
            return Written("", command=command)
        return self._with_words_apart(heard)

    def _with_words_apart(self, heard: Heard) -> Written:
        """Take apart what the model joined and nobody knows, where it doubts it or it helps."""
        doubted = taken_apart(heard, lambda bare, confidence: self._is_doubtful(bare, confidence))
        plain = Apart(heard, tuple(range(len(heard.words)))) if doubted is None else doubted
        written = _of_heard_words(self._write(plain.heard), plain.origins)
        if self.snapper is None:
            return written
        apart = taken_apart(plain.heard, lambda bare, _: not self._is_known(bare))
        if apart is None:
            return written
        origins = tuple(plain.origins[word] for word in apart.origins)
        other = _of_heard_words(self._write(apart.heard), origins)
        return other if _names(other) > _names(written) else written

    def _write(self, heard: Heard) -> Written:
        if self.mode == "code":
            return write_code(
                heard,
                self.forms,
                self.snapper,
                self.replacements,
                line_before=self.line_before,
            )
        return write_prose(
            heard, self.forms, self.snapper, self.replacements, backticks=self.mode == "vibe"
        )

    def _is_doubtful(self, bare: str, confidence: float) -> bool:
        # In prose capitals within a word may be a product's, unless they imitate a listed name.
        is_product = (
            self.mode != "code"
            and "_" not in bare
            and self.imitable.isdisjoint(part.lower() for part in subwords(bare))
        )
        below = _DOUBTED_PRODUCT_BELOW if is_product else _DOUBTED_BELOW
        return confidence < below and not self._is_known(bare)

    def _is_known(self, bare: str) -> bool:
        """Whether a word that the model wrote is a name, in whatever style."""
        if self.snapper is None or (bare.lower(),) in self.replacements:
            return True
        snap = self.snapper.longest([bare], 0, prose=False)
        return snap is not None and snap.how != "phonetic"


def _of_heard_words(written: Written, origins: tuple[int, ...]) -> Written:
    """The same text, its spans told of the heard words that its words were."""
    if origins == tuple(range(len(origins))):
        return written
    spans = (
        replace(
            span,
            first_word=origins[span.first_word],
            end_word=origins[max(span.first_word, span.end_word - 1)] + 1,
        )
        for span in written.spans
    )
    return replace(written, spans=tuple(spans))


def _names(written: Written) -> int:
    return sum(span.rule.startswith("name") for span in written.spans)


def make_writer(
    mode: EffectiveMode,
    forms: LanguageForms,
    names: Sequence[Name],
    replacements: Mapping[tuple[str, ...], str],
    line_before: str = "",
) -> Writer:
    """A writer for one place; takes milliseconds with thousands of names.

    Args:
        mode: how to write.
        forms: of the document's language.
        names: that may be said, everyday ones included.
        replacements: see `Writer`.
        line_before: see `Writer`.
    """
    snapper = None
    if names and mode != "raw":
        snapper = NameSnapper(names)
        snapper.prepare()
    imitable = frozenset(
        part.lower() for name in names[:_TOLD_NAMES] for part in subwords(name.text) if part[2:]
    )
    return Writer(mode, forms, snapper, replacements, line_before, imitable)


def as_heard(heard: Heard) -> Written:
    """The text just as the engine wrote it."""
    spans = (
        Span(word.start, word.end, index, index + 1, "as heard", word.confidence)
        for index, word in enumerate(heard.words)
    )
    return Written(heard.text, tuple(spans))
