"""How loud a block of sound is, for the listening indicator."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FLOOR_DBFS = -96.0
"""Level of silence: the step of 16-bit sound."""


def level_dbfs(block: NDArray[np.int16]) -> float:
    """Root mean square of `block` in decibels below full scale.

    Args:
        block: int16[n]; n may be 0.

    Returns:
        From `FLOOR_DBFS` (silence or no samples) to 0.0 (a square wave at full scale).
    """
    if block.size == 0:
        return FLOOR_DBFS
    floats = block.astype("float64")
    mean_square = float(floats @ floats) / block.size
    if mean_square == 0.0:
        return FLOOR_DBFS
    return min(0.0, max(FLOOR_DBFS, 10.0 * math.log10(mean_square / 32768.0**2)))
