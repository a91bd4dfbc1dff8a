"""From transcripts and prompts to the token tensors of the losses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from dictate.train.phonemes import Phonemes
from dictate.train.tokenizer import Layout, Pieces, build_tokenizer, prompt_tokens, special_tokens

IGNORED: Final = -100
_LONGEST_PROMPT_TOKENS: Final = 40


@dataclass(frozen=True, slots=True)
class Targets:
    """Token ids of a batch: `inputs` and `labels` int64[batch, tokens].

    `phonemes` is every text's, end to end, for the CTC loss.
    """

    inputs: Tensor
    labels: Tensor
    phonemes: Tensor
    phoneme_counts: Tensor


class Labeller:
    """Turns texts into decoder inputs and labels in one layout."""

    def __init__(self, pieces: Pieces, layout: Layout, window_s: float) -> None:
        self.tokenizer = build_tokenizer(pieces, layout, window_s)
        self.special_ids: dict[str, int] = {
            token: self.tokenizer.convert_tokens_to_ids(token) for token in special_tokens(layout)
        }
        self.prompt = [self.special_ids[token] for token in prompt_tokens(layout)]
        self.end = self.special_ids["<|endoftext|>"]

    def text_ids(self, text: str) -> list[int]:
        """The pieces of a text, read with a leading space as Whisper does."""
        ids: list[int] = self.tokenizer.encode(f" {text}", add_special_tokens=False)
        return ids

    def targets(
        self, texts: Sequence[str], prompts: Sequence[str | None], phonemes: Phonemes
    ) -> Targets:
        """Token and phoneme ids of a batch; prompts stand in front and are not learned."""
        inputs: list[list[int]] = []
        labels: list[list[int]] = []
        sounds: list[int] = []
        counts: list[int] = []
        for text, prompt in zip(texts, prompts, strict=True):
            ids = self.text_ids(text)
            head = list(self.prompt)
            if prompt is not None:
                head = [
                    self.special_ids["<|startofprev|>"],
                    *self.text_ids(prompt)[-_LONGEST_PROMPT_TOKENS:],
                    *head,
                ]  # fmt: skip
            inputs.append(head + ids)
            labels.append([IGNORED] * (len(head) - 1) + ids + [self.end])
            heard = phonemes(text)
            sounds += heard
            counts.append(len(heard))
        width = max(map(len, inputs))
        return Targets(
            torch.tensor([row + [self.end] * (width - len(row)) for row in inputs]),
            torch.tensor([row + [IGNORED] * (width - len(row)) for row in labels]),
            torch.tensor(sounds),
            torch.tensor(counts),
        )
