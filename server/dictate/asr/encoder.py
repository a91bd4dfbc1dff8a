"""The half that listens: log-mel features to source states."""

import torch
from torch.nn import functional

from dictate.asr.attention import Attention
from dictate.asr.checkpoint import Dimensions
from dictate.asr.linear import Linear, gelu_
from dictate.asr.weights import Weights

_KERNEL = 3  # both convolutions see three frames; the second moves by two


class _Layer:
    """Self-attention over the sound, then a perceptron, both behind a layer norm."""

    def __init__(self, weights: Weights, index: int, dimensions: Dimensions) -> None:
        name, width = f"encoder.layers.{index}", dimensions.width
        self._norm_shape = (width,)
        self._heads = dimensions.encoder_heads
        projections = [f"{name}.self_attn.{part}_proj" for part in "qkv"]
        self.query_key_value = weights.linear("encoder", *projections)
        self.out = weights.linear("encoder", f"{name}.self_attn.out_proj")
        self._attention_norm = weights.norm(f"{name}.self_attn_layer_norm")
        self.up = weights.linear("encoder", f"{name}.fc1")
        self.down = weights.linear("encoder", f"{name}.fc2")
        self._ffn_norm = weights.norm(f"{name}.final_layer_norm")

    @property
    def linears(self) -> list[Linear]:
        """All products."""
        return [self.query_key_value, self.out, self.up, self.down]

    def __call__(self, x: torch.Tensor, attention: Attention) -> torch.Tensor:
        """[B, S, width] -> [B, S, width], in place."""
        batch, length, _ = x.shape
        normed = functional.layer_norm(x, self._norm_shape, *self._attention_norm)
        projected = self.query_key_value(normed).view(batch, length, 3, self._heads, -1)
        queries, keys, values = projected.permute(2, 0, 3, 1, 4).unbind(0)
        mixed = attention.sound(queries, keys, values).transpose(1, 2).flatten(2)
        x += self.out(mixed)
        normed = functional.layer_norm(x, self._norm_shape, *self._ffn_norm)
        x += self.down(gelu_(self.up(normed)))
        return x


class Encoder:
    """Two convolutions and a stack of layers."""

    def __init__(self, weights: Weights, dimensions: Dimensions, attention: Attention) -> None:
        width = dimensions.width
        self._attention = attention
        self._norm_shape = (width,)
        self.conv1 = _convolution(weights, "encoder.conv1")
        self.conv2 = _convolution(weights, "encoder.conv2")
        self._positions = weights.float("encoder.embed_positions.weight")
        self.layers = [
            _Layer(weights, index, dimensions) for index in range(dimensions.encoder_layers)
        ]
        self._norm = weights.norm("encoder.layer_norm")

    @property
    def linears(self) -> list[Linear]:
        """All products."""
        return [self.conv1, self.conv2, *(part for layer in self.layers for part in layer.linears)]

    def __call__(self, features: torch.Tensor) -> torch.Tensor:
        """Encode [B, mel_bins, frames] into [B, frames / 2, width].

        Fewer frames than the window take the first positions, which only a checkpoint trained on
        short windows understands.
        """
        frames = features.transpose(1, 2).to(self._positions.dtype)
        x = gelu_(self.conv1(_neighbours(frames, stride=1)))
        x = gelu_(self.conv2(_neighbours(x, stride=2)))
        x += self._positions[: x.shape[1]]
        for layer in self.layers:
            x = layer(x, self._attention)
        return functional.layer_norm(x, self._norm_shape, *self._norm)


def _convolution(weights: Weights, name: str) -> Linear:
    """A convolution as a product over neighbouring frames: quantised like all others."""
    weight = weights.raw(f"{name}.weight")  # [outputs, inputs, 3]
    bias = weights.raw(f"{name}.bias")
    return weights.pack("encoder", weight.transpose(1, 2).flatten(1), bias)


def _neighbours(frames: torch.Tensor, stride: int) -> torch.Tensor:
    """Every `stride`th frame with those beside it: [B, T, C] -> [B, T / stride, 3 C]; zeros around.

    A view: neighbouring frames lie side by side already.
    """
    batch, length, channels = frames.shape
    padded = functional.pad(frames, (0, 0, 1, 1)).contiguous()
    return padded.as_strided(
        (batch, length // stride, _KERNEL * channels),
        (padded.stride(0), stride * channels, 1),
    )
