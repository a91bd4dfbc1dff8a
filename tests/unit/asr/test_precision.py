"""Every precision: close to float32, and a row's numbers are its own."""

import pytest
import torch

from dictate.asr.checkpoint import Checkpoint
from dictate.asr.integers import quantise_rows
from dictate.asr.linear import Int4LinearCpu, Int8LinearAnywhere, Int8LinearCpu, make_linear
from dictate.asr.model import Whisper
from dictate.asr.precision import PRECISIONS, choose_precision, int8_is_fast
from dictate.errors import DictateError
from tests.rigs.checkpoints import TINY, Architecture

CPU = torch.device("cpu")
needs_int8 = pytest.mark.skipif(not int8_is_fast(), reason="needs a processor with VNNI or AMX")
WIDE = Architecture("base.en", 80, False, 99, 2, 2, width=256, heads=4)


def relative_error(actual, expected):
    return float((actual.float() - expected).norm() / expected.norm())


@pytest.mark.parametrize(("precision", "largest_error"), [("int8", 0.02), ("int4", 0.15)])
def test_quantised_products_are_close_and_small(precision, largest_error, rng):
    for _ in range(20):
        outputs, inputs = (int(n) * 32 for n in rng.integers(32, 48, 2))
        weight, bias = torch.randn(outputs, inputs), torch.randn(outputs)
        linear = make_linear(weight, bias, precision, "decoder", CPU)
        assert isinstance(linear, Int8LinearCpu | Int8LinearAnywhere | Int4LinearCpu)
        x = torch.randn(2, int(rng.integers(1, 40)), inputs)
        expected = torch.nn.functional.linear(x, weight, bias)
        assert linear(x).shape == expected.shape
        assert relative_error(linear(x), expected) < largest_error
        assert linear.bytes < weight.nbytes / (3.5 if precision == "int8" else 6)


@needs_int8
@torch.inference_mode()
def test_an_int8_row_is_the_same_alone_and_among_others(rng):
    for _ in range(50):
        outputs, inputs = (int(n) * 8 for n in rng.integers(64, 160, 2))
        linear = make_linear(torch.randn(outputs, inputs), None, "int8", "encoder", CPU)
        x = torch.randn(int(rng.integers(2, 30)), inputs) * 10.0 ** float(rng.uniform(-4, 3))
        row = int(rng.integers(len(x)))
        assert torch.equal(linear(x)[row], linear(x[row : row + 1])[0])


@needs_int8
@torch.inference_mode()
def test_both_int8_products_agree(rng):
    for _ in range(20):
        weight, bias = torch.randn(512, 256), torch.randn(512)
        packed = make_linear(weight, bias, "int8", "encoder", CPU)
        assert isinstance(packed, Int8LinearCpu)
        anywhere = Int8LinearAnywhere(*quantise_rows(weight), bias)
        x = torch.randn(int(rng.integers(1, 9)), 256)
        assert relative_error(packed(x), anywhere(x)) < 0.02


@torch.inference_mode()
def test_without_the_instructions_int8_weights_are_multiplied_as_floats(monkeypatch):
    monkeypatch.setattr("dictate.asr.linear.int8_is_fast", lambda: False)
    weight, x = torch.randn(512, 1024), torch.randn(3, 1024)
    linear = make_linear(weight, None, "int8", "decoder", CPU)
    assert isinstance(linear, Int8LinearAnywhere)
    assert relative_error(linear(x), torch.nn.functional.linear(x, weight)) < 0.02


def test_rows_of_zeros_stay_zeros():
    linear = make_linear(torch.randn(512, 512), None, "int8", "encoder", CPU)
    assert torch.equal(linear(torch.zeros(3, 512)), torch.zeros(3, 512))


@torch.inference_mode()
@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_model_in_every_precision_stays_near_float32(checkpoint, precision):
    opened = Checkpoint.open(checkpoint(WIDE, 0))
    torch.manual_seed(0)
    features, tokens = torch.randn(1, 80, 300), torch.randint(0, 50_000, (1, 12))
    logits = {}
    for one in ("float32", precision):
        model = Whisper.load(opened, CPU, one)
        cache = model.new_cache()
        model.begin(cache, features)
        logits[one] = model.step(tokens, cache.lengths, cache)
        assert logits[one].dtype == torch.float32
    largest = {"float32": 0.0, "int4": 0.35}.get(precision, 0.1)
    assert relative_error(logits[precision], logits["float32"]) <= largest


@torch.inference_mode()
def test_int8_takes_about_a_quarter_of_the_memory(checkpoint):
    opened = Checkpoint.open(checkpoint(WIDE, 0))
    float32, int8 = (Whisper.load(opened, CPU, name) for name in ("float32", "int8"))
    # The token vectors are kept twice: as rows to look up, and packed for the logits.
    assert int8.weight_bytes < 0.55 * float32.weight_bytes


def test_auto_quantises_on_a_processor_only_what_gains_by_it(checkpoint, bundled, monkeypatch):
    wide = Checkpoint.open(checkpoint(WIDE, 0)).dimensions
    narrow = Checkpoint.open(bundled / "target").dimensions
    monkeypatch.setattr("dictate.asr.precision.int8_is_fast", lambda: True)
    assert choose_precision("auto", CPU, wide) == "int8"
    assert choose_precision("auto", CPU, narrow) == "float32"
    monkeypatch.setattr("dictate.asr.precision.int8_is_fast", lambda: False)
    assert choose_precision("auto", CPU, wide) == "float32"


def test_an_unknown_precision_is_one_line_that_names_the_known(checkpoint):
    wide = Checkpoint.open(checkpoint(WIDE, 0)).dimensions
    with pytest.raises(DictateError, match=r"unknown dtype 'int3': use auto, float32, .* or int4"):
        choose_precision("int3", CPU, wide)


@torch.inference_mode()
def test_tiny_models_run_in_int8_with_small_matrices_left_alone(checkpoint):
    model = Whisper.load(Checkpoint.open(checkpoint(TINY, 0)), CPU, "int8")
    cache = model.new_cache()
    model.begin(cache, torch.randn(1, 80, 100))
    assert torch.isfinite(model.step(torch.tensor([[5, 6]]), cache.lengths, cache)).all()
