"""Which attention suits a device."""

import torch

from dictate.asr.attention import Attention, TorchAttention
from dictate.asr.bfloat16_attention import BFloat16SoundAttention, bfloat16_is_fast
from dictate.asr.flash_attention import load_flash_attention
from dictate.asr.split_attention import SplitAttention

_AMPERE = (8, 0)
_WIDEST_HEAD = 256
_HEAD_STEP = 8


class TorchCudaAttention(TorchAttention):
    """Torch's, where its flash kernel runs: that splits the keys for few queries by itself."""

    name = "torch (flash, cuDNN)"


def choose_attention(
    device: torch.device, dtype: torch.dtype, head_width: int, *, is_rounded: bool = False
) -> Attention:
    """flash-attn where it is installed and has kernels for this, else torch's.

    On CUDA without a flash kernel (float32, before Ampere, odd heads) tokens attend to the sound
    over blocks of keys. A CPU that multiplies bfloat16 natively attends in it where the weights are
    integers anyway.

    Args:
        device: where the model runs.
        dtype: of its activations.
        head_width: of one head.
        is_rounded: the weights are integers of 8 bits or fewer.
    """
    if device.type == "cpu" and is_rounded and bfloat16_is_fast():
        return BFloat16SoundAttention()
    if device.type != "cuda":
        return TorchAttention()
    flash = load_flash_attention(device, dtype, head_width)
    if flash is not None:
        return flash
    has_kernel = (
        dtype in (torch.float16, torch.bfloat16)
        and torch.cuda.get_device_capability(device) >= _AMPERE
        and head_width <= _WIDEST_HEAD
        and head_width % _HEAD_STEP == 0
    )
    return TorchCudaAttention() if has_kernel else SplitAttention()
