"""What a distillation learns from: augmented windows, and token sequences as the target sees them.

The windows are `Batches`' own. Its generator cannot be put back to where it was, so the stream is
cut into chunks, each with a seed of its own: from any step it goes on as it would have.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

import numpy as np
import torch
from torch import Tensor

from dictate.asr.tokens import Tokens
from dictate.train.corpus import Corpus
from dictate.train.dataset import Batch, Batches
from dictate.train.ranks import Rank
from dictate.train.targets import IGNORED

_CHUNK_STEPS: Final = 100


@dataclass(frozen=True, slots=True)
class Size:
    """How much a batch holds at most: windows of so many seconds in all, so many utterances."""

    seconds: float
    utterances: int


USUAL_SIZE: Final = Size(52.0, 20)


def batches_from(
    step: int, corpus: Corpus, rank: Rank, seed: int, window_s: float, size: Size
) -> Iterator[Batch]:
    """The endless batches of one rank from a step on: a function of the arguments.

    Args:
        step: how many batches were taken before.
        corpus: at least one clip.
        rank: whose batches.
        seed: of the run.
        window_s: the longest window.
        size: of a batch.
    """
    while True:
        chunk, skipped = divmod(step, _CHUNK_STEPS)
        batches = Batches(
            corpus,
            int(np.random.SeedSequence((seed, rank.index, chunk)).generate_state(1)[0]),
            window_s=window_s,
            batch_s=size.seconds,
            batch_clips=size.utterances,
        )
        batches.easy = False
        for batch in islice(batches, skipped, _CHUNK_STEPS):
            yield batch
            step += 1


@dataclass(frozen=True, slots=True)
class Sequences:
    """Token ids of a batch, int64[batch, tokens]: `labels` is what follows each of `inputs`.

    Only text and its end are learned; elsewhere a label is `IGNORED`.
    """

    inputs: Tensor
    labels: Tensor

    def to(self, device: torch.device) -> Sequences:
        """The same on a device."""
        return Sequences(self.inputs.to(device), self.labels.to(device))


def sequences(
    heads: Sequence[Sequence[int]],
    texts: Sequence[Sequence[int] | None],
    end: int,
    capacity_tokens: int,
) -> Sequences:
    """Put prompts and initial ids in front of texts.

    Args:
        heads: what stands in front of each text.
        texts: ids without the end; None, or one that does not fit: nothing of the row is learned.
        end: the id that ends a text, and fills the shorter rows.
        capacity_tokens: positions of the model.
    """
    inputs, labels = [], []
    for head, text in zip(heads, texts, strict=True):
        if text is None or len(head) + len(text) > capacity_tokens:
            inputs.append(list(head))
            labels.append([IGNORED] * len(head))
        else:
            inputs.append([*head, *text])
            labels.append([IGNORED] * (len(head) - 1) + [*text, end])
    width = max(map(len, inputs))
    return Sequences(
        torch.tensor([row + [end] * (width - len(row)) for row in inputs]),
        torch.tensor([row + [IGNORED] * (width - len(row)) for row in labels]),
    )


def language_of(tokens: Tokens, wanted: str | None = None) -> str | None:
    """The language that a model is told: the one wanted, its default, or English, if it has that.

    Raises:
        CheckpointError: it does not know the one that is wanted.
    """
    if wanted is not None or not tokens.multilingual:
        tokens.initial(wanted)
        return wanted
    fallback = "en" if "en" in tokens.languages else next(iter(tokens.languages))
    return tokens.default_language or fallback


def text_ids(tokens: Tokens, text: str) -> list[int]:
    """The ids of a transcript, read with a leading space as Whisper writes it; "" has none."""
    return tokens.encode(f" {text}") if text else []


def head_ids(
    tokens: Tokens, language: str | None, prompt: str | None, longest_prompt_tokens: int
) -> list[int]:
    """What stands in front of a text: the prompt, if there is one, and the initial ids."""
    before = tokens.prompt(prompt, longest_prompt_tokens) if prompt else []
    return [*before, *tokens.initial(language)]
