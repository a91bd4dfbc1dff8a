"""Log-mel features, equal to those of `transformers.WhisperFeatureExtractor`.

The mel scale is Slaney's (Auditory Toolbox, 1998): linear below 1 kHz, logarithmic above, each
filter normalised to constant energy; the compression is Whisper's own (openai/whisper, audio.py).
"""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from dictate.asr.checkpoint import Framing

_BREAK_HZ = 1000.0
_HZ_PER_MEL = 200.0 / 3.0
_LOG_STEP = math.log(6.4) / 27.0
_SMALLEST_POWER = 1e-10
_DYNAMIC_RANGE = 8.0  # decades below the loudest value that are kept


def _hz_to_mel(hz: float) -> float:
    if hz < _BREAK_HZ:
        return hz / _HZ_PER_MEL
    return _BREAK_HZ / _HZ_PER_MEL + math.log(hz / _BREAK_HZ) / _LOG_STEP


def _mel_to_hz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    break_mel = _BREAK_HZ / _HZ_PER_MEL
    linear = mels * _HZ_PER_MEL
    logarithmic = _BREAK_HZ * np.exp(_LOG_STEP * (np.maximum(mels, break_mel) - break_mel))
    return np.where(mels < break_mel, linear, logarithmic)


def mel_filters(framing: Framing) -> NDArray[np.float32]:
    """Triangular filters, float32 [mel_bins, fft_samples // 2 + 1]."""
    nyquist_hz = framing.sample_rate_hz / 2
    bins_hz = np.linspace(0.0, nyquist_hz, framing.fft_samples // 2 + 1)
    edges_hz = _mel_to_hz(np.linspace(0.0, _hz_to_mel(nyquist_hz), framing.mel_bins + 2))
    widths = np.diff(edges_hz)
    slopes = edges_hz[:, None] - bins_hz[None, :]
    rising = -slopes[:-2] / widths[:-1, None]
    falling = slopes[2:] / widths[1:, None]
    filters = np.maximum(0.0, np.minimum(rising, falling))
    filters *= (2.0 / (edges_hz[2:] - edges_hz[:-2]))[:, None]
    return filters.astype(np.float32)


class LogMel:
    """Turns sound into the log-mel spectrogram of one checkpoint."""

    def __init__(self, framing: Framing, device: torch.device) -> None:
        self._framing = framing
        self._window = torch.hann_window(framing.fft_samples, device=device)
        self._filters = torch.from_numpy(mel_filters(framing)).to(device)

    def __call__(self, samples: torch.Tensor, *, pad_to_window: bool) -> torch.Tensor:
        """Log-mel features of one utterance.

        Args:
            samples: float32 [n] in [-1, 1] on the device of construction.
            pad_to_window: pad with zeros to the checkpoint's whole window, as stock checkpoints
                need; otherwise only to a whole number of encoder positions.

        Returns:
            float32 [mel_bins, frames] with an even number of frames.
        """
        framing = self._framing
        position_samples = 2 * framing.hop_samples  # two frames make one encoder position
        # The STFT's reflection needs half a window.
        length = _round_up(max(samples.numel(), 2 * framing.fft_samples), position_samples)
        if pad_to_window:
            length = framing.window_samples
        # Frames of pure silence are known without a transform.
        sounding = _round_up(samples.numel() + framing.fft_samples, position_samples)
        sounding = min(length, max(sounding, 2 * position_samples))
        samples = samples[:length]
        spectrum = torch.stft(
            functional.pad(samples, (0, sounding - samples.numel())),
            framing.fft_samples,
            framing.hop_samples,
            window=self._window,
            return_complex=True,
        )
        power = spectrum[:, :-1].abs() ** 2
        log_mel = (self._filters @ power).clamp(min=_SMALLEST_POWER).log10()
        silent_frames = (length - sounding) // framing.hop_samples
        log_mel = functional.pad(log_mel, (0, silent_frames), value=math.log10(_SMALLEST_POWER))
        log_mel = torch.maximum(log_mel, log_mel.max() - _DYNAMIC_RANGE)
        return (log_mel + 4.0) / 4.0


def _round_up(value: int, step: int) -> int:
    return -(-value // step) * step
