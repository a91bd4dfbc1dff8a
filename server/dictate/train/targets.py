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
_LONGEST_PROMPT_TOKENS: Final = 60


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
        self.no_speech = self.special_ids["<|nospeech|>"]

    def text_ids(self, text: str) -> list[int]:
        """The pieces of a text, read with a leading space as Whisper does."""
        ids: list[int] = self.tokenizer.encode(f" {text}", add_special_tokens=False)
        return ids

    def targets(
        self,
        texts: Sequence[str],
        prompts: Sequence[str | None],
        phonemes: Phonemes,
        spoken: Sequence[str] | None = None,
    ) -> Targets:
        """Token and phoneme ids of a batch; prompts stand in front and are not learned.

        Behind the start-of-transcript token stands, as in Whisper's own training, whether anybody
        speaks: the next token of the layout where `texts` has words, no-speech where it has none.
        `spoken` are the words of the phonemes where they are not those of `texts`.
        """
        inputs: list[list[int]] = []
        labels: list[list[int]] = []
        sounds: list[int] = []
        counts: list[int] = []
        for text, prompt, words in zip(texts, prompts, spoken or texts, strict=True):
            ids = self.text_ids(text) if text else []
            head = list(self.prompt)
            if prompt is not None:
                head = [
                    self.special_ids["<|startofprev|>"],
                    *self.text_ids(prompt)[-_LONGEST_PROMPT_TOKENS:],
                    *head,
                ]  # fmt: skip
            inputs.append(head + ids)
            row = [IGNORED] * (len(head) - 1) + ids + [self.end]
            row[len(head) - len(self.prompt)] = self.prompt[1] if text else self.no_speech
            labels.append(row)
            heard = phonemes(words)
            sounds += heard
            counts.append(len(heard))
        width = max(map(len, inputs))
        return Targets(
            torch.tensor([row + [self.end] * (width - len(row)) for row in inputs]),
            torch.tensor([row + [IGNORED] * (width - len(row)) for row in labels]),
            torch.tensor(sounds),
            torch.tensor(counts),
        )
