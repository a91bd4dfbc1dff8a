"""Matrix products in every precision: the same call, whatever the weights are kept as.

Quantised products scale each row of the input by itself. Integer sums are exact in any order, so a
row's result does not depend on how many rows it is computed with.
"""

from typing import Final, Protocol

import torch
from torch.nn import functional

from dictate.asr.precision import (
    Precision,
    Side,
    activation_dtype,
    int8_is_fast,
    is_quantised,
)

_INT8_LIMIT: Final = 127
_INT8_SIGN: Final = 0x80
_INT4_GROUP: Final = 32
_INT4_OUTPUTS: Final = 64  # torch's 4-bit kernels want the outputs in blocks of so many
_INT4_INPUTS: Final = 1024  # and the CUDA one the inputs in so many, for 8 inner tiles
_INT4_INNER_TILES: Final = 8
_CHUNK_ELEMENTS: Final = 2**22  # of a matrix that is being quantised: 16 MiB in float32
_SMALLEST_SCALE: Final = 1e-12
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
    weight: torch.Tensor,
    bias: torch.Tensor | None,
    precision: Precision,
    side: Side,
    device: torch.device,
) -> Linear:
    """The product with `weight` [outputs, inputs], kept as `precision` says, on `device`.

    Args:
        weight: of any floating-point dtype.
        bias: [outputs], or None.
        precision: see `precision.is_quantised`: small matrices may stay floating-point.
        side: the model's half it belongs to.
        device: where it will run.
    """
    dtype = activation_dtype(precision, device)
    moved_bias = None if bias is None else bias.to(device, dtype)
    outputs, inputs = weight.shape
    if not is_quantised(precision, side, outputs, inputs, device):
        return DenseLinear(weight.to(device, dtype).contiguous(), moved_bias)
    if precision == "int4" and inputs % _INT4_GROUP == 0:
        if device.type == "cpu":
            return Int4LinearCpu(weight, moved_bias)
        if device.type == "cuda" and inputs % _INT4_INPUTS == 0:
            return Int4LinearCuda(weight.to(device), moved_bias)
    quantised, scales = quantise_weight(weight, device)
    # Processors without these instructions would add in 16 bits, and overflow.
    if device.type == "cpu" and int8_is_fast():
        return Int8LinearCpu(quantised, scales, moved_bias)
    if device.type == "cuda" and inputs % _CUDA_INT8_BLOCK == 0:
        return Int8LinearCuda(quantised, scales.to(dtype), moved_bias)
    return Int8LinearAnywhere(quantised, scales.to(dtype), moved_bias)


def quantise_weight(
    weight: torch.Tensor, device: torch.device
) -> tuple[torch.Tensor, torch.Tensor]:
    """`quantise_rows` of a stored matrix, on `device`, without a copy of all of it in float32."""
    rows = max(1, _CHUNK_ELEMENTS // weight.shape[1])
    chunks = torch.split(weight, rows)
    parts = [quantise_rows(chunk.to(device, torch.float32)) for chunk in chunks]
    return torch.cat([part for part, _ in parts]), torch.cat([scales for _, scales in parts])


def quantise_rows(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Symmetric 8-bit integers with one scale per row.

    Args:
        x: float [rows, columns].

    Returns:
        int8 [rows, columns] and float [rows, 1]; their product is about `x`.
    """
    # Two plain reductions are several times faster here than one of absolute values.
    scales = torch.maximum(x.amax(-1, keepdim=True), x.amin(-1, keepdim=True).neg_())
    scales = scales.clamp_(min=_SMALLEST_SCALE).mul_(1.0 / _INT8_LIMIT)
    return torch.mul(x, scales.reciprocal()).round_().to(torch.int8), scales


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

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor | None) -> None:
        """Quantise float [outputs, inputs]; inputs are a multiple of the group."""
        self._outputs = weight.shape[0]
        integers, scales = _quantise_groups(_pad_outputs(weight.float()))
        self._packed = torch.ops.aten._convert_weight_to_int4pack_for_cpu(integers, 1)
        self._scales = scales.to(torch.bfloat16)
        self._bias = bias
        self.bytes = self._packed.nbytes + self._scales.nbytes

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """See `Linear`."""
        y: torch.Tensor = torch.ops.aten._weight_int4pack_mm_for_cpu(
            x.reshape(-1, x.shape[-1]).to(torch.bfloat16), self._packed, _INT4_GROUP, self._scales
        )
        y = y[:, : self._outputs].to(x.dtype)
        if self._bias is not None:
            y = y + self._bias
        return y.reshape(*x.shape[:-1], self._outputs)


class Int4LinearCuda:
    """4-bit weights in groups of inputs, bfloat16 products."""

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor | None) -> None:
        """Quantise float [outputs, inputs] on its device; inputs are a multiple of 1024."""
        self._outputs = weight.shape[0]
        integers, scales = _quantise_groups(_pad_outputs(weight.float()))
        bytes_of_two = ((integers[:, ::2] << 4) | integers[:, 1::2]).to(torch.uint8)
        self._packed = torch.ops.aten._convert_weight_to_int4pack(bytes_of_two, _INT4_INNER_TILES)
        self._scales = scales.to(torch.bfloat16)
        self._bias = bias
        self.bytes = self._packed.nbytes + self._scales.nbytes

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """See `Linear`."""
        y: torch.Tensor = torch.ops.aten._weight_int4pack_mm(
            x.reshape(-1, x.shape[-1]), self._packed, _INT4_GROUP, self._scales
        )
        y = y[:, : self._outputs]
        if self._bias is not None:
            y = y + self._bias
        return y.reshape(*x.shape[:-1], self._outputs)


def _pad_outputs(weight: torch.Tensor) -> torch.Tensor:
    return functional.pad(weight, (0, 0, 0, -weight.shape[0] % _INT4_OUTPUTS))


def _quantise_groups(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Integers 0..15 with a scale and an offset per group, in the layout of torch's kernels.

    Returns:
        int32 [outputs, inputs] and float [groups, outputs, 2] (scale, offset):
        weight = (integer - 8) * scale + offset.
    """
    outputs, inputs = weight.shape
    groups = weight.view(outputs, inputs // _INT4_GROUP, _INT4_GROUP)
    low, high = groups.amin(-1, keepdim=True), groups.amax(-1, keepdim=True)
    scales = ((high - low) / 15).clamp_(min=_SMALLEST_SCALE)
    integers = ((groups - low) / scales).round_().clamp_(0, 15).to(torch.int32)
    offsets = low + 8 * scales
    pairs = torch.cat([scales, offsets], -1).transpose(0, 1).contiguous()
    return integers.view(outputs, inputs), pairs
