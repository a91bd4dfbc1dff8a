"""The flash-attn package's kernels (Dao, "FlashAttention-2", 2023), version 2."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

import torch

from dictate.asr.attention import TorchAttention, share_sound

_AMPERE = (8, 0)
_WIDEST_HEAD = 256
_HEAD_STEP = 8
_MAJOR_VERSION = "2"


def load_flash_attention(
    device: torch.device, dtype: torch.dtype, head_width: int
) -> FlashAttention | None:
    """flash-attn's kernels; None where it is not installed, or has none for this.

    It wants CUDA from Ampere on, 16 bit, and heads up to 256 wide in steps of 8 (flash-attention,
    csrc/flash_attn/flash_api.cpp).

    Args:
        device: where the model runs.
        dtype: of queries, keys and values.
        head_width: of one head.
    """
    if device.type != "cuda" or dtype not in (torch.float16, torch.bfloat16):
        return None
    if head_width > _WIDEST_HEAD or head_width % _HEAD_STEP:
        return None
    if torch.cuda.get_device_capability(device) < _AMPERE:
        return None
    try:
        package = importlib.import_module("flash_attn")
    except (ImportError, OSError):  # a build for another torch fails to load in either way
        return None
    if str(getattr(package, "__version__", "")).split(".")[0] != _MAJOR_VERSION:
        return None
    if not hasattr(package, "flash_attn_func") or not hasattr(package, "flash_attn_with_kvcache"):
        return None
    return FlashAttention(package)


class FlashAttention(TorchAttention):
    """flash-attn where lengths are known to the device alone, and for the sound; else torch.

    Its layout is [B, T, heads, head_width]: our tensors are passed as transposed views, which it
    takes as long as a head's values lie side by side.
    """

    wants_ends = True

    def __init__(self, package: ModuleType) -> None:
        """Take the imported package."""
        self.name = f"flash-attn {package.__version__}"
        # Nothing is known of the package's types where it is not installed.
        self._flash: Any = package

    def sound(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        """See `Attention`."""
        mixed: torch.Tensor = self._flash.flash_attn_func(
            q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)
        )
        return mixed.transpose(1, 2)

    def tokens(
        self,
        q: torch.Tensor,
        k: torch.Tensor,
        v: torch.Tensor,
        mask: torch.Tensor | None,
        ends: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """See `Attention`."""
        if ends is None:
            return super().tokens(q, k, v, mask)
        # Causal is aligned to the last key that counts. The keys stay in one piece: where they are
        # cut depends on `ends`, and a token's rounding must not.
        return self._with_cache(q, k, v, ends, causal=True, num_splits=1)

    def cross(
        self,
        q: torch.Tensor,
        k: torch.Tensor,
        v: torch.Tensor,
        mask: torch.Tensor | None = None,
        ends: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """See `Attention`."""
        if mask is not None:
            return super().cross(q, k, v, mask)
        # 0 splits: the package chooses by the shape alone.
        return share_sound(
            q,
            k,
            lambda together: self._with_cache(together, k, v, ends, causal=False, num_splits=0),
        )

    def _with_cache(
        self,
        q: torch.Tensor,
        k: torch.Tensor,
        v: torch.Tensor,
        ends: torch.Tensor | None,
        *,
        causal: bool,
        num_splits: int,
    ) -> torch.Tensor:
        mixed: torch.Tensor = self._flash.flash_attn_with_kvcache(
            q.transpose(1, 2),
            k.transpose(1, 2),
            v.transpose(1, 2),
            cache_seqlens=ends,
            causal=causal,
            num_splits=num_splits,
        )
        return mixed.transpose(1, 2)
