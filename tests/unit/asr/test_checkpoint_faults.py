"""A broken checkpoint gives one line that names the model and the file."""

import json
import shutil

import numpy as np
import pytest

from dictate.asr import CheckpointError, Pair
from dictate.errors import DictateError
from tests.rigs.checkpoints import TINY, TINY_EN


@pytest.fixture
def broken(checkpoint, tmp_path):
    return shutil.copytree(checkpoint(TINY, 0), tmp_path / "tiny")


def edit_json(path, **changes):
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def remove_tensor(folder):
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    del weights["model.decoder.layers.1.fc1.weight"]
    save_file(weights, folder / "model.safetensors")


def cut(path):
    path.write_bytes(path.read_bytes()[:-100_000])


FAULTS = {
    "no folder": lambda f: shutil.rmtree(f),
    "no config": lambda f: (f / "config.json").unlink(),
    "no preprocessor config": lambda f: (f / "preprocessor_config.json").unlink(),
    "no tokenizer": lambda f: (f / "tokenizer.json").unlink(),
    "no weights": lambda f: (f / "model.safetensors").unlink(),
    "config is no JSON": lambda f: (f / "config.json").write_text("{"),
    "config is a list": lambda f: (f / "config.json").write_text("[]"),
    "config lacks a field": lambda f: (f / "config.json").write_text('{"model_type": "whisper"}'),
    "another model": lambda f: edit_json(f / "config.json", model_type="bert"),
    "another activation": lambda f: edit_json(f / "config.json", activation_function="relu"),
    "weights of another shape": lambda f: edit_json(f / "config.json", d_model=128),
    "mel bins disagree": lambda f: edit_json(f / "preprocessor_config.json", feature_size=128),
    "a tensor is missing": remove_tensor,
    "weights cut short": lambda f: cut(f / "model.safetensors"),
    "tokenizer cut short": lambda f: cut(f / "tokenizer.json"),
    "weights are text": lambda f: (f / "model.safetensors").write_text("hello, I am no tensor"),
    "languages are missing": lambda f: edit_json(f / "generation_config.json", lang_to_id={}),
}


@pytest.mark.parametrize("role", ["target", "draft"])
@pytest.mark.parametrize("fault", FAULTS)
def test_one_line_says_what_is_broken(fault, role, broken, checkpoint):
    FAULTS[fault](broken)
    whole = checkpoint(TINY_EN, 0)
    folders = (broken, whole) if role == "target" else (whole, broken)
    with pytest.raises(CheckpointError) as raised:
        Pair.load(*folders, device="cpu")
    message = str(raised.value)
    assert raised.value.role == role
    assert message.startswith(f"{role}: ")
    assert "\n" not in message
    assert str(broken) in message


def test_bad_sound_is_refused_in_one_line(checkpoint):
    pair = Pair.load(checkpoint(TINY_EN, 0), device="cpu")
    for samples in (
        np.zeros(pair.window_samples + 1, np.float32),
        np.full(1_000, np.nan, np.float32),
        np.array([0.0, np.inf], np.float32),
    ):
        with pytest.raises(DictateError) as raised:
            pair.transcribe(samples)
        assert "\n" not in str(raised.value)


@pytest.mark.parametrize("device", ["cuda:99", "toaster", "meta", "cuda:-3"])
def test_a_device_that_is_not_there_is_named(device, checkpoint):
    with pytest.raises(DictateError, match=r"use (device )?auto"):
        Pair.load(checkpoint(TINY_EN, 0), device=device)


def test_an_unknown_language_lists_the_known_ones(checkpoint):
    pair = Pair.load(checkpoint(TINY, 0), device="cpu")
    with pytest.raises(DictateError, match=r"use one of .*en"):
        pair.transcribe(np.zeros(16_000, np.float32), language="klingon")
