"""What is written of what was heard, and why: every stretch knows its words and its rule."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the written text that one rule made of some heard words.

    Attributes:
        start: offset of its first character in the written text.
        end: behind its last one.
        first_word: index of the first heard word that it stands for.
        end_word: behind the last of them.
        rule: what made it, for people: "as heard", "name: exact", "name: phonetic", "symbol: left
            paren", "formatter: camel", "number", "keyword", "replacement", ...
        confidence: least of its words', 0.0 to 1.0.
        alternatives: what else it could have been, the likeliest first, without itself.
    """

    start: int
    end: int
    first_word: int
    end_word: int
    rule: str
    confidence: float = 1.0
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Command:
    """A whole utterance that does something instead of being written.

    Attributes:
        name: "scratch", "undo", "new_line", "format", "select", ... as the table of spoken forms
            names it.
        argument: of the command: the formatter of "camel that"; "" where it takes none.
    """

    name: str
    argument: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """A text to insert, not yet fitted to its place, or a command.

    Attributes:
        text: "" for a command.
        spans: of `text`, in order, without overlaps; white space between words belongs to none.
        command: None where there is text.
        is_code: spacing and case are meant as they stand.
    """

    text: str
    spans: tuple[Span, ...] = ()
    command: Command | None = None
    is_code: bool = False
