"""Log-mel features equal those of transformers' extractor."""

import numpy as np
import pytest
import torch

from dictate.asr.checkpoint import Checkpoint
from dictate.asr.features import LogMel
from tests.rigs.checkpoints import TINY, TURBO
from tests.rigs.reference import reference_features


@pytest.mark.parametrize("pad", [True, False], ids=["whole window", "short window"])
@pytest.mark.parametrize("architecture", [TINY, TURBO], ids=["80 bins", "128 bins"])
def test_features_equal_transformers(architecture, pad, checkpoint, rng):
    folder = checkpoint(architecture, 0)
    log_mel = LogMel(Checkpoint.open(folder).framing, torch.device("cpu"))
    for _ in range(8):
        # A short window is compared where no padding to whole encoder positions is needed.
        samples = rng.standard_normal(320 * int(rng.integers(4, 400))).astype(np.float32)
        samples *= 10 ** rng.uniform(-4, 0)
        ours = log_mel(torch.from_numpy(samples), pad_to_window=pad).numpy()
        theirs = reference_features(folder, samples, pad=pad)
        assert ours.shape == theirs.shape
        assert np.abs(ours - theirs).max() <= 1e-4


def test_short_windows_are_whole_encoder_positions(checkpoint, rng):
    log_mel = LogMel(Checkpoint.open(checkpoint(TINY, 0)).framing, torch.device("cpu"))
    for length in [0, 1, 159, 400, 801, *rng.integers(1, 480_000, 8)]:
        features = log_mel(torch.zeros(int(length)), pad_to_window=False)
        assert features.shape[1] % 2 == 0
        assert features.shape[1] * 160 >= length
        assert torch.isfinite(features).all()
