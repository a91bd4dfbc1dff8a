import numpy as np
import pytest

from dictate.audio.level import FLOOR_DBFS, level_dbfs


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (np.zeros(320, np.int16), FLOOR_DBFS),
        (np.zeros(0, np.int16), FLOOR_DBFS),
        (np.full(320, -32_768, np.int16), 0.0),
        (np.full(320, 3_277, np.int16), -20.0),
        (np.array([1] + [0] * 9_999, np.int16), FLOOR_DBFS),
    ],
)
def test_level_in_decibels(block, expected):
    assert level_dbfs(block) == pytest.approx(expected, abs=0.01)
