"""Every pair that models.toml names runs, whatever its mel bins and vocabularies, and is exact.

The architectures are the published ones with fewer and narrower layers; vocabularies, special
tokens and mel bins are as published, the weights random.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dictate.asr import Pair
from dictate.bench.architectures import random_checkpoint
from dictate.models.registry import Registry
from tests.rigs.shapes import published

DRAFTED = [
    entry
    for entry in map(Registry.load().pair, Registry.load().names)
    if entry.target_repo is not None and entry.draft_repo is not None
]


@pytest.fixture(scope="module")
def folder_of(tmp_path_factory):
    root = tmp_path_factory.mktemp("published")

    def make(repo: str, seed: int) -> Path:
        shape = published(repo.partition("/")[2].removeprefix("whisper-"))
        small = shape.shrunk(width=64, heads=2, layers=2, window_s=3)
        # Distilled decoders stay shorter than their teachers'.
        layers = 1 if "distil" in repo else 2
        return random_checkpoint(replace(small, decoder_layers=layers), root, seed=seed)

    return make


@pytest.mark.parametrize("entry", DRAFTED, ids=lambda entry: entry.name)
def test_the_draft_changes_no_token(entry, folder_of, rng):
    target = folder_of(entry.target_repo, 0)
    pair = Pair.load(target, folder_of(entry.draft_repo, 1), device="cpu", dtype="float32")
    proposed = 0
    for _ in range(3):
        sound = (0.1 * rng.standard_normal(int(rng.integers(8_000, 48_000)))).astype(np.float32)
        drafted = pair.transcribe(sound, language="en", max_new_tokens=16)
        plain = pair.transcribe(sound, language="en", max_new_tokens=16, speculate=False)
        assert drafted.tokens == plain.tokens
        proposed += drafted.proposed_tokens
    assert proposed > 0
