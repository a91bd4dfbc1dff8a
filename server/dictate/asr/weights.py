"""Takes a checkpoint's tensors one by one, so that each can be packed and forgotten.

`Checkpoint.open` has checked that all are there, and in what shape.
"""

from typing import Final

import torch

from dictate.asr.checkpoint import Checkpoint
from dictate.asr.integers import Weight, join
from dictate.asr.linear import Linear, make_linear
from dictate.asr.precision import Precision, Side, activation_dtype

_PREFIX: Final = "model."


class Weights:
    """The tensors of one checkpoint, on their way into a model."""

    def __init__(
        self,
        checkpoint: Checkpoint,
        device: torch.device,
        precision: Precision,
        *,
        has_encoder: bool = True,
    ) -> None:
        """Open `checkpoint`; nothing is converted yet.

        Args:
            checkpoint: opened.
            device: where the model will run.
            precision: of the weights.
            has_encoder: False leaves the encoder's tensors where they are.

        Raises:
            CheckpointError: its files are missing or damaged.
        """
        tensors = checkpoint.weights(has_encoder=has_encoder)
        self._tensors = {name.removeprefix(_PREFIX): tensor for name, tensor in tensors.items()}
        self.device = device
        self.precision: Precision = precision
        self.dtype = activation_dtype(precision, device)

    def raw(self, name: str) -> torch.Tensor:
        """The floating-point tensor `name` as it is stored; it is then no longer kept here."""
        tensor = self._matrix(name)
        assert isinstance(tensor, torch.Tensor), "only the layers' matrices are stored as integers"
        return tensor

    def _matrix(self, name: str) -> Weight:
        return self._tensors.pop(name)

    def float(self, name: str) -> torch.Tensor:
        """The tensor `name` in the activations' dtype on the device."""
        return self.raw(name).to(self.device, self.dtype)

    def norm(self, name: str) -> tuple[torch.Tensor, torch.Tensor]:
        """Weight and bias of a layer norm."""
        return self.float(f"{name}.weight"), self.float(f"{name}.bias")

    def linear(self, side: Side, *names: str) -> Linear:
        """One product for several projections of the same input; keys have no bias: zeros.

        Args:
            side: the model's half they belong to.
            names: of the projections, in the order of the result.
        """
        weights = [self._matrix(f"{name}.weight") for name in names]
        biases = [
            torch.zeros(weight.shape[0]) if name.endswith("k_proj") else self.raw(f"{name}.bias")
            for name, weight in zip(names, weights, strict=True)
        ]
        return self.pack(side, join(weights), torch.cat(biases))

    def pack(self, side: Side, weight: Weight, bias: torch.Tensor | None) -> Linear:
        """`weight` [outputs, inputs] in this model's precision."""
        return make_linear(weight, bias, self.precision, side, self.device)
