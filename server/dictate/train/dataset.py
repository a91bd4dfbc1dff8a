"""Batches of augmented speech, their padding varied so that a model can run on any window.

A batch holds windows of one length. Were that the length of its longest clip, the model would learn
that silence never follows speech (the same weights then gave 55 % instead of 22 % WER). So most
windows are a little longer than their longest clip, many are much longer, a few are the full window
that transformers feeds, and each clip starts somewhere else in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor

from dictate.train.augment import NoiseBank, Samples, change_speed, distort, not_speech, place
from dictate.train.corpus import Clip, Corpus
from dictate.train.prompts import Prompted, draw_prompt

SAMPLE_RATE: Final = 16_000
# Windows are whole pairs of 10 ms frames: one encoder position each.
_POSITION_SAMPLES: Final = 320
_POOL: Final = 1024
_FULL_WINDOW_SHARE: Final = 0.03
_WIDE_SHARE: Final = 0.18
_JOINED_SHARE: Final = 0.10
_PROMPTED_SHARE: Final = 0.5
_SILENT_SHARE: Final = 0.05


@dataclass(frozen=True, slots=True)
class Plan:
    """What an utterance will be: one clip or two with a gap between, and how fast they play."""

    clips: tuple[Clip, ...]
    factor: float
    gap_samples: int

    @property
    def samples(self) -> int:
        """The length of the utterance to come."""
        speech = sum(int(clip.samples / self.factor) for clip in self.clips)
        return speech + self.gap_samples * (len(self.clips) - 1)

    @property
    def text(self) -> str:
        """The transcript."""
        return " ".join(clip.text for clip in self.clips)


@dataclass(frozen=True, slots=True)
class Batch:
    """Utterances of one length.

    Attributes:
        audio: windows, float32[batch, samples].
        texts: what is to be written, "" where nobody speaks.
        prompts: what stands before it, None without.
        spoken: the words that are heard; a text may write some of them as a name.
    """

    audio: Tensor
    texts: list[str]
    prompts: list[str | None]
    spoken: list[str]


class Batches:
    """An endless, seeded stream of batches. Ranks of a parallel run differ in seed only."""

    def __init__(
        self, corpus: Corpus, seed: int, *, window_s: float, batch_s: float, batch_clips: int
    ) -> None:
        """A batch holds at most `batch_s` seconds of windows and `batch_clips` clips."""
        self._corpus = corpus
        self._rng = np.random.default_rng(seed)
        self._window_samples = int(window_s * SAMPLE_RATE)
        self._batch_samples = int(batch_s * SAMPLE_RATE)
        self._batch_clips = batch_clips
        babble = [corpus.samples(clip) for clip in corpus.clips[:60]]
        self._bank = NoiseBank(self._rng, babble)
        # While set, only the shorter half of the clips is drawn, and nothing is done to it.
        self.easy = True

    def __iter__(self) -> Iterator[Batch]:
        while True:
            self._corpus.rescan()
            order = self._rng.permutation(len(self._corpus.clips))
            for first in range(0, len(order), _POOL):
                yield from self._pool(
                    [self._plan(self._corpus.clips[i]) for i in order[first : first + _POOL]]
                )

    def _plan(self, clip: Clip) -> Plan:
        """Draw the speed of a clip and, now and then, a second clip to follow it."""
        rng = self._rng
        factor = float(rng.uniform(0.85, 1.18)) if rng.random() < 0.4 else 1.0
        if rng.random() < _JOINED_SHARE:
            other = self._corpus.clips[int(rng.integers(len(self._corpus.clips)))]
            joined = Plan((clip, other), factor, int(rng.uniform(0.02, 0.5) * SAMPLE_RATE))
            if joined.samples < self._window_samples - SAMPLE_RATE:
                return joined
        return Plan((clip,), factor, 0)

    def _pool(self, plans: Sequence[Plan]) -> Iterator[Batch]:
        """Cut a pool into batches of similar length, in random order."""
        # The jitter keeps a clip from always meeting the same company, and leaves room around the
        # shorter ones.
        keyed = sorted(plans, key=lambda plan: plan.samples * self._rng.uniform(0.93, 1.07))
        if self.easy:
            keyed = keyed[: len(keyed) // 2]
        groups: list[list[Plan]] = [[]]
        for plan in keyed:
            group = groups[-1]
            samples = (plan.samples + SAMPLE_RATE // 2) * (len(group) + 1)
            if group and (samples > self._batch_samples or len(group) >= self._batch_clips):
                groups.append([])
            groups[-1].append(plan)
        for index in self._rng.permutation(len(groups)):
            yield self._window(groups[int(index)])

    def _speech(self, plan: Plan) -> Samples:
        """Load what was planned, at its speed, through a room and a microphone."""
        pieces: list[Samples] = []
        for clip in plan.clips:
            if pieces:
                pieces.append(np.zeros(plan.gap_samples, dtype=np.float32))
            speech = self._corpus.samples(clip)
            pieces.append(speech if plan.factor == 1.0 else change_speed(speech, plan.factor))
        speech = np.concatenate(pieces)
        return speech if self.easy else distort(speech, self._rng)

    def _prompt(self, text: str) -> Prompted:
        """A prompt of names or of earlier sentences."""
        rng = self._rng
        others = [
            self._corpus.clips[int(rng.integers(len(self._corpus.clips)))].text
            for _ in range(int(rng.integers(1, 4)))
        ]
        return draw_prompt(text, others, rng)

    def _window(self, plans: list[Plan]) -> Batch:
        """Place the utterances of a batch into windows of one length."""
        rng = self._rng
        kind = rng.random()
        if kind < _FULL_WINDOW_SHARE and not self.easy:
            total = self._window_samples
            plans = plans[: max(1, self._batch_samples // total)]
        else:
            extra_s = (
                rng.uniform(0.3, 1.6)
                if kind < _FULL_WINDOW_SHARE + _WIDE_SHARE
                else rng.uniform(0.0, 0.35)
            )
            total = max(plan.samples for plan in plans) + int(extra_s * SAMPLE_RATE)
        total = min(-(-total // _POSITION_SAMPLES) * _POSITION_SAMPLES, self._window_samples)
        audio = np.zeros((len(plans), total), dtype=np.float32)
        silent = rng.random(len(plans)) < (0.0 if self.easy else _SILENT_SHARE)
        for row, plan in enumerate(plans):
            if silent[row]:
                audio[row] = not_speech(total, rng, self._bank)
                continue
            speech = self._speech(plan)[:total]
            slack = total - speech.size
            # Half of the clips begin as the engine's do: 150 ms of silence and what the VAD kept in
            # front.
            reach = min(slack, int(0.45 * SAMPLE_RATE)) if rng.random() < 0.5 else slack
            audio[row] = place(
                speech, total, int(rng.integers(reach + 1)), rng, None if self.easy else self._bank
            )
        spoken = ["" if silent[row] else plan.text for row, plan in enumerate(plans)]
        # Whole batches carry prompts: a single one makes the decoder's work thrice as long for all.
        if rng.random() >= _PROMPTED_SHARE:
            return Batch(torch.from_numpy(audio), spoken, [None] * len(spoken), spoken)
        prompted = [self._prompt(text) for text in spoken]
        return Batch(
            torch.from_numpy(audio),
            [each.text for each in prompted],
            [each.prompt for each in prompted],
            spoken,
        )
