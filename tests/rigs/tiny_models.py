"""Whispers small enough that hundreds of random ones can be tried."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from dictate.asr.checkpoint import Dimensions
from dictate.asr.layout import whisper_tensors
from dictate.asr.logit_filters import LogitFilter
from dictate.asr.model import Whisper
from dictate.asr.precision import Precision

CPU = torch.device("cpu")


@dataclass(frozen=True)
class TinyCheckpoint:
    """What `Whisper` asks of a checkpoint, without files."""

    dimensions: Dimensions
    tensors: dict[str, torch.Tensor]
    role: str = "target"
    folder: Path = Path("tiny")

    def weights(self, *, has_encoder: bool = True) -> dict[str, torch.Tensor]:
        return {
            name: tensor
            for name, tensor in self.tensors.items()
            if has_encoder or not name.startswith("model.encoder")
        }


def random_dimensions(rng: np.random.Generator) -> Dimensions:
    heads = int(rng.integers(1, 4))
    width = 8 * heads
    return Dimensions(
        mel_bins=int(rng.integers(3, 9)),
        vocabulary_size=int(rng.integers(20, 120)),
        width=width,
        encoder_layers=1,
        encoder_heads=heads,
        encoder_ffn=2 * width,
        decoder_layers=int(rng.integers(1, 4)),
        decoder_heads=heads,
        decoder_ffn=2 * width,
        max_source_positions=int(rng.integers(8, 30)),
        max_target_positions=int(rng.integers(24, 120)),
        scale_embedding=bool(rng.integers(2)),
        separate_output=bool(rng.integers(2)),
    )


def random_model(
    rng: np.random.Generator,
    device: torch.device = CPU,
    precision: Precision = "float32",
    **changes: int,
) -> Whisper:
    """A Whisper with random weights, sharp enough that no two logits tie."""
    dimensions = replace(random_dimensions(rng), **changes)
    generator = torch.Generator().manual_seed(int(rng.integers(2**31)))
    tensors = {
        name: torch.randn(shape, generator=generator) * (0.4 if len(shape) > 1 else 0.2)
        + (1.0 if "norm.weight" in name else 0.0)
        for name, shape in whisper_tensors(dimensions)
    }
    return Whisper.load(TinyCheckpoint(dimensions, tensors), device, precision)


def random_features(
    model: Whisper, rng: np.random.Generator, batch: int = 1, *, whole: bool = True
) -> torch.Tensor:
    """Float32 [batch, mel_bins, frames]: of the whole window, or of a part of it."""
    positions = model.dimensions.max_source_positions
    if not whole:
        positions = int(rng.integers(1, positions + 1))
    shape = (batch, model.dimensions.mel_bins, 2 * positions)
    return torch.from_numpy(rng.standard_normal(shape, dtype=np.float32)).to(model.device)


def random_tokens(model: Whisper, rng: np.random.Generator, *shape: int) -> torch.Tensor:
    return torch.from_numpy(rng.integers(0, model.dimensions.vocabulary_size, shape))


def random_filter(model: Whisper, rng: np.random.Generator, end: int) -> LogitFilter:
    """Suppresses a few tokens, and now and then the end at the beginning."""
    size = model.dimensions.vocabulary_size
    always = [int(token) for token in rng.integers(0, size, 3) if token != end]
    at_begin = [end] if rng.integers(2) else [int(rng.integers(size))]
    return LogitFilter(always, at_begin, size, model.device)
