"""Matrix products in every precision: the same call, whatever the weights are kept as.

Quantised products scale each row of the input by itself. Integer sums are exact in any order, so a
row's result does not depend on how many rows it is computed with.
"""

from typing import Final, Protocol

import torch
from torch.nn import functional

from dictate.asr.integers import (
    INT4_GROUP,
    Int4Weight,
    Weight,
    as_floats,
    kind_for,
    quantise_rows,
    to_int4,
    to_int8,
)
from dictate.asr.precision import (
    Precision,
    Side,
    activation_dtype,
    int8_is_fast,
    is_quantised,
)

_INT8_SIGN: Final = 0x80
_INT4_OUTPUTS: Final = 64  # torch's 4-bit kernels want the outputs in blocks of so many
_INT4_INPUTS: Final = 1024  # and the CUDA one the inputs in so many, for 8 inner tiles
_INT4_INNER_TILES: Final = 8
_CUDA_INT8_ROWS: Final = 32  # torch._int_mm wants more than 16 rows on CUDA, and multiples of 8
_CUDA_INT8_BLOCK: Final = 8


class Linear(Protocol):
    """`x @ weight.T + bias`."""

    @property
    def bytes(self) -> int:
        """Memory that the weights take."""
        ...

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """[..., inputs] -> [..., outputs], in the activations' dtype."""
        ...


def make_linear(
    weight: Weight,
    bias: torch.Tensor | None,
    precision: Precision,
    side: Side,
    device: torch.device,
) -> Linear:
    """The product with `weight` [outputs, inputs], kept as `precision` says, on `device`.

    Args:
        weight: of any floating-point dtype, or integers as they were stored; those are used as
            they are where they suit, else they become floats first.
        bias: [outputs], or None.
        precision: see `precision.is_quantised`: small matrices may stay floating-point.
        side: the model's half it belongs to.
        device: where it will run.
    """
    dtype = activation_dtype(precision, device)
    moved_bias = None if bias is None else bias.to(device, dtype)
    outputs, inputs = weight.shape
    if not is_quantised(precision, side, outputs, inputs, device):
        return DenseLinear(as_floats(weight).to(device, dtype).contiguous(), moved_bias)
    if precision == "int4" and kind_for("int4", inputs) == "int4":
        if device.type == "cpu":
            return Int4LinearCpu(to_int4(weight, device), moved_bias)
        if device.type == "cuda" and inputs % _INT4_INPUTS == 0:
            return Int4LinearCuda(to_int4(weight, device), moved_bias)
    rows = to_int8(weight, device)
    quantised, scales = rows.integers, rows.scales
    # Processors without these instructions would add in 16 bits, and overflow.
    if device.type == "cpu" and int8_is_fast():
        return Int8LinearCpu(quantised, scales, moved_bias)
    if device.type == "cuda" and inputs % _CUDA_INT8_BLOCK == 0:
        return Int8LinearCuda(quantised, scales.to(dtype), moved_bias)
    return Int8LinearAnywhere(quantised, scales.to(dtype), moved_bias)


def gelu_(x: torch.Tensor) -> torch.Tensor:
    """The activation between two products, in place: new memory costs more than it."""
    y: torch.Tensor = torch.ops.aten.gelu_(x)
    return y


class DenseLinear:
    """Floating-point weights."""

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor | None) -> None:
        self.weight = weight
        self._bias = bias

    @property
    def bytes(self) -> int:
        """See `Linear`."""
        return self.weight.nbytes

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """See `Linear`."""
        return functional.linear(x, self.weight, self._bias)


class Int8LinearCpu:
    """8-bit weights and activations, multiplied by oneDNN's integer kernels."""

    def __init__(
        self, weight: torch.Tensor, scales: torch.Tensor, bias: torch.Tensor | None
    ) -> None:
        """Pack int8 [outputs, inputs] with float32 scales [outputs, 1]."""
        self._outputs = weight.shape[0]
        self._packed = torch.ops.onednn.qlinear_prepack(weight.contiguous(), None)
        self._scales = scales.flatten().contiguous()
        self._zero_points = torch.zeros(self._outputs, dtype=torch.int64)
        self._bias = bias
        self.bytes = weight.nbytes + self._scales.nbytes

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """See `Linear`."""
        integers, scales = quantise_rows(x.reshape(-1, x.shape[-1]))
        # The fast kernels take unsigned inputs: the sign bit flipped is 128 added.
        y: torch.Tensor = torch.ops.onednn.qlinear_pointwise(
            integers.view(torch.uint8).bitwise_xor_(_INT8_SIGN),
            1.0,
            _INT8_SIGN,
            self._packed,
            self._scales,
            self._zero_points,
            None,
            1.0,
            0,
            torch.float32,
            "none",
            [],
            "",
        )
        # In place: memory that is new costs more than the sum.
        if self._bias is None:
            y.mul_(scales)
        else:
            torch.addcmul(self._bias, y, scales, out=y)
        return y.view(*x.shape[:-1], self._outputs)


class Int8LinearCuda:
    """8-bit weights and activations, multiplied by cuBLASLt.

    Few rows are padded: reading half the bytes of float16 is what matters then.
    """

    def __init__(
        self, weight: torch.Tensor, scales: torch.Tensor, bias: torch.Tensor | None
    ) -> None:
        """Take int8 [outputs, inputs] with scales [outputs, 1] in the activations' dtype."""
        self._outputs = weight.shape[0]
        self._weight = functional.pad(weight, (0, 0, 0, -self._outputs % _CUDA_INT8_BLOCK)).t()
        self._scales = scales.flatten().float()
        self._bias = bias
        self.bytes = self._weight.nbytes + self._scales.nbytes

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """See `Linear`."""
        rows = x.reshape(-1, x.shape[-1])
        count = rows.shape[0]
        integers, scales = quantise_rows(rows.float())
        padded = max(_CUDA_INT8_ROWS, count + -count % _CUDA_INT8_BLOCK)
        integers = functional.pad(integers, (0, 0, 0, padded - count))
        sums = torch._int_mm(integers, self._weight)[:count, : self._outputs]
        y = (sums * scales * self._scales).to(x.dtype)
        if self._bias is not None:
            y = y + self._bias
        return y.view(*x.shape[:-1], self._outputs)


class Int8LinearAnywhere:
    """8-bit weights, floating-point products: saves memory where no integer kernel is at hand."""

    def __init__(
        self, weight: torch.Tensor, scales: torch.Tensor, bias: torch.Tensor | None
    ) -> None:
        """Take int8 [outputs, inputs] with scales [outputs, 1] in the activations' dtype."""
        self._weight = weight
        self._scales = scales.flatten()
        self._bias = bias
        self.bytes = weight.nbytes + scales.nbytes

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """See `Linear`."""
        y = functional.linear(x, self._weight.to(x.dtype)) * self._scales
        return y if self._bias is None else y + self._bias


class Int4LinearCpu:
    """4-bit weights in groups of inputs, bfloat16 products: torch's kernel is slow in others."""

    def __init__(self, weight: Int4Weight, bias: torch.Tensor | None) -> None:
        """Pack [outputs, inputs]."""
        self._outputs = weight.shape[0]
        padded = weight.padded(_INT4_OUTPUTS)
        integers = padded.integers().to(torch.int32)
        self._packed = torch.ops.aten._convert_weight_to_int4pack_for_cpu(integers, 1)
        self._scales = _scales_and_offsets(padded)
        self._bias = bias
        self.bytes = self._packed.nbytes + self._scales.nbytes

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """See `Linear`."""
        y: torch.Tensor = torch.ops.aten._weight_int4pack_mm_for_cpu(
            x.reshape(-1, x.shape[-1]).to(torch.bfloat16), self._packed, INT4_GROUP, self._scales
        )
        y = y[:, : self._outputs].to(x.dtype)
        if self._bias is not None:
            y = y + self._bias
        return y.reshape(*x.shape[:-1], self._outputs)


class Int4LinearCuda:
    """4-bit weights in groups of inputs, bfloat16 products."""

    def __init__(self, weight: Int4Weight, bias: torch.Tensor | None) -> None:
        """Pack [outputs, inputs] on its device; inputs are a multiple of 1024."""
        self._outputs = weight.shape[0]
        padded = weight.padded(_INT4_OUTPUTS)
        self._packed = torch.ops.aten._convert_weight_to_int4pack(padded.pairs, _INT4_INNER_TILES)
        self._scales = _scales_and_offsets(padded)
        self._bias = bias
        self.bytes = self._packed.nbytes + self._scales.nbytes

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """See `Linear`."""
        y: torch.Tensor = torch.ops.aten._weight_int4pack_mm(
            x.reshape(-1, x.shape[-1]), self._packed, INT4_GROUP, self._scales
        )
        y = y[:, : self._outputs]
        if self._bias is not None:
            y = y + self._bias
        return y.reshape(*x.shape[:-1], self._outputs)


def _scales_and_offsets(weight: Int4Weight) -> torch.Tensor:
    """Bfloat16 [groups, outputs, 2], as torch's kernels want them."""
    return torch.stack([weight.scales, weight.offsets], -1).transpose(0, 1).contiguous()
