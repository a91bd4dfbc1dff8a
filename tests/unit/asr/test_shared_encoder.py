"""A draft with its target's encoder hears through it; one that differs in a value does not."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from dictate.asr import Pair
from dictate.asr.checkpoint import Checkpoint
from dictate.asr.encoder import Encoder
from dictate.asr.shared_encoder import shares_encoder
from tests.rigs.checkpoints import TINY, TURBO, Architecture


@pytest.fixture
def distilled(checkpoint, tmp_path):
    """A draft with its target's encoder and two of its decoder layers, as Distil-Whisper has it."""

    def make(architecture: Architecture, change: str | None = None) -> tuple[Path, Path]:
        import json

        target = checkpoint(architecture, 0)
        draft = shutil.copytree(target, tmp_path / "draft")
        config = json.loads((draft / "config.json").read_text()) | {"decoder_layers": 2}
        (draft / "config.json").write_text(json.dumps(config))
        weights = load_file(draft / "model.safetensors")
        dropped = [f"model.decoder.layers.{index}." for index in range(2, 4)]
        weights = {
            name: tensor
            for name, tensor in weights.items()
            if not any(name.startswith(prefix) for prefix in dropped)
        }
        if change is not None:
            values = weights[change].view(-1)
            values[-1] = torch.nextafter(values[-1], torch.tensor(9.0))
        save_file(weights, draft / "model.safetensors")
        return target, draft

    return make


@pytest.mark.parametrize("architecture", [TINY, TURBO], ids=lambda shape: shape.name)
@pytest.mark.parametrize("dtype", ["float32", "int8"])
def test_the_sound_is_encoded_once_and_the_tokens_stay(
    architecture, dtype, distilled, monkeypatch, rng
):
    target, draft = distilled(architecture)
    pair = Pair.load(target, draft, device="cpu", dtype=dtype)
    alone = Pair.load(target, device="cpu", dtype=dtype)
    assert pair.shares_encoder
    runs = []
    encode = Encoder.__call__
    monkeypatch.setattr(
        Encoder, "__call__", lambda self, features: runs.append(1) or encode(self, features)
    )
    for _ in range(3):
        sound = (0.1 * rng.standard_normal(int(rng.integers(8_000, 80_000)))).astype(np.float32)
        runs.clear()
        drafted = pair.transcribe(sound, language="en", max_new_tokens=24)
        assert len(runs) == 1
        assert drafted.proposed_tokens > 0
        plain = alone.transcribe(sound, language="en", max_new_tokens=24)
        assert drafted.tokens == plain.tokens


def test_a_shared_encoder_is_loaded_once(distilled, monkeypatch):
    target, draft = distilled(TINY)
    built = []
    build = Encoder.__init__
    monkeypatch.setattr(
        Encoder, "__init__", lambda self, *given: built.append(1) or build(self, *given)
    )
    Pair.load(target, draft, device="cpu")
    assert len(built) == 1


@pytest.mark.parametrize(
    "tensor",
    [
        "model.encoder.conv1.bias",
        "model.encoder.embed_positions.weight",
        "model.encoder.layers.3.fc2.weight",
        "model.encoder.layer_norm.weight",
    ],
)
def test_an_encoder_that_differs_in_one_value_is_not_shared(tensor, distilled):
    target, draft = distilled(TINY, change=tensor)
    assert not shares_encoder(Checkpoint.open(target), Checkpoint.open(draft, "draft"))
    assert not Pair.load(target, draft, device="cpu").shares_encoder


def test_an_encoder_stored_in_another_precision_is_not_shared_unless_no_value_changes(distilled):
    target, draft = distilled(TINY)
    weights = load_file(draft / "model.safetensors")
    halves = {name: tensor.to(torch.float16) for name, tensor in weights.items()}
    save_file(halves, draft / "model.safetensors")
    assert not shares_encoder(Checkpoint.open(target), Checkpoint.open(draft, "draft"))


def test_models_of_other_shapes_are_not_compared(checkpoint):
    target, draft = Checkpoint.open(checkpoint(TURBO, 0)), Checkpoint.open(checkpoint(TINY, 0))
    assert not shares_encoder(target, draft)
