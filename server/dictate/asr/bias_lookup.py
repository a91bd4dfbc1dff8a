"""Looking up how likely listed tokens are: for all positions of a pass in one transfer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from dictate.asr.phrase_trie import PhraseTrie


@dataclass(frozen=True, slots=True)
class Question:
    """Which listed tokens may stand at a position.

    Attributes:
        begins: those that begin a phrase, too.
        in_front: nothing is written yet.
        followers: of each phrase that the prefix is in, in the order of the state's paths.
    """

    begins: bool
    in_front: bool
    followers: list[list[int]]


@dataclass(frozen=True, slots=True)
class Answer:
    """The likeliest of them.

    Attributes:
        best: the highest logit of all.
        beginning: token and logit of the likeliest beginning of a phrase; None: there is none.
        followers: the same for each phrase.
    """

    best: float
    beginning: tuple[int, float] | None
    followers: list[tuple[int, float] | None]


def look_up(
    logits: torch.Tensor, questions: Sequence[Question | None], trie: PhraseTrie
) -> list[Answer | None]:
    """Answer the questions.

    Args:
        logits: float32 [n, V].
        questions: of the first rows; None is answered by None.
        trie: of the phrases.
    """
    asked = [(row, one) for row, one in enumerate(questions) if one is not None]
    if not asked:
        return [None] * len(questions)
    parts = [logits.amax(-1)]
    groups: list[tuple[list[int], list[int]]] = []
    for in_front in (False, True):
        rows = [row for row, one in asked if one.begins and one.in_front == in_front]
        if rows:
            wanted = logits if len(rows) == len(logits) else logits[rows]
            ids = trie.beginnings_on(logits.device, in_front=in_front)
            highest = wanted.index_select(1, ids).max(-1)
            # Exact as floats: no vocabulary has 2 ** 24 tokens.
            parts += [highest.values, highest.indices.to(torch.float32)]
            groups.append((rows, trie.beginnings[in_front]))
    places = [
        row * logits.shape[1] + token
        for row, one in asked
        for ids in one.followers
        for token in ids
    ]
    if places:
        parts.append(logits.take(torch.tensor(places, device=logits.device)))
    figures: list[float] = torch.cat(parts).tolist()
    bests, done = figures[: len(logits)], len(logits)
    beginnings: dict[int, tuple[int, float]] = {}
    for rows, tokens in groups:
        for index, row in enumerate(rows, done):
            beginnings[row] = (tokens[int(figures[index + len(rows)])], figures[index])
        done += 2 * len(rows)
    answers: list[Answer | None] = [None] * len(questions)
    for row, one in asked:
        followers = []
        for tokens in one.followers:
            followers.append(_likeliest(tokens, figures[done : done + len(tokens)]))
            done += len(tokens)
        answers[row] = Answer(bests[row], beginnings.get(row), followers)
    return answers


def _likeliest(tokens: Sequence[int], values: Sequence[float]) -> tuple[int, float] | None:
    """The token with the highest value, the first of equals; None of none."""
    if not tokens:
        return None
    highest = max(values)
    return tokens[values.index(highest)], highest
