"""Low-rank adapters: a large matrix W is left alone, and a small product B A learned beside it.

Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models", 2021 (arXiv 2106.09685): B begins
as zeros, so that an adapted model begins as the one it adapts; the product is scaled by alpha / r.

They are torch parametrizations: while adapted, a layer's weight *is* W + s B A. Merging keeps just
that sum, so a merged model computes, bit for bit, what the adapted one did. (The `peft` library
adds the two products' results instead, which rounds elsewhere, and it brings `accelerate` along.)
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

PROJECTIONS: Final = ("q_proj", "k_proj", "v_proj", "out_proj", "fc1", "fc2")
"""The linear layers of a Whisper that are adapted: all of attention and of the feed-forward."""


@dataclass(frozen=True, slots=True)
class Rank:
    """The size of the adapters: `rank` columns, and how strongly they count, `alpha` / `rank`."""

    rank: int = 8
    alpha: float = 16.0


class LowRank(nn.Module):
    """W -> W + (alpha / r) B A for float[outputs, inputs]."""

    def __init__(self, weight: Tensor, size: Rank, generator: torch.Generator) -> None:
        super().__init__()
        outputs, inputs = weight.shape
        rank = min(size.rank, outputs, inputs)
        down = torch.randn(rank, inputs, generator=generator) / math.sqrt(inputs)
        self.down = nn.Parameter(down.to(weight))
        self.up = nn.Parameter(weight.new_zeros(outputs, rank))
        self.scale = size.alpha / rank
        self.enabled = True

    def forward(self, weight: Tensor) -> Tensor:
        """The adapted weight, or `weight` itself while the adapter is switched off."""
        if not self.enabled:
            return weight
        return weight + self.scale * (self.up @ self.down).to(weight.dtype)


def adapt(
    model: nn.Module,
    size: Rank,
    seed: int,
    names: Sequence[str] = PROJECTIONS,
) -> dict[str, Tensor]:
    """Put adapters on all linear layers of these names; everything else is frozen.

    Returns:
        What is trained, by name.

    Raises:
        ValueError: there is no such layer.
    """
    generator = torch.Generator().manual_seed(seed)
    model.requires_grad_(requires_grad=False)
    found = [
        module
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear) and name.rpartition(".")[2] in names
    ]
    if not found:
        raise ValueError(f"no linear layer is called {' or '.join(names)}")
    for module in found:
        parametrize.register_parametrization(
            module, "weight", LowRank(module.weight, size, generator)
        )
    return {name: value for name, value in model.named_parameters() if value.requires_grad}


@contextmanager
def without_adapters(model: nn.Module) -> Iterator[None]:
    """The model as it was before it was adapted."""
    adapters = [module for module in model.modules() if isinstance(module, LowRank)]
    for adapter in adapters:
        adapter.enabled = False
    try:
        yield
    finally:
        for adapter in adapters:
            adapter.enabled = True


def merge(model: nn.Module) -> None:
    """Make the adapted weights the model's own; it is an ordinary one again."""
    for module in list(model.modules()):
        if parametrize.is_parametrized(module, "weight"):
            parametrize.remove_parametrizations(module, "weight", leave_parametrized=True)
            module.weight.requires_grad = False
