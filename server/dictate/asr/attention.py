"""Attention, whichever kernels the device has for it.

Everywhere torch's own `scaled_dot_product_attention`; it picks its flash, memory-efficient or cuDNN
kernels by shape and dtype.
"""

from collections.abc import Callable
from typing import Protocol

import torch
from torch.nn import functional


class Attention(Protocol):
    """The three kinds of attention of a Whisper; queries, keys, values [B, heads, T, head_width].

    Keys and values of batch 1 serve all queries.
    """

    name: str
    """For people: which kernels run."""

    wants_ends: bool
    """Where positions are on the device: whether `ends` are wanted rather than masks."""

    def sound(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        """Every position of the sound attends to every other."""
        ...

    def tokens(
        self,
        q: torch.Tensor,
        k: torch.Tensor,
        v: torch.Tensor,
        mask: torch.Tensor | None,
        ends: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Tokens attend to those before them.

        Either `mask` (added to the scores) says which those are, or `ends`, int32 [B]: the keys of
        each slot up to which its last query sees, each query before it one less.
        """
        ...

    def cross(
        self,
        q: torch.Tensor,
        k: torch.Tensor,
        v: torch.Tensor,
        mask: torch.Tensor | None = None,
        ends: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Tokens attend to the whole sound, or to what `mask` or `ends`, int32 [B], leave of it."""
        ...


class TorchAttention:
    """`scaled_dot_product_attention` throughout."""

    name = "torch"
    wants_ends = False

    def sound(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        """See `Attention`."""
        return functional.scaled_dot_product_attention(q, k, v)

    def tokens(
        self,
        q: torch.Tensor,
        k: torch.Tensor,
        v: torch.Tensor,
        mask: torch.Tensor | None,
        ends: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """See `Attention`; `ends` are not looked at."""
        return functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)

    def cross(
        self,
        q: torch.Tensor,
        k: torch.Tensor,
        v: torch.Tensor,
        mask: torch.Tensor | None = None,
        ends: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """See `Attention`; `ends` are not looked at."""
        if k.shape[0] == q.shape[0]:
            return functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        return share_sound(
            q,
            k,
            lambda together: functional.scaled_dot_product_attention(
                together, k, v, attn_mask=mask
            ),
        )


def share_sound(
    q: torch.Tensor, k: torch.Tensor, attend: Callable[[torch.Tensor], torch.Tensor]
) -> torch.Tensor:
    """Beams share the sound: as more queries of one slot, its keys are read only once.

    Args:
        q: [B, heads, T, head_width].
        k: the keys, batch B or 1.
        attend: called with queries of the keys' batch.
    """
    batch = q.shape[0]
    if k.shape[0] == batch:
        return attend(q)
    together = q.transpose(0, 1).flatten(1, 2)[None]
    heard = attend(together)[0]
    return heard.view(heard.shape[0], batch, -1, heard.shape[2]).transpose(0, 1)
