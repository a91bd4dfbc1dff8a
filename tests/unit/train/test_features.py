import numpy as np
import pytest
import torch

from dictate.train.features import LogMel

transformers = pytest.importorskip("transformers")


@pytest.mark.parametrize("mel_bins", [80, 128])
def test_features_equal_those_of_transformers(mel_bins: int) -> None:
    audio = np.random.default_rng(0).standard_normal(16_000).astype(np.float32) * 0.1
    extractor = transformers.WhisperFeatureExtractor(feature_size=mel_bins, chunk_length=1)
    expected = extractor(audio, sampling_rate=16_000, return_tensors="pt").input_features
    torch.testing.assert_close(LogMel(mel_bins)(torch.from_numpy(audio)[None]), expected)
