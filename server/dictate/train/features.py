"""Log-mel features for whole batches of equal windows, equal to transformers' extractor."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

N_FFT: Final = 400
HOP_SAMPLES: Final = 160
SAMPLE_RATE: Final = 16_000


class LogMel:
    """Callable: float32[batch, samples] -> float32[batch, mel_bins, samples // 160]."""

    def __init__(self, mel_bins: int) -> None:
        from transformers.audio_utils import mel_filter_bank

        filters = mel_filter_bank(
            num_frequency_bins=1 + N_FFT // 2,
            num_mel_filters=mel_bins,
            min_frequency=0.0,
            max_frequency=8000.0,
            sampling_rate=SAMPLE_RATE,
            norm="slaney",
            mel_scale="slaney",
        )
        self._filters = torch.from_numpy(filters.T).to(torch.float32).contiguous()
        self._hann = torch.hann_window(N_FFT)

    def __call__(self, audio: Tensor) -> Tensor:
        """Features of equal windows."""
        stft = torch.stft(audio, N_FFT, HOP_SAMPLES, window=self._hann, return_complex=True)
        stft = stft[..., :-1]
        power = stft.real.square() + stft.imag.square()
        log_mel = torch.clamp(self._filters @ power, min=1e-10).log10()
        peak = log_mel.amax(dim=(1, 2), keepdim=True)
        return (torch.maximum(log_mel, peak - 8.0) + 4.0) / 4.0
