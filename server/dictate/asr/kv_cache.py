"""The decoder's memory: keys and values of the tokens so far, and of the encoded sound."""

from collections.abc import Iterable, Sequence

import torch

from dictate.asr.checkpoint import Dimensions


class KeyValueCache:
    """Static buffers for batched slots, each with its own length.

    Keys and values of the tokens are, per layer, [2, batch, heads, max_target_positions,
    head_width]; those of the sound [2, sounds, heads, max_source_positions, head_width], where one
    sound may serve all slots. Nothing is allocated after the first utterance. Taking tokens back is
    free: `rollback` moves the length, and what lies behind it is overwritten by the next step.

    Attributes:
        capacity: the positions of the model; the buffers may hold more rows.
        own: of each layer's tokens.
        sounds: of each layer's sound, with room for the longest.
        cross: what of `sounds` is heard now.
        lengths: how many positions each slot holds; on the host, so that asking costs nothing.
    """

    def __init__(
        self,
        dimensions: Dimensions,
        batch: int,
        device: torch.device,
        dtype: torch.dtype,
        spare_positions: int = 0,
    ) -> None:
        """Allocate room for `batch` slots.

        Args:
            dimensions: of the model.
            batch: how many.
            device: where.
            dtype: of keys and values.
            spare_positions: rows behind the last position, for padding; see `place.DevicePlace`.
        """
        heads = dimensions.decoder_heads
        head_width = dimensions.width // heads
        self._max_source_positions = dimensions.max_source_positions
        self.capacity = dimensions.max_target_positions
        self.own = [
            torch.zeros(
                (2, batch, heads, self.capacity + spare_positions, head_width),
                device=device,
                dtype=dtype,
            )
            for _ in range(dimensions.decoder_layers)
        ]
        self.sounds = [keys_values.new_empty((2, 0, 0, 0, 0)) for keys_values in self.own]
        self.cross = list(self.sounds)
        self.lengths = [0] * batch

    @property
    def device(self) -> torch.device:
        """Where the buffers lie."""
        return self.own[0].device

    @property
    def batch(self) -> int:
        """How many slots there are."""
        return len(self.lengths)

    def listen(self, keys_values: Iterable[torch.Tensor]) -> None:
        """Begin an utterance: forget all tokens, take its cross-attention keys and values.

        Args:
            keys_values: per layer float [2, sounds, heads, source positions, head_width]; `sounds`
                is the batch, or 1 for all slots. Copied, so that the buffers stay where they are.
        """
        for layer, new in enumerate(keys_values):
            self._hear(layer, new.shape[1], new.shape[3]).copy_(new)
        self.lengths = [0] * self.batch

    def begin(self, sounds: int, positions: int) -> None:
        """Begin an utterance whose cross-attention keys and values are put into `cross` later.

        Args:
            sounds: the batch, or 1 for all slots.
            positions: of the source, at most the model's.
        """
        for layer in range(len(self.own)):
            self._hear(layer, sounds, positions)
        self.lengths = [0] * self.batch

    def _hear(self, layer: int, sounds: int, positions: int) -> torch.Tensor:
        if self.sounds[layer].shape[1] != sounds:
            two, _, heads, _, head_width = self.own[layer].shape
            self.sounds[layer] = self.own[layer].new_zeros(
                (two, sounds, heads, self._max_source_positions, head_width)
            )
        self.cross[layer] = self.sounds[layer][:, :, :, :positions]
        return self.cross[layer]

    def advance(self, tokens: int | Sequence[int]) -> None:
        """Count positions, which a step has just written, as taken: one number, or one a slot."""
        counts = [tokens] * self.batch if isinstance(tokens, int) else tokens
        self.lengths = [length + count for length, count in zip(self.lengths, counts, strict=True)]

    def rollback(self, length: int) -> None:
        """Keep the first `length` positions of every slot that holds more."""
        self.lengths = [min(length, held) for held in self.lengths]

    def select(self, slots: Sequence[int]) -> None:
        """Make slot i a copy of what slot `slots[i]` was; the sound stays where it is."""
        if list(slots) == list(range(self.batch)):
            return
        reach = max((self.lengths[slot] for slot in slots), default=0)
        index = torch.tensor(slots, device=self.device)
        for own in self.own:
            own[:, :, :, :reach] = own[:, :, :, :reach].index_select(1, index)
        self.lengths = [self.lengths[slot] for slot in slots]
