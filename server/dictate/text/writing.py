"""From what was heard to what is written, in the way of the mode: where all parts of text meet.

    heard words -> (a command | spoken forms, names, replacements) -> written text with its spans

Pure: a `Writer` is made once for an utterance, from what is known when it begins, and writes its
partial texts and its final one by the same rules, so that what is seen is what will stand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dictate.text.heard import Heard
from dictate.text.modes import EffectiveMode
from dictate.text.names.name import Name
from dictate.text.snapping.snap import Snapper
from dictate.text.snapping.snapper import NameSnapper
from dictate.text.spoken_forms.interpreter import whole_command, write_code, write_prose
from dictate.text.spoken_forms.table import LanguageForms
from dictate.text.written import Span, Written


@dataclass(frozen=True)
class Writer:
    """Writes what is heard at one place.

    Attributes:
        mode: how.
        forms: spoken forms of the document's language.
        snapper: of the names that may be said here; None: there are none.
        replacements: bare spoken words in lower case -> what is written for them, exactly.
        line_before: the line up to the place: behind a value a minus subtracts.
    """

    mode: EffectiveMode
    forms: LanguageForms
    snapper: Snapper | None = None
    replacements: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    line_before: str = ""

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
    return Writer(mode, forms, snapper, replacements, line_before)


def as_heard(heard: Heard) -> Written:
    """The text just as the engine wrote it."""
    spans = (
        Span(word.start, word.end, index, index + 1, "as heard", word.confidence)
        for index, word in enumerate(heard.words)
    )
    return Written(heard.text, tuple(spans))
