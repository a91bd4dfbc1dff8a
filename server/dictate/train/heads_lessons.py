"""What heads learn from: the frozen target's states, and the tokens that it writes itself.

The target runs as the engine runs it, so what a head is given is what it will be given. A lesson
costs far more than a step on it, so each is used a few times, between others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor

from dictate.asr.batch import decode_batch
from dictate.asr.checkpoint import Checkpoint
from dictate.asr.features import LogMel
from dictate.asr.logit_filters import LogitFilter
from dictate.asr.model import Whisper
from dictate.asr.tokens import Tokens
from dictate.train.dataset import Batch
from dictate.train.distil_source import Source
from dictate.train.targets import IGNORED

_TOKENS_PER_S: Final = 20.0
_LEAST_TOKENS: Final = 16
_USES: Final = 3
"""How often a lesson is used, about."""
_KEPT_BYTES: Final = 2**27
"""Of lessons that are to be used again."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """One batch as the target heard it.

    Attributes:
        source: float32 [B, S, width], its encoder's states.
        texts: the ids it wrote, without the end; None where no end came.
        states: float32 [N, width], its decoder's states, one for each token of all texts.
        chosen: int64 [N], the token that each state chose.
        embedded: float32 [N, width], the embedding of that token.
        following: int64 [N, K], the tokens behind it, the end included; `IGNORED` behind that.
    """

    source: Tensor
    texts: list[list[int] | None]
    states: Tensor
    chosen: Tensor
    embedded: Tensor
    following: Tensor

    @property
    def bytes(self) -> int:
        """Memory that it takes, its large tensors alone."""
        return self.source.nbytes + self.states.nbytes + self.embedded.nbytes


class FrozenTarget:
    """A target that is only listened to."""

    def __init__(self, source: Source, language: str | None, device: torch.device) -> None:
        """Load the target in float32.

        Args:
            source: which, and how it runs.
            language: of the speech; None: the target's default.
            device: where it runs.

        Raises:
            CheckpointError: it is no whole Whisper, or does not know the language.
        """
        checkpoint = Checkpoint.open(source.folder)
        self.tokens = Tokens(checkpoint)
        self.dimensions = checkpoint.dimensions
        self._model = Whisper.load(checkpoint, device, "float32")
        # Batches come in all shapes: graphs of them would never be used twice.
        self._model.graphs = None
        self._tap = self._model.give_states()
        self._device = device
        self._log_mel = LogMel(checkpoint.framing, device)
        self._sample_rate_hz = checkpoint.framing.sample_rate_hz
        self._position_samples = 2 * checkpoint.framing.hop_samples
        self._short_window = source.short_window
        self._follows_prompts = source.follows_prompts
        spoken = language or self.tokens.default_language
        if spoken is None and self.tokens.multilingual:
            spoken = next(iter(self.tokens.languages))
        self._initial = self.tokens.initial(spoken)
        self._filter = LogitFilter(
            self.tokens.suppressed(),
            self.tokens.suppressed_at_begin(),
            checkpoint.dimensions.vocabulary_size,
            device,
        )

    @torch.no_grad()
    def projection(self) -> Tensor:
        """The vocabulary's projection, float32 [V, width], as a tensor that gradients may use."""
        unit = torch.eye(self.dimensions.width, device=self._device)
        return self._model.decoder.embedding.logits(unit).T.contiguous()

    @torch.no_grad()
    def lesson(self, batch: Batch, following: int) -> Lesson:
        """Hear a batch and write it, greedily.

        Args:
            batch: windows of one length.
            following: K, tokens behind each one that are told.
        """
        source = self._hear(batch.audio)
        heads = self._heads(batch.prompts)
        rows: list[_Row] = []
        for length in sorted({len(head) for head in heads}):
            members = [row for row, head in enumerate(heads) if len(head) == length]
            rows += self._write(source, heads, members, batch.audio.shape[1], following)
        rows.sort(key=lambda row: row.index)
        spoken = -(-batch.audio.shape[1] // self._position_samples)
        return Lesson(
            source=source[:, :spoken],
            texts=[row.text for row in rows],
            states=torch.cat([row.states for row in rows]),
            chosen=torch.cat([row.chosen for row in rows]),
            embedded=self._model.decoder.embedding(torch.cat([row.chosen for row in rows])),
            following=torch.cat([row.following for row in rows]),
        )

    def _hear(self, audio: Tensor) -> Tensor:
        features = [
            self._log_mel(row.to(self._device), pad_to_window=not self._short_window)
            for row in audio
        ]
        return self._model.encode(torch.stack(features))

    def _heads(self, prompts: Sequence[str | None]) -> list[list[int]]:
        """What stands in front of each text; prompts are cut to the length of the shortest."""
        budget = self.dimensions.max_target_positions // 2 - 1
        asked = [
            self.tokens.prompt(prompt, budget) if prompt and self._follows_prompts else []
            for prompt in prompts
        ]
        lengths = [len(prompt) - 1 for prompt in asked if prompt]
        shortest = min(lengths, default=0)
        return [
            [*([prompt[0], *prompt[1:][-shortest:]] if prompt else []), *self._initial]
            for prompt in asked
        ]

    def _write(
        self,
        source: Tensor,
        heads: Sequence[list[int]],
        members: Sequence[int],
        samples: int,
        following: int,
    ) -> list[_Row]:
        """The rows `members`, whose heads are equally long."""
        model, end = self._model, self.tokens.end
        cache = model.new_cache(len(members))
        model.listen(cache, source[list(members)])
        prefixes = [heads[row] for row in members]
        limit = _LEAST_TOKENS + int(_TOKENS_PER_S * samples / self._sample_rate_hz)
        decoded = decode_batch(model, cache, prefixes, end, self._filter, max_new_tokens=limit)
        texts = [None if one.truncated else one.tokens for one in decoded]
        # Once more with all tokens at a time, for the states that chose them.
        longest = max((len(text) for text in texts if text), default=0)
        fed = [
            [*prefix, *(text or []), *[end] * (longest - len(text or []))]
            for prefix, text in zip(prefixes, texts, strict=True)
        ]
        cache.rollback(0)
        first = len(prefixes[0]) - 1
        model.step(torch.tensor(fed, device=self._device), cache.lengths, cache, logits_from=first)
        states = self._tap.rows
        assert states is not None, "a step has just left them"
        return [
            _row(index, text, states[slot], end, following)
            for slot, (index, text) in enumerate(zip(members, texts, strict=True))
        ]


@dataclass(frozen=True, slots=True)
class _Row:
    """One utterance of a lesson."""

    index: int
    text: list[int] | None
    states: Tensor
    chosen: Tensor
    following: Tensor


def _row(index: int, text: list[int] | None, states: Tensor, end: int, following: int) -> _Row:
    """Cut an utterance's states [W, width] to its tokens, and tell what follows each."""
    written = text or []
    padded = [*written, end, *[IGNORED] * following]
    behind = [padded[place + 1 : place + 1 + following] for place in range(len(written))]
    device = states.device
    return _Row(
        index,
        text,
        states[: len(written)],
        torch.tensor(written, dtype=torch.long, device=device),
        torch.tensor(behind, dtype=torch.long, device=device).reshape(len(written), following),
    )


def used_again(
    batches: Iterator[Batch], lesson_of: Callable[[Batch], Lesson], seed: int
) -> Iterator[Lesson]:
    """Each batch's lesson, and between new ones those of a while ago: each about three times.

    Args:
        batches: endless.
        lesson_of: makes a lesson, at some cost.
        seed: of the choice.
    """
    rng = np.random.default_rng(seed)
    kept: list[Lesson] = []
    held_bytes = 0
    for batch in batches:
        lesson = lesson_of(batch)
        kept.append(lesson)
        held_bytes += lesson.bytes
        while held_bytes > _KEPT_BYTES and len(kept) > 1:
            held_bytes -= kept.pop(0).bytes
        yield lesson
        for _ in range(_USES - 1):
            yield kept[int(rng.integers(len(kept)))]
