"""Attention over the sound in bfloat16, head by head, for processors that multiply it natively.

torch's fused kernel gains nothing from bfloat16 on a CPU (measured: 60 ms a layer of base over its
whole window, in either dtype); plain products in blocks that stay in the cache take 39. Only models
whose weights are rounded anyway use it.
"""

import torch
from torch.nn import functional

from dictate.asr.attention import TorchAttention

_LEAST_POSITIONS = 500  # shorter sounds fit the fused kernel's cache, which is then faster
_BLOCK_POSITIONS = 300


def bfloat16_is_fast() -> bool:
    """Whether this CPU multiplies bfloat16 natively."""
    fast: bool = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return fast


class BFloat16SoundAttention(TorchAttention):
    """Long sounds in bfloat16; tokens as ever."""

    name = "torch, the sound's in bfloat16"

    def sound(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        """See `Attention`."""
        shape = q.shape
        length, head_width = shape[2:]
        if length < _LEAST_POSITIONS:
            return super().sound(q, k, v)
        q, k, v = (part.to(torch.bfloat16).flatten(0, 1) for part in (q * head_width**-0.5, k, v))
        out = torch.empty_like(q)
        for head, (queries, keys, values) in enumerate(zip(q, k, v, strict=True)):
            for start in range(0, length, _BLOCK_POSITIONS):
                block = slice(start, start + _BLOCK_POSITIONS)
                weights = functional.softmax(queries[block] @ keys.t(), dim=-1)
                torch.matmul(weights, values, out=out[head, block])
        return out.view(shape).float()
