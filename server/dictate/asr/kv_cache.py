"""The decoder's memory: keys and values of the tokens so far, and of the encoded sound."""

import torch

from dictate.asr.checkpoint import Dimensions


class KeyValueCache:
    """Static buffers for batched slots, each with its own length.

    Self-attention keys and values are [layers, batch, heads, max_target_positions, head_width];
    cross-attention ones are set once per utterance. Taking tokens back is free: `rollback` moves
    the length, and what lies behind it is overwritten by the next step.
    """

    def __init__(
        self, dimensions: Dimensions, batch: int, device: torch.device, dtype: torch.dtype
    ) -> None:
        heads = dimensions.decoder_heads
        shape = (
            dimensions.decoder_layers,
            batch,
            heads,
            dimensions.max_target_positions,
            dimensions.width // heads,
        )
        self.keys = torch.zeros(shape, device=device, dtype=dtype)
        self.values = torch.zeros(shape, device=device, dtype=dtype)
        self.cross: list[tuple[torch.Tensor, torch.Tensor]] = []
        self.lengths = torch.zeros(batch, dtype=torch.long, device=device)

    @property
    def capacity(self) -> int:
        """Positions per slot."""
        return int(self.keys.shape[3])

    def reset(self, cross: list[tuple[torch.Tensor, torch.Tensor]]) -> None:
        """Begin an utterance: forget all tokens, take its cross-attention keys and values.

        Args:
            cross: per layer, keys and values, each [batch, heads, source positions, head_width].
        """
        self.cross = cross
        self.lengths.zero_()

    def advance(self, tokens: int) -> None:
        """Count `tokens` positions, which a step has just written, as taken."""
        self.lengths += tokens

    def rollback(self, length: int) -> None:
        """Keep the first `length` positions of every slot that holds more."""
        self.lengths.clamp_(max=length)
