"""A folder of integers is the folder of floats loaded in that precision: the same numbers."""

import json
import shutil
from functools import partial

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from dictate.asr import CheckpointError, Pair
from dictate.asr.checkpoint import Checkpoint
from dictate.asr.integers import (
    INT4_GROUP,
    Int4Weight,
    Int8Weight,
    as_floats,
    join,
    to_int4,
    to_int8,
)
from dictate.asr.linear import DenseLinear, make_linear
from dictate.asr.memory import need_of
from dictate.asr.model import Whisper
from dictate.asr.precision import PRECISIONS, choose_precision
from dictate.asr.shared_encoder import shares_encoder
from dictate.train.quantise import quantise
from tests.rigs.checkpoints import TINY_EN, Architecture

CPU, CUDA, MPS = (torch.device(name) for name in ("cpu", "cuda", "mps"))
KINDS = ("int8", "int4")
MAKE = {"int8": to_int8, "int4": to_int4}
WIDE = Architecture("base.en", 80, False, 99, 2, 2, width=256, heads=4)
SHALLOW = Architecture("shallow.en", 80, False, 99, 1, 1)


@pytest.fixture(autouse=True)
def one_thread():
    """Small matrices gain nothing by more, and on a busy machine lose much."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def stored(checkpoint, tmp_path_factory):
    """A checkpoint's folder and the one that `quantise` makes of it."""
    root = tmp_path_factory.mktemp("stored")

    def make(architecture, kind):
        folder, out = checkpoint(architecture, 0), root / f"{architecture.name}-{kind}"
        if not out.exists():
            quantise(folder, kind, out)
        return folder, out

    return make


@pytest.fixture
def all_matrices(monkeypatch):
    """As on a GPU: no matrix is too small to be multiplied as integers."""
    monkeypatch.setattr(
        "dictate.asr.precision._SMALLEST_QUANTISED_ELEMENTS", {"encoder": 0, "decoder": 0}
    )


def random_matrix(rng, dtype=torch.float32):
    outputs, inputs = int(rng.integers(1, 200)), 32 * int(rng.integers(1, 20))
    spread = 10.0 ** float(rng.uniform(-6, 4))
    torch.manual_seed(int(rng.integers(2**31)))
    return (torch.randn(outputs, inputs) * spread).to(dtype)


def test_every_value_is_rounded_to_the_nearest_step(rng):
    for _ in range(50):
        weight = random_matrix(rng)
        eight = to_int8(weight, CPU)
        assert eight.shape == weight.shape
        assert ((eight.floats() - weight).abs() <= 0.501 * eight.scales).all()
        four = to_int4(weight, CPU)
        assert four.shape == weight.shape
        steps = four.scales.float().repeat_interleave(INT4_GROUP, 1)
        largest = weight.view(len(weight), -1, INT4_GROUP).abs().amax(-1)
        # Scale and offset are rounded, too, to 8 bits.
        slack = 2.0**-7 * largest.repeat_interleave(INT4_GROUP, 1)
        assert ((four.floats() - weight).abs() <= 0.5 * steps + 2 * slack).all()


@pytest.mark.parametrize("kind", KINDS)
def test_matrices_are_joined_before_or_after_they_are_rounded(kind, rng):
    for _ in range(20):
        first = random_matrix(rng)
        parts = [first, torch.randn(int(rng.integers(1, 99)), first.shape[1])]
        together = MAKE[kind](torch.cat(parts), CPU)
        apart = join([MAKE[kind](part, CPU) for part in parts])
        assert type(together) is type(apart)
        for name, tensor in vars(together).items():
            assert torch.equal(tensor, getattr(apart, name))
        mixed = join([MAKE[kind](parts[0], CPU), parts[1]])
        assert torch.equal(mixed[len(first) :], parts[1])


def test_constant_groups_and_rows_of_zeros_keep_their_value():
    weight = torch.tensor([[0.0], [0.5], [-0.25]]).expand(3, 64)
    assert torch.equal(to_int4(weight, CPU).floats(), weight)
    assert torch.allclose(to_int8(weight, CPU).floats(), weight)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
@torch.inference_mode()
def test_a_product_of_stored_integers_is_that_of_the_floats(kind, dtype, rng):
    for _ in range(10):
        outputs, inputs = (int(n) * 32 for n in rng.integers(23, 40, 2))
        weight, bias = torch.randn(outputs, inputs).to(dtype), torch.randn(outputs)
        x = torch.randn(int(rng.integers(1, 9)), inputs)
        fresh = make_linear(weight, bias, kind, "decoder", CPU)
        stored = make_linear(MAKE[kind](weight, CPU), bias, kind, "decoder", CPU)
        assert type(fresh) is type(stored)
        assert fresh.bytes == stored.bytes
        assert torch.equal(fresh(x), stored(x))


@pytest.mark.parametrize("kind", KINDS)
@torch.inference_mode()
def test_the_logits_of_both_folders_are_the_same(kind, stored, all_matrices):
    folder, smaller = stored(WIDE, kind)
    torch.manual_seed(0)
    features, tokens = torch.randn(1, 80, 300), torch.randint(0, 50_000, (1, 12))
    logits = []
    for one in (folder, smaller):
        model = Whisper.load(Checkpoint.open(one), CPU, kind)
        cache = model.new_cache()
        model.begin(cache, features)
        logits.append(model.step(tokens, cache.lengths, cache))
    assert torch.equal(*logits)


@pytest.mark.parametrize("kind", KINDS)
def test_a_pair_writes_the_same_tokens_from_both_folders(kind, stored, all_matrices, rng):
    folder, smaller = stored(SHALLOW, kind)
    pairs = [Pair.load(one, one, device="cpu", dtype=kind) for one in (folder, smaller)]
    for _ in range(2):
        sound = (0.1 * rng.standard_normal(int(rng.integers(8_000, 40_000)))).astype(np.float32)
        first, second = (pair.transcribe(sound, max_new_tokens=12) for pair in pairs)
        assert first.tokens == second.tokens
        assert first.log_probabilities == pytest.approx(second.log_probabilities, abs=1e-5)


@torch.inference_mode()
def test_a_matrix_too_small_to_pay_is_computed_from_the_stored_values(stored):
    _, smaller = stored(TINY_EN, "int8")
    opened = Checkpoint.open(smaller)
    model = Whisper.load(opened, CPU, "int8")
    linear = model.decoder.layers[1].up
    assert isinstance(linear, DenseLinear)
    weight = opened.weights()["model.decoder.layers.1.fc1.weight"]
    assert isinstance(weight, Int8Weight)
    assert torch.equal(linear.weight, weight.floats())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("precision", PRECISIONS)
@torch.inference_mode()
def test_every_precision_may_be_asked_for(kind, precision, stored):
    _, smaller = stored(WIDE, kind)
    opened = Checkpoint.open(smaller)
    model = Whisper.load(opened, CPU, precision)
    cache = model.new_cache()
    model.begin(cache, torch.randn(1, 80, 100))
    assert torch.isfinite(model.step(torch.tensor([[5, 6]]), cache.lengths, cache)).all()
    # The estimate from the header holds as it does for floats.
    estimated = need_of(opened, precision, CPU)
    assert 0 <= estimated.weights - model.weight_bytes < 0.1 * estimated.weights
    assert estimated.loading > 0


def test_auto_is_how_the_weights_are_stored_where_that_pays(stored, monkeypatch):
    wide = [Checkpoint.open(stored(WIDE, kind)[1]) for kind in KINDS]
    narrow = [Checkpoint.open(stored(TINY_EN, kind)[1]) for kind in KINDS]
    assert [one.stored for one in wide] == ["int8", "int4"]

    def auto(device, opened):
        return [choose_precision("auto", device, one.dimensions, one.stored) for one in opened]

    for is_fast in (True, False):
        monkeypatch.setattr("dictate.asr.precision.int8_is_fast", partial(bool, is_fast))
        assert auto(CPU, wide) == ["int8" if is_fast else "float32", "int4"]
        assert auto(CPU, narrow) == ["float32", "float32"]
    for opened in (wide, narrow):
        assert auto(CUDA, opened) == ["int8", "int4"]
        assert auto(MPS, opened) == ["int8", "float16"]
    assert choose_precision("float32", CPU, wide[0].dimensions, "int4") == "float32"


def test_an_encoder_is_shared_when_both_store_the_same_integers(stored):
    folder, eight = stored(TINY_EN, "int8")
    _, four = stored(TINY_EN, "int4")
    opened = {one: Checkpoint.open(one) for one in (folder, eight, four)}
    assert shares_encoder(opened[eight], Checkpoint.open(eight, "draft"))
    for one in (folder, four):
        assert not shares_encoder(opened[eight], opened[one])
        assert not shares_encoder(opened[one], opened[eight])


def test_a_checkpoint_without_whole_groups_keeps_those_matrices_in_8_bits(checkpoint, tmp_path):
    odd = Architecture("odd.en", 80, False, 99, 1, 1, width=72, heads=2)
    quantise(checkpoint(odd, 0), "int4", tmp_path / "out")
    opened = Checkpoint.open(tmp_path / "out")
    weights = opened.weights()
    assert opened.stored == "int4"
    assert isinstance(weights["model.encoder.layers.0.fc1.weight"], Int8Weight)
    assert isinstance(weights["model.encoder.layers.0.fc2.weight"], Int4Weight)
    assert Pair.load(tmp_path / "out", device="cpu", dtype="int4").dtype == "int4"


UP = "model.decoder.layers.1.fc1.weight"


def change(folder, edit, **metadata):
    path = folder / "model.safetensors"
    with safe_open(path, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        metadata = file.metadata() | metadata
    edit(tensors)
    save_file(tensors, path, metadata)


def set_tensor(name, make):
    return lambda folder: change(folder, lambda tensors: tensors.update({name: make(tensors)}))


def remove(name):
    return lambda folder: change(folder, lambda tensors: tensors.pop(name))


def cut(folder):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-10_000])


def quantised_for(method):
    def edit(folder):
        path = folder / "config.json"
        config = json.loads(path.read_text())
        config["quantization_config"]["quant_method"] = method
        path.write_text(json.dumps(config))

    return edit


FAULTS = {
    "no scales": ("int8", remove(f"{UP}_scales"), "lacks the tensor"),
    "no offsets": ("int4", remove(f"{UP}_offsets"), "lacks the tensor"),
    "no integers": ("int4", remove(f"{UP}_int4"), "lacks the tensor"),
    "scales of another type": (
        "int8",
        set_tensor(f"{UP}_scales", lambda t: t[f"{UP}_scales"].half()),
        "F16 instead of F32",
    ),
    "integers of another type": (
        "int8",
        set_tensor(f"{UP}_int8", lambda t: t[f"{UP}_int8"].to(torch.int16)),
        "I16 instead of I8",
    ),
    "integers cut": (
        "int4",
        set_tensor(f"{UP}_int4", lambda t: t[f"{UP}_int4"][:, :-1].contiguous()),
        "where its config.json wants",
    ),
    "groups of another size": (
        "int4",
        set_tensor(f"{UP}_scales", lambda t: t[f"{UP}_scales"][:, ::2].contiguous()),
        "where its config.json wants",
    ),
    "floats beside integers": (
        "int8",
        set_tensor(UP, lambda t: t[f"{UP}_int8"].float()),
        "that no such Whisper has",
    ),
    "an embedding of integers": (
        "int8",
        lambda folder: change(
            folder,
            lambda t: t.update(
                {
                    "model.decoder.embed_tokens.weight_int8": t.pop(
                        "model.decoder.embed_tokens.weight"
                    ).to(torch.int8)
                }
            ),
        ),
        "lacks the tensor",
    ),
    "scales that are no numbers": (
        "int4",
        set_tensor(f"{UP}_scales", lambda t: t[f"{UP}_scales"] * float("nan")),
        "no numbers",
    ),
    "a later format": (
        "int8",
        lambda folder: change(folder, lambda _: None, quantised="dictate-2"),
        "update Dictate",
    ),
    "cut short": ("int8", cut, "damaged"),
    "another tool's integers": ("int8", quantised_for("bitsandbytes"), "for bitsandbytes"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_one_line_says_what_is_broken(fault, stored, tmp_path):
    kind, break_it, expected = FAULTS[fault]
    broken = shutil.copytree(stored(TINY_EN, kind)[1], tmp_path / "broken")
    break_it(broken)
    with pytest.raises(CheckpointError) as raised:
        Pair.load(broken, device="cpu")
    message = str(raised.value)
    assert expected in message
    assert "\n" not in message
    assert str(broken) in message


def test_floats_stay_what_they_are(stored):
    weights = Checkpoint.open(stored(TINY_EN, "int8")[0]).weights()
    assert all(as_floats(weight) is weight for weight in weights.values())
