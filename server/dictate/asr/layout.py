"""Which tensors a Whisper has, and what a safetensors file says it holds, read without the weights.

Names and shapes are those that `transformers` writes (modeling_whisper.py); a checkpoint saved
without the language model's head lacks the leading `model.`, which is added here.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from safetensors import safe_open

if TYPE_CHECKING:
    from dictate.asr.checkpoint import Dimensions

OUTPUT = "proj_out.weight"
"""The vocabulary's projection; a checkpoint that ties it to the embedding may leave it out."""

_FLOAT_BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2}


class LayoutError(Exception):
    """A checkpoint's tensors are not those of a Whisper with its dimensions; says which one."""


@dataclass(frozen=True)
class TensorInfo:
    """A tensor as the file's header has it: its shape, and its type by safetensors' name."""

    shape: tuple[int, ...]
    dtype: str

    @property
    def elements(self) -> int:
        """How many values it holds."""
        return math.prod(self.shape)


Layout = dict[str, TensorInfo]


def read_layout(paths: Iterable[Path]) -> Layout:
    """What `paths` hold, from their headers alone.

    Raises:
        SafetensorError: a file is cut short, or its header is none.
        OSError: a file cannot be read.
    """
    layout: Layout = {}
    for path in paths:
        with safe_open(path, framework="pt") as file:
            for name in file.keys():  # noqa: SIM118 - it is no mapping
                entry = file.get_slice(name)
                layout[name] = TensorInfo(tuple(entry.get_shape()), str(entry.get_dtype()))
    if any(name.startswith("model.") for name in layout):
        return layout
    return {name if name == OUTPUT else f"model.{name}": tensor for name, tensor in layout.items()}


def check(layout: Mapping[str, TensorInfo], dimensions: "Dimensions") -> None:
    """See that `layout` holds exactly the tensors of a Whisper of `dimensions`.

    Raises:
        LayoutError: naming the first tensor that is missing, misshapen, no floating-point one or
            of no use to a Whisper. What a model would silently do without is not its author's.
    """
    expected: set[str] = set()
    for name, shape in whisper_tensors(dimensions):
        tensor = layout.get(name)
        if tensor is None:
            raise LayoutError(f"lacks the tensor {name}")
        if tensor.shape != shape:
            raise LayoutError(
                f"holds {name} as {list(tensor.shape)} where its config.json wants {list(shape)}"
            )
        if tensor.dtype not in _FLOAT_BYTES:
            raise LayoutError(f"holds {name} as {tensor.dtype} instead of floating-point numbers")
        expected.add(name)
    foreign = sorted(name for name in layout if name not in expected and name != OUTPUT)
    if foreign:
        raise LayoutError(f"holds {len(foreign)} tensors that no such Whisper has ({foreign[0]})")


def whisper_tensors(dimensions: "Dimensions") -> Iterator[tuple[str, tuple[int, ...]]]:
    """Names and shapes of every tensor, the encoder's first."""
    width = dimensions.width
    yield "model.encoder.conv1.weight", (width, dimensions.mel_bins, 3)
    yield "model.encoder.conv1.bias", (width,)
    yield "model.encoder.conv2.weight", (width, width, 3)
    yield "model.encoder.conv2.bias", (width,)
    yield "model.encoder.embed_positions.weight", (dimensions.max_source_positions, width)
    yield from _stack("encoder", dimensions.encoder_layers, width, dimensions.encoder_ffn)
    yield "model.decoder.embed_tokens.weight", (dimensions.vocabulary_size, width)
    yield "model.decoder.embed_positions.weight", (dimensions.max_target_positions, width)
    yield from _stack("decoder", dimensions.decoder_layers, width, dimensions.decoder_ffn)
    if dimensions.separate_output:
        yield OUTPUT, (dimensions.vocabulary_size, width)


def _stack(side: str, layers: int, width: int, inner: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    attentions = ("self_attn",) if side == "encoder" else ("self_attn", "encoder_attn")
    for layer in range(layers):
        name = f"model.{side}.layers.{layer}"
        for attention in attentions:
            for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
                yield f"{name}.{attention}.{part}.weight", (width, width)
                if part != "k_proj":
                    yield f"{name}.{attention}.{part}.bias", (width,)
            yield from _norm(f"{name}.{attention}_layer_norm", width)
        yield f"{name}.fc1.weight", (inner, width)
        yield f"{name}.fc1.bias", (inner,)
        yield f"{name}.fc2.weight", (width, inner)
        yield f"{name}.fc2.bias", (width,)
        yield from _norm(f"{name}.final_layer_norm", width)
    yield from _norm(f"model.{side}.layer_norm", width)


def _norm(name: str, width: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield f"{name}.weight", (width,)
    yield f"{name}.bias", (width,)
