"""Folders of heads with random weights."""

from pathlib import Path

import msgspec
import numpy as np
import torch
from safetensors.torch import save_file

from dictate.asr.checkpoint import Checkpoint
from dictate.asr.drafts.heads import (
    JSON_NAME,
    TENSORS_NAME,
    CtcSizes,
    MedusaSizes,
    ctc_network_of,
    describe,
    heads_tensors,
    medusa_network_of,
)


def shaken(network: torch.nn.Module, rng: np.random.Generator) -> torch.nn.Module:
    """The same network with every weight drawn at random."""
    generator = torch.Generator().manual_seed(int(rng.integers(2**31)))
    with torch.no_grad():
        for value in network.parameters():
            value.copy_(0.5 * torch.randn(value.shape, generator=generator))
    return network.eval().requires_grad_(requires_grad=False)


def make_heads(
    folder: Path,
    target: Path,
    rng: np.random.Generator,
    kinds: tuple[str, ...] = ("medusa", "ctc"),
) -> Path:
    """Write random heads of the target in `target` to `folder`."""
    checkpoint = Checkpoint.open(target)
    width = checkpoint.dimensions.width
    medusa = MedusaSizes(int(rng.integers(1, 7)), int(rng.integers(1, 20)))
    ctc = CtcSizes(int(rng.integers(4, 20)), 1, 2 * int(rng.integers(0, 4)) + 1, 2)
    tensors: dict[str, torch.Tensor] = {}
    if "medusa" in kinds:
        tensors |= heads_tensors("medusa", shaken(medusa_network_of(medusa, width), rng))
    if "ctc" in kinds:
        network = shaken(ctc_network_of(ctc, width), rng)
        tensors |= heads_tensors("ctc", network)
    description = describe(
        checkpoint, medusa if "medusa" in kinds else None, ctc if "ctc" in kinds else None
    )
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, folder / TENSORS_NAME)
    (folder / JSON_NAME).write_bytes(msgspec.json.encode(description))
    return folder
