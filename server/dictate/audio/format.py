"""The one sound format inside Dictate: 16 kHz, mono, int16."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SAMPLE_RATE_HZ = 16_000


def samples_of_ms(duration_ms: float) -> int:
    """Number of samples that last `duration_ms` milliseconds."""
    return round(duration_ms * SAMPLE_RATE_HZ / 1000)


def to_int16(samples: NDArray[np.float32]) -> NDArray[np.int16]:
    """Scale floats in [-1, 1] to int16, rounding; what lies outside is clipped.

    Args:
        samples: float32, any shape, finite.

    Returns:
        int16 of the same shape.
    """
    import numpy as np

    scaled: NDArray[np.int16] = np.clip(np.rint(samples * 32768.0), -32768, 32767).astype(np.int16)
    return scaled


def mix_down(frames: NDArray[np.float32]) -> NDArray[np.float32]:
    """Average the channels and make every sample usable.

    A NaN or an infinity, which a broken float recording or driver can hold, becomes silence: inside
    a resampler a single one of them would spoil everything near it.

    Args:
        frames: float32[n, channels].

    Returns:
        float32[n], finite.
    """
    import numpy as np

    frames = np.nan_to_num(frames, nan=0.0, posinf=0.0, neginf=0.0)
    mono: NDArray[np.float32] = frames.mean(axis=1, dtype=np.float32)
    return mono
