"""Training that begins from an exported folder instead of from nothing.

The vocabulary and the number of decoder layers may differ: a new piece begins as the mean of the
old pieces that spell it, a new decoder layer as one that passes on what it is given.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import torch

if TYPE_CHECKING:
    from transformers import WhisperForConditionalGeneration, WhisperTokenizerFast

_LAYERS: Final = "model.decoder.layers."
_EMBEDDING: Final = "model.decoder.embed_tokens.weight"
# A residual layer without these adds nothing.
_OUTPUTS: Final = ("self_attn.out_proj", "encoder_attn.out_proj", "fc2")


@torch.no_grad()
def start_from(
    folder: Path, whisper: WhisperForConditionalGeneration, tokenizer: WhisperTokenizerFast
) -> None:
    """Fill a new model with an exported one's weights; both must have the same width and encoder.

    Raises:
        RuntimeError: a weight of the encoder has another shape.
    """
    from transformers import WhisperForConditionalGeneration, WhisperTokenizerFast

    old = WhisperForConditionalGeneration.from_pretrained(folder)
    weights = {name: value for name, value in old.state_dict().items() if _LAYERS not in name}
    weights.pop("proj_out.weight")
    weights[_EMBEDDING] = _embedding(
        weights[_EMBEDDING], WhisperTokenizerFast.from_pretrained(folder), whisper, tokenizer
    )
    missing, unexpected = whisper.load_state_dict(weights, strict=False)
    if unexpected or any(_LAYERS not in name and name != "proj_out.weight" for name in missing):
        raise RuntimeError(f"{folder} is no smaller version of what is trained: begin without it")
    old_layers, layers = old.model.decoder.layers, whisper.model.decoder.layers
    # The old layers keep the first and the last place; the new ones stand between.
    places = [
        round(i * (len(layers) - 1) / max(len(old_layers) - 1, 1)) for i in range(len(old_layers))
    ]
    for place, layer in zip(places, old_layers, strict=True):
        layers[place].load_state_dict(layer.state_dict())
    for index, layer in enumerate(layers):
        if index not in places:
            for name in _OUTPUTS:
                output = layer.get_submodule(name)
                output.weight.zero_()
                output.bias.zero_()


def _embedding(
    old_rows: torch.Tensor,
    old_tokenizer: WhisperTokenizerFast,
    whisper: WhisperForConditionalGeneration,
    tokenizer: WhisperTokenizerFast,
) -> torch.Tensor:
    """The embedding of the new vocabulary, float32[vocab, width]."""
    rows: torch.Tensor = whisper.state_dict()[_EMBEDDING].clone()
    old_vocab = old_tokenizer.get_vocab()
    for piece, index in tokenizer.get_vocab().items():
        if index >= len(rows):
            continue
        if piece in old_vocab:
            rows[index] = old_rows[old_vocab[piece]]
        else:
            text = tokenizer.convert_tokens_to_string([piece])
            ids = old_tokenizer.encode(text, add_special_tokens=False)
            if ids:
                rows[index] = old_rows[ids].mean(0)
    return rows
