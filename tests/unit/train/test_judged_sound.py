import numpy as np
import pytest

from dictate.train.judged_sound import KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_clips_are_finite_varied_and_never_clip(kind: str) -> None:
    rng = np.random.default_rng(0)
    clips = [KINDS[kind](rng) for _ in range(30)]
    for clip in clips:
        assert clip.dtype == np.float32
        assert 8_000 <= clip.size <= 96_000
        assert np.isfinite(clip).all()
        assert np.abs(clip).max() <= 1
    assert len({clip.tobytes() for clip in clips}) == len(clips)
