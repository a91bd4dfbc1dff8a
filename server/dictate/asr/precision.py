"""How precisely the weights are kept, and what follows from it: activations, and what is worth it.

`int8` and `int4` keep large matrices as small integers with one scale per output row (and, for
`int4`, per group of inputs); everything else stays floating-point.
"""

from typing import Final, Literal, get_args

import torch

from dictate.asr.checkpoint import Dimensions
from dictate.asr.integers import IntegerKind
from dictate.errors import DictateError

Precision = Literal["float32", "bfloat16", "float16", "int8", "int4"]

PRECISIONS: Final[tuple[Precision, ...]] = get_args(Precision)
AUTO: Final = "auto"

_SMALLEST_QUANTISED_ELEMENTS: Final = {"encoder": 2**15, "decoder": 2**19}
"""On a CPU, smaller matrices stay floating-point: quantising their input costs more than it saves.
The encoder multiplies hundreds of rows at a time, the decoder one (measured on AVX-512 VNNI)."""

_SMALLEST_INTEGERS_WIDTH: Final = 256
"""Narrower models lose by integers on a CPU: the bundled target, of width 192, took 1.5 times as
long in int8 and in int4 as in float32 (measured)."""

Side = Literal["encoder", "decoder"]


def choose_precision(
    wanted: str,
    device: torch.device,
    dimensions: Dimensions,
    stored: IntegerKind | None = None,
) -> Precision:
    """The precision named, or with `auto` the best that suits the device.

    Of integers in the checkpoint that is theirs, of floats float16 on an accelerator and int8 on a
    CPU, where the device can multiply them and the matrices are large enough for it to pay. Else it
    is float16 on an accelerator and float32 on a CPU.

    Args:
        wanted: `auto` or one of `PRECISIONS`.
        device: where the model will run.
        dimensions: of the model.
        stored: see `Checkpoint.stored`.

    Raises:
        DictateError: there is no such precision, or the device cannot compute in it.
    """
    if wanted == AUTO:
        if stored is not None and _pays(stored, device, dimensions):
            return stored
        if device.type != "cpu":
            return "float16"
        return "int8" if stored is None and _pays("int8", device, dimensions) else "float32"
    for precision in PRECISIONS:
        if precision == wanted:
            break
    else:
        raise DictateError(
            f"unknown dtype {wanted!r}: use {AUTO}, {', '.join(PRECISIONS[:-1])} or "
            f"{PRECISIONS[-1]}"
        )
    if precision == "bfloat16" and device.type == "cuda" and not torch.cuda.is_bf16_supported():
        raise DictateError(f"{device} cannot compute in bfloat16: use dtype float16")
    if precision == "int4" and device.type == "mps":
        raise DictateError("int4 does not run on MPS: use dtype int8")
    return precision


def int8_is_fast() -> bool:
    """Whether this CPU multiplies 8-bit integers faster than floats (VNNI or AMX)."""
    supported: bool = torch.cpu._is_vnni_supported() or torch.cpu._is_amx_tile_supported()
    return supported and hasattr(torch.ops.onednn, "qlinear_pointwise")


def _pays(kind: IntegerKind, device: torch.device, dimensions: Dimensions) -> bool:
    """Whether products of integers are no slower than of floats."""
    if device.type != "cpu":
        return not (kind == "int4" and device.type == "mps")
    return dimensions.width >= _SMALLEST_INTEGERS_WIDTH and (kind == "int4" or int8_is_fast())


def activation_dtype(precision: Precision, device: torch.device) -> torch.dtype:
    """What everything but quantised weights is computed in."""
    if precision in ("int8", "int4"):
        if device.type == "cpu":
            return torch.float32
        # The 4-bit kernels of torch take bfloat16 only.
        return torch.bfloat16 if precision == "int4" else torch.float16
    dtype: torch.dtype = getattr(torch, precision)
    return dtype


def rounds_by_shape(precision: Precision, device: torch.device) -> bool:
    """Whether a token's numbers depend on the shape of the matrices that it is computed in.

    In 16 bit they do, and on GPUs at any precision: a pass of one token and a pass of nine break
    ties differently. Integers are exact in any order, but what they are rounded from is not: a last
    bit can move one by a whole step (counted: 10 of 50 runs of base.en's shape with random weights
    in int8 differed). Float32 on a CPU leaves no ties.
    """
    return device.type != "cpu" or precision != "float32"


def is_quantised(
    precision: Precision, side: Side, outputs: int, inputs: int, device: torch.device
) -> bool:
    """Whether a matrix [outputs, inputs] is kept as integers."""
    if precision not in ("int8", "int4"):
        return False
    return device.type != "cpu" or outputs * inputs >= _SMALLEST_QUANTISED_ELEMENTS[side]
