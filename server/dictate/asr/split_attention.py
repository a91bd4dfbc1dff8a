"""Attention of few queries to many keys, the keys split into blocks that run side by side.

A kernel that gives each head one block of threads leaves most of a GPU idle when a handful of
tokens attend to 1500 positions of sound. Splitting the keys (Dao et al., "Flash-Decoding for
long-context inference", 2023) is exact up to rounding: every block keeps its highest score, the sum
of its exponentials and its weighted values, and blocks are combined relative to the highest of all.
"""

import torch

from dictate.asr.attention import TorchAttention, share_sound

KEY_BLOCKS = 6
"""Blocks for the cross-attention; divides the 1500 positions of a 30 s window."""


def split_attention(
    q: torch.Tensor,
    k: torch.Tensor,
    v: torch.Tensor,
    blocks: int,
    mask: torch.Tensor | None = None,
) -> torch.Tensor:
    """`softmax(q k^T / sqrt(head_width) + mask) v`, over blocks of keys.

    Args:
        q: [B, heads, T, head_width].
        k: [B, heads, S, head_width].
        v: like `k`.
        blocks: 1 or more; what S leaves over forms one more.
        mask: broadcastable to [B, heads, T, S], added to the scores. A block may be masked
            altogether, a query may not.

    Returns:
        [B, heads, T, head_width] in the dtype of `v`.

    Raises:
        ValueError: `blocks` is below 1, or there are no keys.
    """
    keys = k.shape[2]
    if blocks < 1 or keys < 1:
        raise ValueError(f"{keys} keys cannot be split into {blocks} blocks")
    scores = (q * q.shape[-1] ** -0.5) @ k.transpose(2, 3)
    # Sums in half precision would lose digits; float64 stays what it is.
    scores = scores.to(torch.promote_types(scores.dtype, torch.float32))
    if mask is not None:
        scores = scores + mask
    size = max(1, keys // blocks)
    whole = min(blocks, keys) * size
    highest, totals, sums = _partial(scores[..., :whole].contiguous(), v[:, :, :whole], size)
    if whole < keys:
        rest = _partial(scores[..., whole:], v[:, :, whole:], keys - whole)
        highest = torch.cat((highest, rest[0]), 2)
        totals = torch.cat((totals, rest[1]), 2)
        sums = torch.cat((sums, rest[2]), 2)
    weights = (highest - highest.amax(2, keepdim=True)).exp()
    total = (weights * totals).sum(2)
    return ((weights * sums).sum(2) / total).to(v.dtype)


def _partial(
    scores: torch.Tensor, v: torch.Tensor, size: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Highest score, sum of exponentials, weighted values of each block of `size` keys.

    Returns:
        [B, heads, blocks, T, 1] twice and [B, heads, blocks, T, head_width].
    """
    split = scores.view(*scores.shape[:3], -1, size).transpose(2, 3)
    # A finite floor: minus infinity less minus infinity is no number.
    highest = split.amax(-1, keepdim=True).clamp_(min=torch.finfo(split.dtype).min)
    exponentials = (split - highest).exp()
    values = v.reshape(*v.shape[:2], -1, size, v.shape[3])
    weighted = exponentials.to(v.dtype) @ values
    return highest, exponentials.sum(-1, keepdim=True), weighted.to(split.dtype)


class SplitAttention(TorchAttention):
    """Torch's attention, but with keys split for the cross-attention of a few tokens.

    For dtypes and devices without torch's flash kernel, which splits the keys itself
    (pytorch, aten/src/ATen/native/transformers/cuda/flash_attn/flash_api.cpp).
    """

    name = f"torch, cross-attention over {KEY_BLOCKS} blocks of keys"

    _MOST_QUERIES = 64
    """With more there is enough to do for every block of threads."""

    def cross(
        self,
        q: torch.Tensor,
        k: torch.Tensor,
        v: torch.Tensor,
        mask: torch.Tensor | None = None,
        ends: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """See `Attention`."""
        queries = q.shape[2] * (q.shape[0] if k.shape[0] == 1 else 1)
        if queries > self._MOST_QUERIES:
            return super().cross(q, k, v, mask, ends)
        return share_sound(q, k, lambda together: split_attention(together, k, v, KEY_BLOCKS, mask))
