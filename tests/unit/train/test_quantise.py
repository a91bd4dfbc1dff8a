"""A checkpoint's folder is written smaller, whole or not at all."""

import argparse
import json
import shutil
from collections import namedtuple
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from dictate.asr import CheckpointError, Pair
from dictate.asr.checkpoint import Checkpoint
from dictate.train.cli import add_arguments, bundled_folder, run
from dictate.train.quantise import QuantiseError, quantise, weight_bytes

transformers = pytest.importorskip("transformers")

BUNDLED = bundled_folder() / "target"


def _run(*words: str | Path) -> int:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return run(parser.parse_args([str(word) for word in words]))


@pytest.mark.parametrize(("dtype", "largest_share"), [("float16", 0.51), ("int8", 0.5)])
def test_the_command_says_what_the_weights_take(
    dtype: str, largest_share: float, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "smaller"
    assert _run("quantise", BUNDLED, "--dtype", dtype, "--out", out) == 0
    before, after = weight_bytes(BUNDLED), weight_bytes(out)
    assert after < largest_share * before
    said = capsys.readouterr().out
    assert f"{before / 1e6:.1f} MB of weights became {after / 1e6:.1f} MB in {dtype}" in said
    assert said.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["smaller"]


def test_int4_is_smaller_than_int8_and_all_other_files_come_along(tmp_path: Path) -> None:
    sizes = {dtype: quantise(BUNDLED, dtype, tmp_path / dtype).after for dtype in ("int8", "int4")}
    assert sizes["int4"] < sizes["int8"]
    ours, theirs = ({path.name for path in one.iterdir()} for one in (tmp_path / "int4", BUNDLED))
    assert ours == theirs
    for name in ("tokenizer.json", "generation_config.json", "preprocessor_config.json"):
        assert (tmp_path / "int4" / name).read_bytes() == (BUNDLED / name).read_bytes()
    card = (tmp_path / "int4" / "README.md").read_text()
    assert card.startswith("---\nlicense: apache-2.0")
    assert card.count("rounded to int4 by `dictate train quantise`") == 1


def test_what_is_no_matrix_of_a_layer_is_kept_as_it_is(tmp_path: Path) -> None:
    quantise(BUNDLED, "int8", tmp_path / "out")
    before, after = (load_file(one / "model.safetensors") for one in (BUNDLED, tmp_path / "out"))
    kept = [name for name in before if name in after]
    assert any("embed_tokens" in name for name in kept)
    assert any("conv1" in name for name in kept)
    assert all(torch.equal(before[name], after[name]) for name in kept)
    assert all(".layers." in name for name in before if name not in after)


def test_transformers_refuses_integers_and_loads_half_floats(tmp_path: Path) -> None:
    quantise(BUNDLED, "int8", tmp_path / "int8")
    with pytest.raises(ValueError, match="quantization config"):
        transformers.WhisperForConditionalGeneration.from_pretrained(tmp_path / "int8")
    quantise(BUNDLED, "float16", tmp_path / "float16")
    model = transformers.WhisperForConditionalGeneration.from_pretrained(tmp_path / "float16")
    assert model.dtype == torch.float16
    assert Pair.load(tmp_path / "float16", device="cpu", short_window=True).dtype == "float32"


def test_shards_and_tied_outputs_become_one_file(tmp_path: Path) -> None:
    folder = shutil.copytree(BUNDLED, tmp_path / "sharded")
    weights = load_file(folder / "model.safetensors")
    weights["proj_out.weight"] = weights["model.decoder.embed_tokens.weight"].clone()
    (folder / "model.safetensors").unlink()
    names = sorted(weights)
    index = {}
    for number, part in enumerate((names[::2], names[1::2])):
        save_file({name: weights[name] for name in part}, folder / f"model-{number}.safetensors")
        index |= dict.fromkeys(part, f"model-{number}.safetensors")
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": index}))
    (folder / "pytorch_model.bin").write_bytes(b"the same for others")
    quantise(folder, "int8", tmp_path / "out")
    quantise(BUNDLED, "int8", tmp_path / "expected")
    found = {path.name for path in (tmp_path / "out").iterdir()}
    assert found == {path.name for path in (tmp_path / "expected").iterdir()}
    one, other = (load_file(tmp_path / each / "model.safetensors") for each in ("out", "expected"))
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_what_cannot_be_is_one_line_and_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    eight, taken, large = (tmp_path / name for name in ("int8", "taken", "large"))
    quantise(BUNDLED, "int8", eight)
    shutil.copytree(BUNDLED, large)
    weights = load_file(large / "model.safetensors")
    weights["model.decoder.layers.0.fc1.weight"][0, 0] = 1e6
    save_file(weights, large / "model.safetensors", {"format": "pt"})
    taken.mkdir()
    (taken / "thesis.txt").write_text("years")
    out = tmp_path / "out"
    for folder, dtype, place, expected in (
        (tmp_path / "nowhere", "int8", out, "no checkpoint folder"),
        (eight, "int4", out, "holds int8 weights already"),
        (BUNDLED, "int8", taken, "is there already"),
        (BUNDLED, "int8", BUNDLED, "is there already"),
        (large, "float16", out, "too large for float16"),
    ):
        capsys.readouterr()
        assert _run("quantise", folder, "--dtype", dtype, "--out", place) == 1
        error = capsys.readouterr().err
        assert expected in error
        assert error.count("\n") == 1
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage(10**9, 10**9, 10**6))
    with pytest.raises(QuantiseError, match=r"would take \d+ MB and 1 MB are free"):
        quantise(BUNDLED, "int8", out)
    assert not out.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["int8", "large", "taken"]
    assert [path.name for path in taken.iterdir()] == ["thesis.txt"]


def test_a_folder_that_is_cut_off_while_it_is_written_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("dictate.train.quantise.save_file", fail)
    with pytest.raises(OSError, match="No space left"):
        quantise(BUNDLED, "int8", tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_weights_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    folder = shutil.copytree(BUNDLED, tmp_path / "broken")
    weights = load_file(folder / "model.safetensors")
    weights["model.encoder.layers.0.fc1.weight"][0, 0] = float("nan")
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(CheckpointError, match="no numbers"):
        quantise(folder, "int8", tmp_path / "out")


def test_an_empty_folder_may_be_filled(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    quantise(BUNDLED, "int4", tmp_path / "out")
    assert Checkpoint.open(tmp_path / "out").stored == "int4"
