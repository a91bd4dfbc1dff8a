"""A broken checkpoint gives one line that names the model and the file."""

import json
import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from dictate.asr import CheckpointError, Pair
from dictate.errors import DictateError
from tests.rigs.checkpoints import TINY, TINY_EN


@pytest.fixture
def broken(checkpoint, tmp_path):
    return shutil.copytree(checkpoint(TINY, 0), tmp_path / "tiny")


def edit_json(path, **changes):
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def edit_weights(folder, edit):
    weights = load_file(folder / "model.safetensors")
    edit(weights)
    save_file(weights, folder / "model.safetensors")


def fill(name, value):
    def edit(weights):
        weights[name].view(-1)[weights[name].numel() // 2] = value

    return lambda folder: edit_weights(folder, edit)


def set_tensor(name, tensor):
    return lambda folder: edit_weights(folder, lambda weights: weights.update({name: tensor}))


def remove(name):
    return lambda folder: edit_weights(folder, lambda weights: weights.pop(name))


def grow_header(folder):
    """The header's length, its first eight bytes, leads behind the file's end."""
    path = folder / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[:8] = (len(content) + 1).to_bytes(8, "little")
    path.write_bytes(content)


def write_index(folder, weight_map):
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weight_map}))


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
    "no heads": lambda f: edit_json(f / "config.json", decoder_attention_heads=0),
    "heads do not divide the width": lambda f: edit_json(
        f / "config.json", encoder_attention_heads=3
    ),
    "fewer layers than weights": lambda f: edit_json(f / "config.json", decoder_layers=2),
    "layers without end": lambda f: edit_json(f / "config.json", encoder_layers=2**62),
    "a vocabulary without end": lambda f: edit_json(f / "config.json", vocab_size=2**62),
    "a token out of the vocabulary": lambda f: edit_json(
        f / "generation_config.json", suppress_tokens=[1, 2**31]
    ),
    "a language that is no token": lambda f: edit_json(
        f / "generation_config.json", lang_to_id={"<|en|>": "x"}
    ),
    "a tensor is missing": remove("model.decoder.layers.1.fc1.weight"),
    "a bias is missing": remove("model.encoder.layers.0.self_attn.q_proj.bias"),
    "a foreign tensor": set_tensor("model.decoder.lora_A.weight", torch.zeros(4, 4)),
    "a bias that Whisper has not": set_tensor(
        "model.decoder.layers.0.self_attn.k_proj.bias", torch.zeros(64)
    ),
    "a tensor of another shape": set_tensor("model.encoder.conv1.weight", torch.zeros(64, 80, 5)),
    "a tensor of whole numbers": set_tensor(
        "model.encoder.layers.2.fc1.bias", torch.zeros(256, dtype=torch.int8)
    ),
    "not a number": fill("model.encoder.layers.3.fc2.weight", float("nan")),
    "infinity": fill("model.decoder.embed_positions.weight", float("-inf")),
    "header longer than the file": grow_header,
    "weights are empty": lambda f: (f / "model.safetensors").write_bytes(b""),
    "a shard is missing": lambda f: write_index(f, {"x": "model-00001-of-00002.safetensors"}),
    "a shard elsewhere": lambda f: write_index(f, {"x": "../other/model.safetensors"}),
    "an index without shards": lambda f: write_index(f, {}),
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


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_weights_may_be_stored_in_any_floating_point_type(dtype, broken):
    def convert(weights):
        weights.update({name: tensor.to(dtype) for name, tensor in weights.items()})

    edit_weights(broken, convert)
    pair = Pair.load(broken, device="cpu")
    assert pair.transcribe(np.zeros(16_000, np.float32), max_new_tokens=2).tokens


def test_a_tied_output_may_be_stored_and_a_prefix_left_out(broken, checkpoint):
    whole = Pair.load(checkpoint(TINY, 0), device="cpu")
    expected = whole.transcribe(np.zeros(16_000, np.float32), max_new_tokens=5).tokens

    def rewrite(weights):
        for name in list(weights):
            weights[name.removeprefix("model.")] = weights.pop(name)

    edit_weights(broken, rewrite)
    pair = Pair.load(broken, device="cpu")
    assert pair.transcribe(np.zeros(16_000, np.float32), max_new_tokens=5).tokens == expected
    edit_weights(
        broken, lambda w: w.update({"proj_out.weight": w["decoder.embed_tokens.weight"] + 0})
    )
    assert Pair.load(broken, device="cpu").tokens.end == whole.tokens.end
