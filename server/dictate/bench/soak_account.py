"""Whether every sentence of a recording was heard, once and whole: pure functions.

All times are seconds from the recording's beginning.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import msgspec

from dictate.bench.streaming_spans import EDGE_S, Span, cuts, owner


@dataclass(frozen=True)
class Heard:
    """An utterance: the stretch of the recording that it heard, and what it inserted ("": nothing).

    Attributes:
        is_inserted: its text stands in the document.
    """

    span: Span
    text: str
    is_inserted: bool


class Account(msgspec.Struct):
    """What became of the sentences.

    Attributes:
        lost: their speech, or a part of it, is in no utterance whose text was inserted.
        doubled: a part of their speech is in two of those.
        cut: an utterance, of whatever ending, ended or began in the middle of them.
        joined: they share their utterance with one before.
        texts_without_speech: utterances that inserted something and heard no sentence.
    """

    sentences: int
    lost: int
    doubled: int
    cut: int
    joined: int
    texts_without_speech: int


def account(sentences: Sequence[Span], utterances: Sequence[Heard]) -> Account:
    """Judge what the utterances heard.

    Args:
        sentences: their speech, in order.
        utterances: in the order of their sound.
    """
    inserted = [each.span for each in utterances if each.is_inserted]
    owned = cuts(sentences, inserted)
    around = [_around(sentence, inserted) for sentence in sentences]
    return Account(
        sentences=len(sentences),
        lost=sum(
            _covered_s(sentence, spans) < sentence.end_s - sentence.begin_s - 2 * EDGE_S
            for sentence, spans in zip(sentences, around, strict=True)
        ),
        doubled=sum(
            any(_common_s(sentence, one, next_one) > EDGE_S for one, next_one in pairwise(spans))
            for sentence, spans in zip(sentences, around, strict=True)
        ),
        cut=cuts(sentences, [each.span for each in utterances]).cut,
        joined=owned.joined,
        texts_without_speech=sum(
            not any(_common_s(span, sentence) > EDGE_S for sentence in sentences)
            for span in inserted
        ),
    )


def sentences_of(sentences: Sequence[Span], utterances: Sequence[Heard]) -> list[list[int]]:
    """For each utterance the sentences, by number, that it heard more of than any other did."""
    spans = [each.span for each in utterances]
    heard: list[list[int]] = [[] for _ in spans]
    for number, sentence in enumerate(sentences):
        index = owner(sentence, spans)
        if index is not None:
            heard[index].append(number)
    return heard


def is_joined_of(document: str, texts: Sequence[str]) -> bool:
    """Whether a document is these texts in this order, white space between them aside."""
    at = 0
    for text in texts:
        while at < len(document) and document[at].isspace():
            at += 1
        if not document.startswith(text, at):
            return False
        at += len(text)
    return not document[at:].strip()


def _around(span: Span, others: Sequence[Span]) -> list[Span]:
    """Those of `others` that share some of it."""
    return [each for each in others if each.begin_s < span.end_s and span.begin_s < each.end_s]


def _common_s(*spans: Span) -> float:
    return min(span.end_s for span in spans) - max(span.begin_s for span in spans)


def _covered_s(sentence: Span, spans: Sequence[Span]) -> float:
    """How much of a sentence the spans, in order, hold between them."""
    covered_s, until_s = 0.0, sentence.begin_s
    for span in spans:
        begin_s, end_s = max(until_s, span.begin_s), min(sentence.end_s, span.end_s)
        covered_s += max(0.0, end_s - begin_s)
        until_s = max(until_s, end_s)
    return covered_s
