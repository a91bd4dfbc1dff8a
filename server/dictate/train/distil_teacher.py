"""The model that is learned from: what it hears in a batch, and the sequences it reads it as."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from dictate.asr.checkpoint import Checkpoint
from dictate.asr.tokens import Tokens
from dictate.train.dataset import Batch
from dictate.train.distil_labels import greedy_texts
from dictate.train.distil_lessons import (
    Sequences,
    head_ids,
    language_of,
    sequences,
    text_ids,
)
from dictate.train.features import LogMel
from dictate.train.targets import IGNORED

if TYPE_CHECKING:
    from transformers import WhisperForConditionalGeneration

Labels = Literal["target", "transcript"]

_LONGEST_PROMPT_TOKENS = 60


@dataclass(frozen=True, slots=True)
class Manner:
    """How a checkpoint is run.

    Attributes:
        short_window: on windows of any length; others are padded to the whole one.
        follows_prompts: it was trained with prompts.
        language: of the speech; None: its default, or English.
    """

    short_window: bool
    follows_prompts: bool
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Readings:
    """The same texts, with the prompts in front of them that the target has, and without.

    What is learned of both is the same, in the same order.
    """

    prompted: Sequences
    plain: Sequences


class Teacher:
    """A checkpoint's own view of a batch."""

    def __init__(
        self,
        whisper: WhisperForConditionalGeneration,
        checkpoint: Checkpoint,
        manner: Manner,
        device: torch.device,
    ) -> None:
        """Take over `whisper`, which is on `device` already."""
        self.whisper = whisper
        self.tokens = Tokens(checkpoint)
        self.window_samples = checkpoint.framing.window_samples
        self.window_s = self.window_samples / checkpoint.framing.sample_rate_hz
        self._manner, self._device = manner, device
        self._language = language_of(self.tokens, manner.language)
        self._log_mel = LogMel(checkpoint.framing.mel_bins)
        self._suppressed, self._suppressed_first = (
            torch.tensor(ids, dtype=torch.long, device=device)
            for ids in (self.tokens.suppressed(), self.tokens.suppressed_at_begin())
        )

    def features(self, batch: Batch, rng: np.random.Generator) -> Tensor:
        """Log-mel features float32[batch, mel_bins, frames], half of them as other speakers'."""
        audio = batch.audio
        if not self._manner.short_window:
            audio = functional.pad(audio, (0, self.window_samples - audio.shape[1]))
        return self._log_mel(audio, rng).to(self._device)

    def read(self, batch: Batch, heard: Tensor, labels: Labels) -> Readings:
        """Token ids of a batch, on the device.

        Args:
            batch: with its texts and prompts.
            heard: float[batch, positions, width], the encoder's.
            labels: whose text is learned.
        """
        capacity = self.whisper.config.max_target_positions
        room = min(_LONGEST_PROMPT_TOKENS, capacity // 2 - 1)
        prompts: list[str | None] = (
            batch.prompts if self._manner.follows_prompts else [None] * len(batch.texts)
        )
        texts: list[list[int] | None]
        if labels == "transcript":
            heads = [head_ids(self.tokens, self._language, prompt, room) for prompt in prompts]
            texts = [text_ids(self.tokens, text) for text in batch.texts]
        else:
            # Decoded all at once, so all have the same prompt.
            head = head_ids(self.tokens, self._language, prompts[0], room)
            heads = [head] * len(batch.texts)
            texts = greedy_texts(
                self.whisper,
                heard,
                head,
                self.tokens.end,
                self._suppressed,
                self._suppressed_first,
                batch.audio.shape[1] / self.window_samples * self.window_s,
            )
        prompted = sequences(heads, texts, self.tokens.end, capacity).to(self._device)
        if not any(prompts):
            return Readings(prompted, prompted)
        # What does not fit behind its prompt is learned in neither.
        fitting = [
            None if text is None or len(head) + len(text) > capacity else text
            for head, text in zip(heads, texts, strict=True)
        ]
        initial = [self.tokens.initial(self._language)] * len(texts)
        plain = sequences(initial, fitting, self.tokens.end, capacity).to(self._device)
        return Readings(prompted, plain)


def logits_at(
    whisper: WhisperForConditionalGeneration, heard: Tensor, lesson: Sequences
) -> tuple[Tensor, Tensor]:
    """Logits where something is learned, float[n, vocabulary], and what: labels int64[n]."""
    hidden = whisper.model.decoder(
        input_ids=lesson.inputs, encoder_hidden_states=heard, use_cache=False
    ).last_hidden_state
    learned = lesson.labels != IGNORED
    return whisper.proj_out(hidden[learned]), lesson.labels[learned]
