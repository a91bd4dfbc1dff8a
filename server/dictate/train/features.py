"""Log-mel features for whole batches of equal windows, equal to transformers' extractor.

While training they can be made another speaker's: the frequency axis is stretched as a longer or
shorter vocal tract would (Jaitly and Hinton, "Vocal Tract Length Perturbation improves speech
recognition", 2013), and a band of it left out (SpecAugment, arXiv 1904.08779).
"""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from torch import Tensor

N_FFT: Final = 400
HOP_SAMPLES: Final = 160
SAMPLE_RATE: Final = 16_000


WARP_FACTORS: Final = tuple(0.84 + 0.03 * step for step in range(12))
"""By how much frequencies are multiplied; 1.02 is next to nothing."""
_WARP_BEND: Final = 0.8
_WIDEST_MASK_SHARE: Final = 0.12


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
        self._warped = torch.stack(
            [self._filters @ warping(factor, self._filters.shape[1]) for factor in WARP_FACTORS]
        )

    def __call__(self, audio: Tensor, rng: np.random.Generator | None = None) -> Tensor:
        """Features of equal windows; with an `rng`, half of them as other speakers would sound."""
        stft = torch.stft(audio, N_FFT, HOP_SAMPLES, window=self._hann, return_complex=True)
        stft = stft[..., :-1]
        power = stft.real.square() + stft.imag.square()
        filters = self._filters if rng is None else self._speakers(len(audio), rng)
        log_mel = torch.clamp(filters @ power, min=1e-10).log10()
        peak = log_mel.amax(dim=(1, 2), keepdim=True)
        features = (torch.maximum(log_mel, peak - 8.0) + 4.0) / 4.0
        return features if rng is None else _masked(features, rng)

    def _speakers(self, count: int, rng: np.random.Generator) -> Tensor:
        """Filters float32[count, mel_bins, bins], those of half of the windows warped."""
        filters = self._filters.repeat(count, 1, 1)
        for row in range(count):
            if rng.random() < 0.5:
                filters[row] = self._warped[int(rng.integers(len(WARP_FACTORS)))]
        return filters


def warping(factor: float, bins: int) -> Tensor:
    """The matrix float32[bins, bins] that lets each bin read at `factor` times its place.

    Beyond `_WARP_BEND` of the axis it bends, so that the last bin stays where it is.
    """
    source = torch.arange(bins, dtype=torch.float32) / (bins - 1)
    bend = _WARP_BEND * min(1.0, 1.0 / factor)
    target = torch.where(
        source <= bend,
        source * factor,
        1.0 - (1.0 - source) * (1.0 - bend * factor) / (1.0 - bend),
    ) * (bins - 1)
    matrix = torch.zeros(bins, bins)
    lower = target.floor().clamp(0, bins - 2).long()
    share = target - lower
    rows = torch.arange(bins)
    matrix[rows, lower] += 1.0 - share
    matrix[rows, lower + 1] += share
    return matrix


def _masked(features: Tensor, rng: np.random.Generator) -> Tensor:
    """A band of every third window is left out."""
    bins = features.shape[1]
    for row in range(len(features)):
        if rng.random() < 0.33:
            width = int(rng.integers(1, int(bins * _WIDEST_MASK_SHARE) + 1))
            first = int(rng.integers(bins - width))
            features[row, first : first + width] = features[row].mean()
    return features
