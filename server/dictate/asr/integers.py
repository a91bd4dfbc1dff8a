"""Matrices as small integers: how they are rounded, how they lie in a file, how they become floats.

`int8`: one scale per output row, symmetric. `int4`: a scale and an offset per group of inputs, in
the bfloat16 that torch's 4-bit kernels take. Every row is rounded by itself and by the same
operations on every device, so integers that were made once and stored are those that loading the
floats would make.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeVar

import torch
from torch.nn import functional

IntegerKind = Literal["int8", "int4"]

INT4_GROUP: Final = 32
"""Inputs that share a scale and an offset."""

_INT8_LIMIT: Final = 127
_INT4_LEVELS: Final = 15  # steps between the lowest and the highest of 16 values
_INT4_MIDDLE: Final = 8  # the integer that stands for the offset itself
_CHUNK_ELEMENTS: Final = 2**22  # of a matrix that is being quantised: 16 MiB in float32
_SMALLEST_SCALE: Final = 1e-12


@dataclass(frozen=True)
class Int8Weight:
    """A matrix in 8 bits: `integers * scales`.

    Attributes:
        integers: int8 [outputs, inputs].
        scales: float32 [outputs, 1].
    """

    integers: torch.Tensor
    scales: torch.Tensor

    @property
    def shape(self) -> tuple[int, int]:
        """(outputs, inputs)."""
        outputs, inputs = self.integers.shape
        return outputs, inputs

    def to(self, device: torch.device) -> "Int8Weight":
        """The same on `device`."""
        return Int8Weight(self.integers.to(device), self.scales.to(device))

    def floats(self) -> torch.Tensor:
        """Float32 [outputs, inputs]."""
        return self.integers.to(torch.float32).mul_(self.scales)


@dataclass(frozen=True)
class Int4Weight:
    """A matrix in 4 bits: `(integer - 8) * scale + offset`, an integer being 0 to 15.

    Attributes:
        pairs: uint8 [outputs, inputs / 2]; of two neighbouring inputs the first is the upper half.
        scales: bfloat16 [outputs, inputs / 32].
        offsets: bfloat16 [outputs, inputs / 32].
    """

    pairs: torch.Tensor
    scales: torch.Tensor
    offsets: torch.Tensor

    @property
    def shape(self) -> tuple[int, int]:
        """(outputs, inputs)."""
        outputs, pairs = self.pairs.shape
        return outputs, 2 * pairs

    def to(self, device: torch.device) -> "Int4Weight":
        """The same on `device`."""
        return Int4Weight(self.pairs.to(device), self.scales.to(device), self.offsets.to(device))

    def integers(self) -> torch.Tensor:
        """Uint8 [outputs, inputs], 0 to 15."""
        return torch.stack([self.pairs >> 4, self.pairs & 15], -1).flatten(1)

    def floats(self) -> torch.Tensor:
        """Float32 [outputs, inputs]."""
        groups = self.integers().reshape(len(self.pairs), -1, INT4_GROUP).to(torch.float32)
        groups = groups.sub_(_INT4_MIDDLE).mul_(self.scales.float()[..., None])
        return groups.add_(self.offsets.float()[..., None]).flatten(1)

    def padded(self, outputs: int) -> "Int4Weight":
        """With so many rows of zeros below that their number is a multiple of `outputs`."""
        rows = (0, 0, 0, -self.pairs.shape[0] % outputs)
        if not rows[-1]:
            return self
        parts = (self.pairs, self.scales, self.offsets)
        return Int4Weight(*(functional.pad(part, rows) for part in parts))


Weight = torch.Tensor | Int8Weight | Int4Weight
"""A matrix as a checkpoint has it; its `shape` is (outputs, inputs)."""


def kind_for(wanted: IntegerKind, inputs: int) -> IntegerKind:
    """How a matrix is kept where `wanted` is: one whose inputs are no whole groups in 8 bits."""
    return "int4" if wanted == "int4" and inputs % INT4_GROUP == 0 else "int8"


def as_floats(weight: Weight) -> torch.Tensor:
    """Floats as they are stored, integers as float32."""
    return weight if isinstance(weight, torch.Tensor) else weight.floats()


def join(weights: Sequence[Weight]) -> Weight:
    """Matrices of the same input, one below the other; of several kinds they become floats."""
    first = weights[0]
    if isinstance(first, Int8Weight):
        eights = [weight for weight in weights if isinstance(weight, Int8Weight)]
        if len(eights) == len(weights):
            return Int8Weight(
                torch.cat([one.integers for one in eights]),
                torch.cat([one.scales for one in eights]),
            )
    elif isinstance(first, Int4Weight):
        fours = [weight for weight in weights if isinstance(weight, Int4Weight)]
        if len(fours) == len(weights):
            return Int4Weight(
                torch.cat([one.pairs for one in fours]),
                torch.cat([one.scales for one in fours]),
                torch.cat([one.offsets for one in fours]),
            )
    return torch.cat([as_floats(weight) for weight in weights])


def to_int8(weight: Weight, device: torch.device) -> Int8Weight:
    """A stored matrix in 8 bits, on `device`, without a copy of all of it in float32."""
    if isinstance(weight, Int8Weight):
        return weight.to(device)
    parts = _by_rows(as_floats(weight), device, lambda rows: Int8Weight(*quantise_rows(rows)))
    joined = join(parts)
    assert isinstance(joined, Int8Weight), "all parts are of one kind"
    return joined


def to_int4(weight: Weight, device: torch.device) -> Int4Weight:
    """A stored matrix in 4 bits, on `device`; its inputs are whole groups."""
    if isinstance(weight, Int4Weight):
        return weight.to(device)
    joined = join(_by_rows(as_floats(weight), device, _quantise_groups))
    assert isinstance(joined, Int4Weight), "all parts are of one kind"
    return joined


_Part = TypeVar("_Part", Int8Weight, Int4Weight)


def _by_rows(
    weight: torch.Tensor, device: torch.device, quantise: Callable[[torch.Tensor], _Part]
) -> list[_Part]:
    rows = max(1, _CHUNK_ELEMENTS // weight.shape[1])
    return [quantise(chunk.to(device, torch.float32)) for chunk in torch.split(weight, rows)]


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


def _quantise_groups(weight: torch.Tensor) -> Int4Weight:
    """Float32 [outputs, inputs] to 16 values per group between its lowest and its highest."""
    groups = weight.reshape(len(weight), -1, INT4_GROUP)
    low, high = groups.amin(-1, keepdim=True), groups.amax(-1, keepdim=True)
    # A product, for a quotient with a number is rounded differently on CUDA.
    scales = (high - low).mul_(1.0 / _INT4_LEVELS).clamp_(min=_SMALLEST_SCALE)
    integers = ((groups - low) / scales).round_().clamp_(0, _INT4_LEVELS).to(torch.uint8).flatten(1)
    offsets = low + _INT4_MIDDLE * scales
    return Int4Weight(
        (integers[:, ::2] << 4) | integers[:, 1::2],
        scales.squeeze(-1).to(torch.bfloat16),
        offsets.squeeze(-1).to(torch.bfloat16),
    )
