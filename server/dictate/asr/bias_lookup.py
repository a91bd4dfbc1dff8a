"""Looking up how likely listed tokens are: for all positions of a pass in one transfer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

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
    logits: torch.Tensor,
    bests: Sequence[int],
    questions: Sequence[Question | None],
    trie: PhraseTrie,
    *,
    gathers: bool | None = None,
) -> list[Answer | None]:
    """Answer the questions.

    Args:
        logits: float32 [n, V].
        bests: the likeliest token of each row.
        questions: of the first rows; None is answered by None.
        trie: of the phrases.
        gathers: bring together the columns that are needed before they are looked at, for a device
            that much is slow to be fetched from; None: where the logits are on one.
    """
    asked = [(row, one) for row, one in enumerate(questions) if one is not None]
    answers: list[Answer | None] = [None] * len(questions)
    if not asked:
        return answers
    columns: NDArray[np.int64] | None = None
    if gathers if gathers is not None else logits.device.type != "cpu":
        columns = _columns(asked, bests, trie)
        table = logits[:, torch.from_numpy(columns).to(logits.device)].cpu().numpy()
    else:
        table = logits.numpy()

    def likeliest(row: int, tokens: Sequence[int] | NDArray[np.int64]) -> tuple[int, float]:
        """The token with the highest value, the first of equals."""
        places = tokens if columns is None else np.searchsorted(columns, tokens)
        values = table[row].take(places)
        first = int(values.argmax())
        return int(tokens[first]), float(values[first])

    for row, one in asked:
        answers[row] = Answer(
            likeliest(row, [bests[row]])[1],
            likeliest(row, trie.beginnings[one.in_front]) if one.begins else None,
            [likeliest(row, tokens) if tokens else None for tokens in one.followers],
        )
    return answers


def _columns(
    asked: Sequence[tuple[int, Question]], bests: Sequence[int], trie: PhraseTrie
) -> NDArray[np.int64]:
    """The tokens that all questions together need, in ascending order."""
    some = [bests[row] for row, _ in asked]
    some += [token for _, one in asked for tokens in one.followers for token in tokens]
    kinds = {one.in_front for _, one in asked if one.begins}
    parts = [np.array(some, np.int64), *(trie.beginnings[in_front] for in_front in kinds)]
    return np.unique(np.concatenate(parts))
