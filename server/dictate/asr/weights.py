"""Takes a checkpoint's tensors one by one, checked, so that each can be packed and forgotten."""

from collections.abc import Sequence
from typing import Final

import torch

from dictate.asr.checkpoint import Checkpoint, CheckpointError
from dictate.asr.linear import Linear, make_linear
from dictate.asr.precision import Precision, Side, activation_dtype

_PREFIX: Final = "model."
_UNUSED: Final = "proj_out.weight"  # tied to the embedding in most checkpoints, and stored anyway
_NAMED_AT_MOST: Final = 3


class Weights:
    """The tensors of one checkpoint, on their way into a model."""

    def __init__(self, checkpoint: Checkpoint, device: torch.device, precision: Precision) -> None:
        """Open `checkpoint`; nothing is converted yet.

        Raises:
            CheckpointError: its files are missing or damaged.
        """
        self._checkpoint = checkpoint
        self._tensors = {
            name.removeprefix(_PREFIX): tensor for name, tensor in checkpoint.weights().items()
        }
        self.device = device
        self.precision: Precision = precision
        self.dtype = activation_dtype(precision, device)

    def raw(self, name: str, shape: Sequence[int]) -> torch.Tensor:
        """The tensor `name` as it is stored; it is then no longer kept here.

        Raises:
            CheckpointError: it is missing, has another shape, or is no floating-point tensor.
        """
        tensor = self._tensors.pop(name, None)
        if tensor is None:
            raise self._error(f"lacks the tensor {name}")
        if tuple(tensor.shape) != tuple(shape):
            raise self._error(
                f"has {name} of shape {tuple(tensor.shape)}, but its config.json wants "
                f"{tuple(shape)}"
            )
        if not tensor.is_floating_point():
            raise self._error(f"has {name} as {str(tensor.dtype).removeprefix('torch.')}, no float")
        return tensor

    def float(self, name: str, shape: Sequence[int]) -> torch.Tensor:
        """The tensor `name` in the activations' dtype on the device."""
        return self.raw(name, shape).to(self.device, self.dtype)

    def norm(self, name: str, width: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Weight and bias of a layer norm."""
        return self.float(f"{name}.weight", [width]), self.float(f"{name}.bias", [width])

    def linear(self, side: Side, names: Sequence[str], inputs: int, outputs: int) -> Linear:
        """One product for several projections of the same input; keys' have no bias: zeros.

        Args:
            side: the model's half they belong to.
            names: of the projections, in the order of the result.
            inputs: width of the input.
            outputs: width of each projection.
        """
        weights = [self.raw(f"{name}.weight", [outputs, inputs]) for name in names]
        biases = [
            weights[0].new_zeros(outputs)
            if name.endswith("k_proj")
            else self.raw(f"{name}.bias", [outputs])
            for name in names
        ]
        return self.pack(side, torch.cat(weights), torch.cat(biases))

    def pack(self, side: Side, weight: torch.Tensor, bias: torch.Tensor | None) -> Linear:
        """`weight` [outputs, inputs] in this model's precision."""
        return make_linear(weight, bias, self.precision, side, self.device)

    def end(self) -> None:
        """All is taken.

        Raises:
            CheckpointError: tensors are left over: it is another kind of model.
        """
        foreign = sorted(self._tensors.keys() - {_UNUSED})
        if foreign:
            named = ", ".join(foreign[:_NAMED_AT_MOST])
            more = ", …" if len(foreign) > _NAMED_AT_MOST else ""
            raise self._error(
                f"holds tensors that its config.json does not explain ({named}{more})"
            )

    def _error(self, what: str) -> CheckpointError:
        role = self._checkpoint.role
        return CheckpointError(
            f"{role}: {self._checkpoint.folder} {what}: install the pair again", role
        )
