"""A target taken apart into the engine's stages, so that each can be timed by itself."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch

from dictate.asr.checkpoint import Checkpoint
from dictate.asr.device import choose_device
from dictate.asr.drafts import SingleDraft
from dictate.asr.features import LogMel
from dictate.asr.kv_cache import KeyValueCache
from dictate.asr.logit_filters import LogitFilter
from dictate.asr.model import Whisper
from dictate.asr.precision import choose_precision
from dictate.asr.speculation import wait_for
from dictate.asr.speculative import Decoded, decode, fixed_width_of
from dictate.asr.tokens import Tokens
from dictate.train.augment import Samples
from dictate.train.distil_lessons import language_of
from dictate.train.distil_source import Source

_TIMED_STEPS: Final = 16


@dataclass(frozen=True, slots=True)
class Heard:
    """Sound float32[n] on the device, its states float[1, positions, width], and what they took."""

    sound: torch.Tensor
    states: torch.Tensor
    encode_ms: float


class Rig:
    """A loaded target; one utterance at a time."""

    def __init__(self, source: Source, device: str, dtype: str) -> None:
        """Load it; see `Pair.load`.

        Raises:
            CheckpointError: it is no whole Whisper.
        """
        self.device = choose_device(device)
        self.checkpoint = Checkpoint.open(source.folder)
        self.precision = choose_precision(dtype, self.device, self.checkpoint.dimensions)
        self.tokens = Tokens(self.checkpoint)
        self.model = Whisper.load(self.checkpoint, self.device, self.precision)
        self.cache = self.model.new_cache()
        self.language = language_of(self.tokens)
        self.short_window = source.short_window
        self._log_mel = LogMel(self.checkpoint.framing, self.device)
        self._filter = LogitFilter(
            self.tokens.suppressed(),
            self.tokens.suppressed_at_begin(),
            self.checkpoint.dimensions.vocabulary_size,
            self.device,
        )

    def hear(self, sound: Samples) -> Heard:
        """Features and encoder."""
        begun = self.now_ms()
        samples = torch.from_numpy(np.ascontiguousarray(sound)).to(self.device)
        features = self._log_mel(samples, pad_to_window=not self.short_window)
        # A copy: the model may keep its output in a buffer that the next sound overwrites.
        states = self.model.encode(features[None]).clone()
        return Heard(samples, states, self.now_ms() - begun)

    def write(self, heard: Heard, drafting: SingleDraft | None = None) -> tuple[Decoded, float]:
        """Decode what was heard; returns the milliseconds, too."""
        self.model.listen(self.cache, heard.states)
        begun = self.now_ms()
        decoded = decode(
            self.model,
            self.cache,
            self.tokens.initial(self.language),
            self.tokens.end,
            self._filter,
            drafting=drafting,
            fixed_width=fixed_width_of(self.device, self.precision),
        )
        return decoded, self.now_ms() - begun

    def step_ms(self, model: Whisper, cache: KeyValueCache) -> float:
        """One step of a model whose cache listens to something, its choice read back; a median."""
        cache.rollback(0)
        row = torch.tensor([[0]], device=self.device)
        spent_ms = []
        for _ in range(2 * _TIMED_STEPS):
            begun = self.now_ms()
            int(model.step(row, cache.lengths, cache)[0, 0].argmax())
            spent_ms.append(self.now_ms() - begun)
            cache.advance(1)
        return statistics.median(spent_ms[_TIMED_STEPS:])

    def now_ms(self) -> float:
        """The clock, once the device has done all it was told."""
        wait_for(self.device)
        return 1e3 * time.perf_counter()
