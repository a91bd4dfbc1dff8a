"""What benchmarks run on: pairs and sound."""

from pathlib import Path

import numpy as np
import platformdirs
import torch
from numpy.typing import NDArray

from dictate.asr import Pair
from dictate.audio.file import read_audio
from dictate.audio.format import SAMPLE_RATE_HZ
from dictate.bench.architectures import Architecture, random_checkpoint
from dictate.bench.recordings import recordings
from dictate.models.registry import Registry

RANDOM_WEIGHTS = "Random weights: the times are real, the text is not"
FIXED_TOKENS = 20
"""What 5 s of dictated speech take in a Whisper's vocabulary."""
UTTERANCE_S = 5.0

_INT16_SCALE = 32_768.0
_LARGE_PARAMETERS = 300_000_000


def cache_folder() -> Path:
    """Where random and converted checkpoints are kept between runs."""
    return Path(platformdirs.user_cache_dir("dictate", appauthor=False)) / "bench"


def bundled_sounds() -> list[NDArray[np.float32]]:
    """The bundled recordings, float32 [n] in [-1, 1]."""
    return [
        read_audio(recording.path).astype(np.float32) / _INT16_SCALE for recording in recordings()
    ]


def speech(seconds: float = UTTERANCE_S) -> NDArray[np.float32]:
    """So much speech: the bundled recordings one after another, cut at the end."""
    samples = round(seconds * SAMPLE_RATE_HZ)
    joined = np.concatenate(bundled_sounds())
    return np.resize(joined, samples).astype(np.float32)


def varied_speech(count: int, seconds: float = UTTERANCE_S) -> list[NDArray[np.float32]]:
    """Different pieces of speech of the same length, each at a level of its own."""
    random = np.random.default_rng(0)
    joined = np.concatenate(bundled_sounds())
    pieces = []
    for _ in range(count):
        shifted = np.roll(joined, int(random.integers(joined.size)))
        level = random.uniform(0.2, 1.0)
        pieces.append((level * np.resize(shifted, round(seconds * SAMPLE_RATE_HZ))).astype("f4"))
    return pieces


def published(shape: Architecture, folder: Path) -> Path:
    """A checkpoint of `shape` with random weights; large ones are stored in float16."""
    large = shape.parameters > _LARGE_PARAMETERS
    return random_checkpoint(shape, folder, dtype=torch.float16 if large else torch.float32)


def bundled_pair(device: str, dtype: str, *, with_draft: bool = True) -> Pair:
    """The pair that ships with Dictate, loaded."""
    entry = Registry.load().pair("bundled")
    return Pair.load(
        entry.target,
        entry.draft if with_draft else None,
        device=device,
        dtype=dtype,
        short_window=entry.short_window,
        follows_prompts=entry.follows_prompts,
    )
