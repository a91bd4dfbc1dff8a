"""The sound's attention in bfloat16 says nearly what the fused one in float32 says."""

import torch

from dictate.asr.attention import TorchAttention
from dictate.asr.bfloat16_attention import BFloat16SoundAttention


def random_parts(batch, heads, length, head_width):
    shape = (batch, length, 3, heads, head_width)
    return torch.randn(shape).permute(2, 0, 3, 1, 4).unbind(0)


@torch.inference_mode()
def test_long_sounds_come_close_to_float32(rng):
    for _ in range(8):
        batch, heads = (int(n) for n in rng.integers(1, 4, 2))
        parts = random_parts(batch, heads, int(rng.integers(500, 1501)), int(rng.choice([32, 64])))
        exact = TorchAttention().sound(*parts)
        rounded = BFloat16SoundAttention().sound(*parts)
        assert rounded.shape == exact.shape
        assert rounded.dtype == torch.float32
        assert float((rounded - exact).norm() / exact.norm()) < 0.02


@torch.inference_mode()
def test_short_sounds_are_not_rounded():
    parts = random_parts(1, 2, 200, 64)
    assert torch.equal(BFloat16SoundAttention().sound(*parts), TorchAttention().sound(*parts))
