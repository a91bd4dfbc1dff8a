"""Published checkpoints as far as their headers go: real shapes, no weights."""

from dataclasses import replace

from dictate.asr.checkpoint import Checkpoint, Dimensions, Framing
from dictate.asr.layout import TensorInfo, whisper_tensors
from dictate.bench.architectures import ARCHITECTURES, Architecture, special_tokens


def published(name: str) -> Architecture:
    """A published architecture; English-only ones differ from their twins in the vocabulary."""
    shape = ARCHITECTURES.get(name)
    return shape or replace(ARCHITECTURES[name.removesuffix(".en")], name=name, languages=0)


def header_of(name: str) -> Checkpoint:
    shape = published(name)
    dimensions = Dimensions(
        mel_bins=shape.mel_bins,
        vocabulary_size=shape.text_tokens + len(special_tokens(shape)),
        width=shape.width,
        encoder_layers=shape.encoder_layers,
        encoder_heads=shape.heads,
        encoder_ffn=4 * shape.width,
        decoder_layers=shape.decoder_layers,
        decoder_heads=shape.heads,
        decoder_ffn=4 * shape.width,
        max_source_positions=50 * shape.window_s,
        max_target_positions=shape.max_target_positions,
        scale_embedding=False,
        separate_output=False,
    )
    layout = {name: TensorInfo(size, "F16") for name, size in whisper_tensors(dimensions)}
    framing = Framing(16_000, shape.mel_bins, 400, 160, 16_000 * shape.window_s)
    return Checkpoint(
        folder=None,
        role="target",
        dimensions=dimensions,
        framing=framing,
        generation={},
        tokenizer_path=None,
        layout=layout,
    )
