"""Whether two checkpoints hear alike: then the sound is encoded once, and one encoder is kept.

Distilled Whispers are trained with their teacher's encoder frozen, so that theirs is the very same;
a configuration cannot tell, for turbo has large-v3's and was fine-tuned. So the weights decide.
"""

import torch

from dictate.asr.checkpoint import Checkpoint, Dimensions

_ENCODER = "model.encoder."


def shares_encoder(target: Checkpoint, draft: Checkpoint) -> bool:
    """Whether `draft` may hear through `target`'s encoder: every value of both is the same.

    Raises:
        CheckpointError: a file cannot be read.
    """
    if target.framing != draft.framing:
        return False
    if _heard_by(target.dimensions) != _heard_by(draft.dimensions):
        return False
    names = [name for name in target.layout if name.startswith(_ENCODER)]
    if set(names) != {name for name in draft.layout if name.startswith(_ENCODER)}:
        return False  # one of them is stored as integers
    # The small tensors first: encoders that differ do so in their norms already.
    names.sort(key=lambda name: target.layout[name].elements)
    pairs = zip(target.tensors(names), draft.tensors(names), strict=True)
    return all(_equal(ours, theirs) for ours, theirs in pairs)


def _heard_by(dimensions: Dimensions) -> tuple[int, ...]:
    return (
        dimensions.mel_bins,
        dimensions.width,
        dimensions.encoder_layers,
        dimensions.encoder_heads,
        dimensions.encoder_ffn,
        dimensions.max_source_positions,
    )


def _equal(ours: torch.Tensor, theirs: torch.Tensor) -> bool:
    wider = torch.promote_types(ours.dtype, theirs.dtype)
    return torch.equal(ours.to(wider), theirs.to(wider))
