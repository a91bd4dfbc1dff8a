"""Which tensors a Whisper has, and what a safetensors file says it holds, read without the weights.

Names and shapes are those that `transformers` writes (modeling_whisper.py); a checkpoint saved
without the language model's head lacks the leading `model.`, which is added here.

The layers' matrices may be stored as integers (see `integers`). Such a matrix X has other names,
lest somebody take the integers for its values: `X_int8` with `X_scales`, or `X_int4` with
`X_scales` and `X_offsets`; and the file's metadata has `FORMAT_KEY`.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from safetensors import safe_open

from dictate.asr.integers import INT4_GROUP, IntegerKind

if TYPE_CHECKING:
    from dictate.asr.checkpoint import Dimensions

FORMAT_KEY: Final = "quantised"
"""What the metadata of a file with integers is called."""

FORMAT: Final = "dictate-1"
"""And what it says: a later version that reads otherwise will say so."""

OUTPUT = "proj_out.weight"
"""The vocabulary's projection; a checkpoint that ties it to the embedding may leave it out."""

_FLOAT_BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2}


class LayoutError(Exception):
    """A checkpoint's tensors are not those of a Whisper with its dimensions; says which one.

    Attributes:
        remedy: what to do about it.
    """

    def __init__(self, message: str, remedy: str = "install the pair again") -> None:
        super().__init__(message)
        self.remedy = remedy


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
        LayoutError: its integers are of a format that is not known.
    """
    layout: Layout = {}
    for path in paths:
        with safe_open(path, framework="pt") as file:
            written = (file.metadata() or {}).get(FORMAT_KEY, FORMAT)
            if written != FORMAT:
                raise LayoutError(
                    f"holds weights in the format {written!r}, which this version cannot read",
                    "update Dictate",
                )
            for name in file.keys():  # noqa: SIM118 - it is no mapping
                entry = file.get_slice(name)
                layout[name] = TensorInfo(tuple(entry.get_shape()), str(entry.get_dtype()))
    if any(name.startswith("model.") for name in layout):
        return layout
    return {name if name == OUTPUT else f"model.{name}": tensor for name, tensor in layout.items()}


def check(layout: Mapping[str, TensorInfo], dimensions: "Dimensions") -> None:
    """See that `layout` holds exactly the tensors of a Whisper of `dimensions`.

    Raises:
        LayoutError: naming the first tensor that is missing, misshapen, of another type or of no
            use to a Whisper. What a model would silently do without is not its author's.
    """
    expected: set[str] = set()
    for name, shape in whisper_tensors(dimensions):
        kind = integer_kind(layout, name) if may_be_integers(name, shape) else None
        if kind is None:
            _check_tensor(layout, name, shape)
            if layout[name].dtype not in _FLOAT_BYTES:
                raise LayoutError(
                    f"holds {name} as {layout[name].dtype} instead of floating-point numbers"
                )
            expected.add(name)
            continue
        if kind == "int4" and shape[1] % INT4_GROUP:
            raise LayoutError(f"holds {name} in int4, which its {shape[1]} inputs do not allow")
        for part, wanted in integer_tensors(name, shape, kind).items():
            _check_tensor(layout, part, wanted.shape)
            if layout[part].dtype != wanted.dtype:
                raise LayoutError(f"holds {part} as {layout[part].dtype} instead of {wanted.dtype}")
            expected.add(part)
    foreign = sorted(name for name in layout if name not in expected and name != OUTPUT)
    if foreign:
        raise LayoutError(f"holds {len(foreign)} tensors that no such Whisper has ({foreign[0]})")


def _check_tensor(layout: Mapping[str, TensorInfo], name: str, shape: tuple[int, ...]) -> None:
    tensor = layout.get(name)
    if tensor is None:
        raise LayoutError(f"lacks the tensor {name}")
    if tensor.shape != shape:
        raise LayoutError(
            f"holds {name} as {list(tensor.shape)} where its config.json wants {list(shape)}"
        )


def may_be_integers(name: str, shape: tuple[int, ...]) -> bool:
    """Whether a Whisper's tensor is one of those that are stored as integers: a layer's matrix."""
    return ".layers." in name and len(shape) == 2


def integer_kind(layout: Mapping[str, TensorInfo], name: str) -> IntegerKind | None:
    """As which integers the matrix `name` is stored; None: as none."""
    if name in layout:
        return None
    if f"{name}_int8" in layout:
        return "int8"
    return "int4" if f"{name}_int4" in layout else None


def integer_tensors(name: str, shape: tuple[int, ...], kind: IntegerKind) -> dict[str, TensorInfo]:
    """What the matrix `name` [outputs, inputs] is stored as; see `integers` for what it means."""
    outputs, inputs = shape
    if kind == "int8":
        return {
            f"{name}_int8": TensorInfo((outputs, inputs), "I8"),
            f"{name}_scales": TensorInfo((outputs, 1), "F32"),
        }
    groups = TensorInfo((outputs, inputs // INT4_GROUP), "BF16")
    return {
        f"{name}_int4": TensorInfo((outputs, inputs // 2), "U8"),
        f"{name}_scales": groups,
        f"{name}_offsets": groups,
    }


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
