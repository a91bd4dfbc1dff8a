"""A Whisper's folder becomes a smaller one: half-precision floats, or small integers with scales.

The integers are those that the engine makes when it loads the floats with the same `dtype`, so that
it writes the same tokens from either folder. What is no large matrix of a layer stays as it is:
embeddings, convolutions, norms, biases. transformers does not know the integers and refuses them.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, get_args

import torch
from safetensors.torch import save_file

from dictate.asr.checkpoint import Checkpoint
from dictate.asr.integers import IntegerKind, as_floats, kind_for, to_int4, to_int8
from dictate.asr.layout import FORMAT, FORMAT_KEY, OUTPUT, may_be_integers
from dictate.errors import DictateError

Stored = Literal["float16", "int8", "int4"]

STORED: Final[tuple[Stored, ...]] = get_args(Stored)

_WEIGHTS: Final = "model.safetensors"
_OTHER_WEIGHTS: Final = (".safetensors", ".bin", ".h5", ".msgpack", ".onnx", ".pt", ".pth")
_PROCESSOR: Final = torch.device("cpu")
_MB: Final = 10**6
# Header, configuration, tokenizer: more than they ever take.
_SPARE_BYTES: Final = 16 * _MB


class QuantiseError(DictateError):
    """A folder cannot be written smaller."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """What the weights take on disk, in bytes, before and after."""

    before: int
    after: int


def quantise(folder: Path, dtype: Stored, out: Path) -> Sizes:
    """Write `folder`'s Whisper to `out` in `dtype`.

    Args:
        folder: a checkpoint of floating-point weights, in one file or shards.
        dtype: how the weights are kept: all as float16, or the layers' matrices as integers.
        out: a folder that does not exist yet, or an empty one; it appears when it is whole.

    Raises:
        CheckpointError: `folder` is not a whole Whisper.
        QuantiseError: it is quantised already, holds values beyond float16, `out` is taken or the
            disk is full.
    """
    checkpoint = Checkpoint.open(folder)
    if checkpoint.stored is not None:
        raise QuantiseError(
            f"{folder} holds {checkpoint.stored} weights already: quantise the checkpoint that it "
            "was made from"
        )
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise QuantiseError(f"{out} is there already: choose another folder for --out")
    tensors = _tensors(checkpoint, dtype)
    partial = out.with_name(f".{out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        _check_room(partial, tensors, out)
        metadata = {"format": "pt"} | ({} if dtype == "float16" else {FORMAT_KEY: FORMAT})
        save_file(tensors, partial / _WEIGHTS, metadata)
        # Written for its owner alone; in a package everyone reads it.
        (partial / _WEIGHTS).chmod(0o644)
        _copy_rest(folder, partial)
        _write_config(partial / "config.json", dtype)
        _note_in_card(partial / "README.md", dtype)
        if out.exists():
            out.rmdir()
        partial.rename(out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return Sizes(weight_bytes(folder), weight_bytes(out))


def weight_bytes(folder: Path) -> int:
    """What the safetensors files of a folder take on disk."""
    return sum(path.stat().st_size for path in folder.glob("*.safetensors"))


def _tensors(checkpoint: Checkpoint, dtype: Stored) -> dict[str, torch.Tensor]:
    """All tensors as they will be stored."""
    tensors: dict[str, torch.Tensor] = {}
    for name, weight in checkpoint.weights().items():
        values = as_floats(weight)
        if name == OUTPUT and not checkpoint.dimensions.separate_output:
            continue  # the embedding once more
        if dtype == "float16":
            tensors[name] = _half(name, values, checkpoint.folder)
        elif may_be_integers(name, tuple(values.shape)):
            tensors |= _integers(name, values, dtype)
        else:
            tensors[name] = values.contiguous()
    return tensors


def _half(name: str, values: torch.Tensor, folder: Path) -> torch.Tensor:
    half = values.to(torch.float16).contiguous()
    if not bool(torch.isfinite(half).all()):
        raise QuantiseError(
            f"{name} in {folder} holds values that are too large for float16: use --dtype int8"
        )
    return half


def _integers(name: str, values: torch.Tensor, dtype: IntegerKind) -> dict[str, torch.Tensor]:
    """See `layout.integer_tensors`."""
    if kind_for(dtype, values.shape[1]) == "int8":
        rows = to_int8(values, _PROCESSOR)
        return {f"{name}_int8": rows.integers, f"{name}_scales": rows.scales}
    groups = to_int4(values, _PROCESSOR)
    return {
        f"{name}_int4": groups.pairs,
        f"{name}_scales": groups.scales,
        f"{name}_offsets": groups.offsets,
    }


def _check_room(place: Path, tensors: dict[str, torch.Tensor], out: Path) -> None:
    needed = sum(tensor.nbytes for tensor in tensors.values()) + _SPARE_BYTES
    free = shutil.disk_usage(place).free
    if free < needed:
        raise QuantiseError(
            f"{out} would take {needed / _MB:.0f} MB and {free / _MB:.0f} MB are free: make room "
            "or choose another disk"
        )


def _copy_rest(folder: Path, out: Path) -> None:
    """Tokenizer, configuration, model card and licence: all files but weights, in any format."""
    for path in sorted(folder.iterdir()):
        is_weights = path.suffix in _OTHER_WEIGHTS or path.name.endswith(".index.json")
        if path.is_file() and not is_weights and not path.name.startswith("."):
            shutil.copyfile(path, out / path.name)


def _write_config(path: Path, dtype: Stored) -> None:
    config = json.loads(path.read_text(encoding="utf-8"))
    if dtype == "float16":
        # transformers 4 calls it torch_dtype.
        key = "torch_dtype" if "torch_dtype" in config and "dtype" not in config else "dtype"
        config[key] = dtype
    else:
        # Without a `quant_method` transformers stops with an error; an unknown one it would warn
        # of and go on, with weights that it makes up.
        config["quantization_config"] = {"format": FORMAT, "weights": dtype}
    path.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def _note_in_card(path: Path, dtype: Stored) -> None:
    """Say in the model card, behind its front matter, that its figures are of other weights."""
    if not path.is_file():
        return
    card = path.read_text(encoding="utf-8")
    note = (
        f"> The weights in this folder were rounded to {dtype} by `dictate train quantise`. Sizes "
        "and error rates\n> below are those of the weights before.\n\n"
    )
    start = card.find("\n---\n", 3) + len("\n---\n") if card.startswith("---\n") else 0
    path.write_text(card[:start] + note + card[start:].lstrip("\n"), encoding="utf-8")
