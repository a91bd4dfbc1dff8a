"""What is refused before any work is done."""

import math

import numpy as np
from numpy.typing import NDArray

from dictate.errors import DictateError


def check_sound(samples: NDArray[np.float32], window_samples: int, sample_rate_hz: int) -> None:
    """Refuse what no model can transcribe.

    Args:
        samples: float32 [n].
        window_samples: the most that fit.
        sample_rate_hz: of both.

    Raises:
        DictateError: there are too many samples, or some are no numbers.
    """
    if samples.size > window_samples:
        raise DictateError(
            f"{samples.size / sample_rate_hz:.1f} s of sound do not fit the model's window of "
            f"{window_samples / sample_rate_hz:.0f} s: split it first"
        )
    with np.errstate(invalid="ignore"):
        total = float(np.sum(samples, dtype=np.float64))
    if not math.isfinite(total):
        raise DictateError("the sound holds values that are no numbers: record it again")
