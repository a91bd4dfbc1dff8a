"""The graphs of one cache: its listening, and its steps of every width."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import torch

from dictate.asr.place import DevicePlace

if TYPE_CHECKING:
    from dictate.asr.cuda_graphs import Graph
    from dictate.asr.graphed_model import GraphedModel
    from dictate.asr.kv_cache import KeyValueCache


class StepInputs:
    """What a step of one width is told, in one piece so that it is one copy.

    Attributes:
        width: tokens per slot.
        values: int64 [B, 1 + width] on the device: the position, then the tokens.
    """

    def __init__(self, model: GraphedModel, batch: int, width: int) -> None:
        """Allocate, at rest."""
        self.width = width
        self._queue = model.queue
        self._resting_position = model.dimensions.max_target_positions
        shape = (batch, 1 + width)
        with torch.inference_mode(mode=False):
            self.values = torch.zeros(shape, dtype=torch.int64, device=model.device)
            self._staging = model.queue.staging(shape, torch.int64)
        self._rows = self._staging.numpy()
        self._copied = model.queue.mark()

    @property
    def positions(self) -> torch.Tensor:
        """Int64 [B]."""
        return self.values[:, 0]

    @property
    def tokens(self) -> torch.Tensor:
        """Int64 [B, width]."""
        return self.values[:, 1:]

    def rest(self) -> None:
        """Stand behind the last position, where a step does no harm."""
        self.load(self._staging[:, :0], [self._resting_position] * len(self._rows))

    def load(self, tokens: torch.Tensor, positions: Sequence[int]) -> None:
        """Queue tokens [B, up to width] and a position per slot; the rest is padded with zeros."""
        count = tokens.shape[1]
        # The device may still be reading what was told it last.
        self._copied.wait()
        self._rows[:] = 0
        self._rows[:, 0] = positions
        if tokens.is_cpu:
            self._staging[:, 1 : 1 + count] = tokens
        self._queue.copy(self.values, self._staging)
        if not tokens.is_cpu:
            self._queue.copy(self.values[:, 1 : 1 + count], tokens)
        self._copied.set()


class CacheGraphs:
    """Graphs that read and write one cache's buffers; they hold the buffers, not the cache."""

    def __init__(self, model: GraphedModel, cache: KeyValueCache) -> None:
        """Prepare; nothing is captured yet."""
        self._model = model
        self._own = cache.own
        self._sounds = list(cache.sounds)
        self._batch = cache.batch
        self._inputs: dict[int, StepInputs] = {}
        self._logits: dict[int, torch.Tensor] = {}
        self._states: dict[int, torch.Tensor] = {}
        self._steps: dict[tuple[int, bool, bool], Graph] = {}
        self._listen: Graph | None = None
        self._heard: int | None = None
        with torch.inference_mode(mode=False):
            sounds, positions = self._sounds[0].shape[1], self._sounds[0].shape[3]
            self._sound_ends = torch.zeros(sounds, dtype=torch.int32, device=model.device)
            self._sound_mask = torch.zeros(
                (1, 1, 1, positions), dtype=model.dtype, device=model.device
            )
            width = model.dimensions.width
            self._source = torch.zeros(
                (sounds, positions, width), dtype=model.dtype, device=model.device
            )

    def fit(self, cache: KeyValueCache) -> bool:
        """Whether the cache's buffers are still those of the graphs."""
        return all(
            mine is current for mine, current in zip(self._sounds, cache.sounds, strict=True)
        ) and all(mine is current for mine, current in zip(self._own, cache.own, strict=True))

    def listen(self, source: torch.Tensor) -> bool:
        """Put the keys and values of source [sounds, S, width] into the cache; False: no room."""
        if self._listen is None:
            decoder, given, sounds = self._model.decoder, self._source, self._sounds

            def work() -> None:
                for buffer, new in zip(sounds, decoder.project_source(given), strict=True):
                    buffer.copy_(new)

            self._listen = self._model.capture(work)
            if self._listen is None:
                return False
        self._model.queue.copy(self._source, source)
        self._listen.replay()
        return True

    def step(
        self,
        tokens: torch.Tensor,
        positions: Sequence[int],
        width: int,
        *,
        has_logits: bool,
        heard: int,
    ) -> torch.Tensor | None:
        """Feed tokens [B, up to width]; None: there is no room for the graph.

        Returns:
            The graph's own float32 [B, width, V], valid until it runs again; empty where it has no
            logits.
        """
        graph = self.capture_step(width, has_logits=has_logits, heard=heard)
        if graph is None:
            return None
        self.inputs(width).load(tokens, positions)
        graph.replay()
        return self.logits(width) if has_logits else self._sound_mask[:0]

    def inputs(self, width: int) -> StepInputs:
        """What a step of `width` is told."""
        if width not in self._inputs:
            self._inputs[width] = StepInputs(self._model, self._batch, width)
        return self._inputs[width]

    def logits(self, width: int) -> torch.Tensor:
        """What a step of `width` gives: float32 [B, width, V]."""
        if width not in self._logits:
            shape = (self._batch, width, self._model.dimensions.vocabulary_size)
            with torch.inference_mode(mode=False):
                self._logits[width] = torch.zeros(shape, device=self._model.device)
        return self._logits[width]

    def states(self, width: int) -> torch.Tensor:
        """What the logits of a step of `width` are made of, where states are given.

        Returns:
            float [B, W, width of the model].
        """
        if width not in self._states:
            shape = (self._batch, width, self._model.dimensions.width)
            with torch.inference_mode(mode=False):
                self._states[width] = torch.zeros(
                    shape, dtype=self._model.dtype, device=self._model.device
                )
        return self._states[width]

    def capture_step(self, width: int, *, has_logits: bool, heard: int) -> Graph | None:
        """The graph of a step; None: there is no room for it.

        Args:
            width: tokens per slot.
            has_logits: whether it gives logits.
            heard: positions of the sound that there are; fewer than all are masked.
        """
        partial = heard < self._sounds[0].shape[3]
        if partial and heard != self._heard:
            self._hear(heard)
        key = (width, has_logits, partial)
        graph = self._steps.get(key)
        if graph is None:
            self.inputs(width).rest()
            graph = self._model.capture(self._step_work(width, has_logits, partial))
            if graph is not None:
                self._steps[key] = graph
        return graph

    def _step_work(self, width: int, has_logits: bool, partial: bool) -> Callable[[], None]:
        inputs = self.inputs(width)
        logits = self.logits(width) if has_logits else None
        model, own, sounds = self._model, self._own, self._sounds
        given = self.states(width) if has_logits and model.gives_states else None
        decoder, causal, wants_ends = model.decoder, model.causal, model.wants_ends
        sound_mask = self._sound_mask if partial and not wants_ends else None
        sound_ends = self._sound_ends if partial and wants_ends else None

        def work() -> None:
            place = DevicePlace(
                inputs.positions,
                width,
                causal,
                wants_ends=wants_ends,
                sound_mask=sound_mask,
                sound_ends=sound_ends,
            )
            states = decoder.states(inputs.tokens, place, own, sounds)
            if logits is not None:
                normed = decoder.normed(states)
                if given is not None:
                    given.copy_(normed)
                decoder.embedding.logits(normed, logits)

        return work

    def _hear(self, heard: int) -> None:
        mask = torch.zeros_like(self._sound_mask)
        mask[..., heard:] = -torch.inf
        self._model.queue.copy(self._sound_mask, mask)
        self._model.queue.copy(self._sound_ends, torch.full_like(self._sound_ends, heard))
        self._heard = heard
