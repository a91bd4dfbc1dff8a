"""Parts of code are laid out in a line, and each knows the heard words that it stands for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dictate.text.heard import Heard
from dictate.text.spoken_forms.joining import Joiner
from dictate.text.spoken_forms.part import Part
from dictate.text.spoken_forms.pieces import Piece
from dictate.text.written import Span, Written


@dataclass
class Made:
    """A part of the text and the pieces it is made of.

    Attributes:
        part: what is written.
        first: index of its first piece.
        end: behind its last one.
        rule: what made it, see `Span`.
        alternatives: what else it could have been.
        spans: of a phrase, whose words have rules of their own; its offsets begin with it.
    """

    part: Part
    first: int
    end: int
    rule: str
    alternatives: tuple[str, ...] = ()
    spans: tuple[Span, ...] = ()


def lay_out(parts: Sequence[Made], found: Sequence[Piece], heard: Heard, joiner: Joiner) -> Written:
    """Write parts one after the other.

    Args:
        parts: at least one, in order; together they cover all pieces.
        found: the pieces.
        heard: where these are from.
        joiner: says what stands between parts.
    """
    text = ""
    spans: list[Span] = []
    for index, made in enumerate(parts):
        following = parts[index + 1] if index + 1 < len(parts) else None
        gap = joiner.gap(made.part, following.part if following else None)
        text += _glue(parts, index, found, gap)
        start = len(text)
        text += made.part.text
        if made.spans:
            base = found[made.first].word
            spans += [_moved(span, start, base) for span in made.spans]
            continue
        first = found[made.first].word if index else 0
        # The pauses that the model wrote behind a word belong to it.
        end = found[following.first].word if following else len(heard.words)
        end = max(found[made.end - 1].word + 1, end)
        confidence = min(word.confidence for word in heard.words[first:end])
        spans.append(Span(start, len(text), first, end, made.rule, confidence, made.alternatives))
    return Written(text, tuple(spans), is_code=True)


def _glue(parts: Sequence[Made], index: int, found: Sequence[Piece], gap: str) -> str:
    """What the model wrote in one, and nothing else was made of, stays in one."""
    glue = found[parts[index].first].glue
    if not index or glue is None or parts[index].rule != "as heard":
        return gap
    return glue if parts[index - 1].rule == "as heard" else gap


def _moved(span: Span, offset: int, words: int) -> Span:
    return Span(
        span.start + offset,
        span.end + offset,
        span.first_word + words,
        span.end_word + words,
        span.rule,
        span.confidence,
        span.alternatives,
    )
