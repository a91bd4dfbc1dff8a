"""Looking up how likely listed tokens are: for all positions of a pass in one transfer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from dictate.asr.phrase_trie import PhraseTrie


class Question(NamedTuple):
    """Which listed tokens may stand at a position.

    Attributes:
        begins: those that begin a phrase, too.
        in_front: nothing is written yet.
        followers: of each phrase that the prefix is in, in the order of the state's paths.
    """

    begins: bool
    in_front: bool
    followers: list[list[int]]


class Answer(NamedTuple):
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
    if gathers if gathers is not None else logits.device.type != "cpu":
        columns = _columns(asked, bests, trie)
        wanted = logits[:, torch.from_numpy(columns).to(logits.device)]
        table = _Table(wanted.cpu().numpy(), columns)
    else:
        table = _Table(logits.numpy())
    for row, one in asked:
        answers[row] = Answer(
            table.value(row, bests[row]),
            table.likeliest(row, trie.beginnings[one.in_front]) if one.begins else None,
            [table.likeliest(row, tokens) if tokens else None for tokens in one.followers],
        )
    return answers


class _Table:
    """Logits on the host: float32 [n, V], or [n, len(columns)] of the tokens `columns`."""

    def __init__(
        self, values: NDArray[np.float32], columns: NDArray[np.int64] | None = None
    ) -> None:
        self._values = values
        self._columns = columns

    def value(self, row: int, token: int) -> float:
        """The logit of a token."""
        column = token if self._columns is None else self._columns.searchsorted(token)
        return float(self._values[row, column])

    def likeliest(self, row: int, tokens: Sequence[int] | NDArray[np.int64]) -> tuple[int, float]:
        """The token with the highest logit, the first of equals."""
        if len(tokens) == 1:
            return int(tokens[0]), self.value(row, int(tokens[0]))
        columns = tokens if self._columns is None else self._columns.searchsorted(tokens)
        values = self._values[row].take(columns)
        first = values.argmax()
        return int(tokens[first]), float(values[first])


def _columns(
    asked: Sequence[tuple[int, Question]], bests: Sequence[int], trie: PhraseTrie
) -> NDArray[np.int64]:
    """The tokens that all questions together need, in ascending order."""
    some = [bests[row] for row, _ in asked]
    some += [token for _, one in asked for tokens in one.followers for token in tokens]
    kinds = {one.in_front for _, one in asked if one.begins}
    parts = [np.array(some, np.int64), *(trie.beginnings[in_front] for in_front in kinds)]
    return np.unique(np.concatenate(parts))
