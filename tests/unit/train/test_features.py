import numpy as np
import pytest
import torch

from dictate.train.features import WARP_FACTORS, LogMel, warping

transformers = pytest.importorskip("transformers")


@pytest.mark.parametrize("mel_bins", [80, 128])
def test_features_equal_those_of_transformers(mel_bins: int) -> None:
    audio = np.random.default_rng(0).standard_normal(16_000).astype(np.float32) * 0.1
    extractor = transformers.WhisperFeatureExtractor(feature_size=mel_bins, chunk_length=1)
    expected = extractor(audio, sampling_rate=16_000, return_tensors="pt").input_features
    torch.testing.assert_close(LogMel(mel_bins)(torch.from_numpy(audio)[None]), expected)


@pytest.mark.parametrize("factor", WARP_FACTORS)
def test_a_warped_spectrum_has_its_peak_elsewhere(factor: float) -> None:
    spectrum = torch.exp(-((torch.arange(201.0) - 60) ** 2) / 8)
    assert int((warping(factor, 201) @ spectrum).argmax()) == pytest.approx(60 / factor, abs=1)


def test_warping_keeps_a_flat_spectrum_flat() -> None:
    for factor in WARP_FACTORS:
        torch.testing.assert_close(warping(factor, 201) @ torch.ones(201), torch.ones(201))


def test_other_speakers_are_drawn_by_the_seed() -> None:
    audio = torch.from_numpy(np.random.default_rng(0).standard_normal((6, 16_000)).astype("f4"))
    log_mel = LogMel(80)
    first, again, other = (log_mel(audio, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first.equal(again)
    assert not first.equal(other)
    assert not first.equal(log_mel(audio))
