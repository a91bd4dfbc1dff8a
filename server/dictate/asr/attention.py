"""Attention, whichever kernels the device has for it.

Everywhere torch's own `scaled_dot_product_attention`; it picks its flash, memory-efficient or cuDNN
kernels by shape and dtype.
"""

from typing import Protocol

import torch
from torch.nn import functional


class Attention(Protocol):
    """The three kinds of attention of a Whisper; queries, keys, values [B, heads, T, head_width].

    Keys and values of batch 1 serve all queries.
    """

    name: str
    """For people: which kernels run."""

    def sound(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        """Every position of the sound attends to every other."""
        ...

    def tokens(
        self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None
    ) -> torch.Tensor:
        """Tokens attend to those before them, as `mask` (added to the scores) allows."""
        ...

    def cross(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        """Tokens attend to the whole sound."""
        ...


class TorchAttention:
    """`scaled_dot_product_attention` throughout."""

    name = "torch"

    def sound(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        """See `Attention`."""
        return functional.scaled_dot_product_attention(q, k, v)

    def tokens(
        self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None
    ) -> torch.Tensor:
        """See `Attention`."""
        return functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)

    def cross(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        """See `Attention`."""
        batch = q.shape[0]
        if k.shape[0] != batch:
            # Beams share the sound: as more queries of one slot, its keys are read only once.
            heads, width, head_width = q.shape[1:]
            together = q.transpose(0, 1).reshape(1, heads, batch * width, head_width)
            heard = functional.scaled_dot_product_attention(together, k, v)
            return heard.view(heads, batch, width, head_width).transpose(0, 1)
        return functional.scaled_dot_product_attention(q, k, v)
