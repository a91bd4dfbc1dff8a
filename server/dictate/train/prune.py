"""A smaller Whisper out of a larger one: fewer decoder layers, and narrower ones.

Layers are taken at maximal spacing, the last always among them, as Distil-Whisper does (Gandhi, von
Platen and Rush, "Distil-Whisper: Robust Knowledge Distillation via Large-Scale Pseudo Labelling",
2023, section 3; huggingface/distil-whisper, create_student_model.py) and as large-v3-turbo was made
(32 decoder layers to 4, then trained on). Everything else is the large one's own. What is left
writes nonsense until it is trained on.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from dictate.errors import DictateError

if TYPE_CHECKING:
    from transformers import WhisperForConditionalGeneration


class PruningError(DictateError):
    """A model cannot be cut as asked."""


def taken_layers(there: int, wanted: int) -> list[int]:
    """Which of `there` layers a model of `wanted` layers is made of, in order, the last included.

    Raises:
        PruningError: there are not so many.
    """
    if not 1 <= wanted <= there:
        raise PruningError(
            f"{wanted} decoder layers cannot be taken from {there}: choose 1 to {there}"
        )
    if wanted == 1:
        return [there - 1]
    return [index * (there - 1) // (wanted - 1) for index in range(wanted)]


def pruned(
    whisper: WhisperForConditionalGeneration, layers: int, ffn_width: int | None = None
) -> WhisperForConditionalGeneration:
    """A copy of `whisper` with fewer decoder layers; the encoder is the very same module.

    Args:
        whisper: what is copied.
        layers: of the copy's decoder.
        ffn_width: of its feed-forward networks; the units that write most are kept. None: all.

    Raises:
        PruningError: it has fewer layers, or narrower ones.
    """
    config = copy.deepcopy(whisper.config)
    taken = taken_layers(config.decoder_layers, layers)
    width = config.decoder_ffn_dim if ffn_width is None else ffn_width
    if not 1 <= width <= config.decoder_ffn_dim:
        raise PruningError(
            f"a feed-forward width of {width} cannot be cut from {config.decoder_ffn_dim}: choose "
            f"1 to {config.decoder_ffn_dim}"
        )
    config.decoder_layers = layers
    config.decoder_ffn_dim = width
    # Made without its encoder, which may be large and is replaced at once.
    config.encoder_layers = 0
    small = type(whisper)(config)
    config.encoder_layers = small.config.encoder_layers = whisper.config.encoder_layers
    small.model.encoder = whisper.model.encoder
    ours, theirs = small.model.decoder, whisper.model.decoder
    for name in ("embed_tokens", "embed_positions", "layer_norm"):
        getattr(ours, name).load_state_dict(getattr(theirs, name).state_dict())
    for layer, source in zip(ours.layers, (theirs.layers[index] for index in taken), strict=True):
        layer.load_state_dict(_narrowed(source, width))
    if not config.tie_word_embeddings:
        small.proj_out.load_state_dict(whisper.proj_out.state_dict())
    return small


@torch.no_grad()
def _narrowed(layer: nn.Module, width: int) -> dict[str, torch.Tensor]:
    """A layer's state with the `width` feed-forward units of the largest weights, in their order.

    A unit's worth is the product of the norms of what it reads with and what it writes with.
    """
    state = layer.state_dict()
    reads, writes = state["fc1.weight"], state["fc2.weight"]
    if width == reads.shape[0]:
        return state
    worth = reads.norm(dim=1) * writes.norm(dim=0)
    kept = worth.topk(width).indices.sort().values
    return state | {
        "fc1.weight": reads[kept],
        "fc1.bias": state["fc1.bias"][kept],
        "fc2.weight": writes[:, kept],
    }


def pruned_generation(
    generation: Mapping[str, Any], taken: Sequence[int], heads: int
) -> dict[str, Any]:
    """What `generation_config.json` says once only the layers `taken` are left.

    Alignment heads of layers that are gone go with them; if none is left, all heads of the last
    layer are named.
    """
    settings = dict(generation)
    named = settings.get("alignment_heads")
    if named is not None:
        places = {layer: place for place, layer in enumerate(taken)}
        left = [[places[layer], head] for layer, head in named if layer in places]
        settings["alignment_heads"] = left or [[len(taken) - 1, head] for head in range(heads)]
    return settings
