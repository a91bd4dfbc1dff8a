"""The published Whispers' architectures, written as checkpoints with random weights.

Time depends on shapes, not on what weights know, so a published architecture can be timed where its
weights cannot be had. Such a checkpoint says nothing sensible, but it behaves: its vocabulary has
the published size and layout of special tokens, it never chooses one of those (so that a bound on
the tokens is what ends it, in every library alike), and it depends on sound, position and tokens.
"""

import json
import math
import os
import string
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from dictate.asr.checkpoint import Dimensions
from dictate.asr.layout import whisper_tensors
from dictate.asr.tokens import byte_characters
from dictate.errors import DictateError

# Spread of the logits: its largest of some 50,000 values is then far from the second largest, as
# a trained model's is, so that no guard against senseless text fires.
_LOGIT_SPREAD = 20.0
# Length of the last norm's bias, in standard deviations of the state's projection on it; special
# tokens are embedded against it, so their logits lie that far below the average.
_BIAS_LENGTH = 5.0
# Sharpens cross-attention, which would else average the whole sound away, and raises its share.
_CROSS_GAIN = 3.0
_POSITION_GAIN = 2.0
_TIMESTAMPS = 1501


@dataclass(frozen=True)
class Architecture:
    """What distinguishes a published Whisper.

    Attributes:
        languages: how many language tokens the vocabulary has; 0 for the English-only layout, whose
            vocabulary has 99 of them without use.
        window_s: the sound that one encoder pass takes.
    """

    name: str
    mel_bins: int
    languages: int
    width: int
    heads: int
    encoder_layers: int
    decoder_layers: int
    window_s: int = 30
    max_target_positions: int = 448

    @property
    def text_tokens(self) -> int:
        """How many ids write bytes; the next one ends the text."""
        return 50_257 if self.languages else 50_256

    @property
    def parameters(self) -> int:
        """How many weights there are, tied ones once."""
        return sum(math.prod(shape) for _, shape in whisper_tensors(_dimensions(self)))

    def shrunk(self, width: int, heads: int, layers: int, window_s: int) -> "Architecture":
        """The same layout at a size for tests."""
        return replace(
            self,
            name=f"{self.name}-shrunk-{width}x{layers}",
            width=width,
            heads=heads,
            encoder_layers=min(layers, self.encoder_layers),
            decoder_layers=min(layers, self.decoder_layers),
            window_s=window_s,
        )


# From each model's config.json on the Hugging Face hub (openai/whisper-*, distil-whisper/*).
ARCHITECTURES: dict[str, Architecture] = {
    architecture.name: architecture
    for architecture in (
        Architecture("tiny", 80, 99, 384, 6, 4, 4),
        Architecture("tiny.en", 80, 0, 384, 6, 4, 4),
        Architecture("base", 80, 99, 512, 8, 6, 6),
        Architecture("base.en", 80, 0, 512, 8, 6, 6),
        Architecture("small", 80, 99, 768, 12, 12, 12),
        Architecture("small.en", 80, 0, 768, 12, 12, 12),
        Architecture("medium", 80, 99, 1024, 16, 24, 24),
        Architecture("large-v2", 80, 99, 1280, 20, 32, 32),
        Architecture("large-v3", 128, 100, 1280, 20, 32, 32),
        Architecture("large-v3-turbo", 128, 100, 1280, 20, 32, 4),
        Architecture("distil-small.en", 80, 0, 768, 12, 12, 4),
        Architecture("distil-large-v2", 80, 99, 1280, 20, 32, 2),
        Architecture("distil-large-v3", 128, 100, 1280, 20, 32, 2),
    )
}


def architecture(name: str) -> Architecture:
    """The published architecture of that name.

    Raises:
        DictateError: there is none.
    """
    if name not in ARCHITECTURES:
        raise DictateError(f"unknown architecture {name!r}: use one of {', '.join(ARCHITECTURES)}")
    return ARCHITECTURES[name]


def random_checkpoint(
    shape: Architecture, folder: Path, *, seed: int = 0, dtype: torch.dtype = torch.float32
) -> Path:
    """A checkpoint folder of `shape` with random weights, written unless it is there already.

    Args:
        shape: a published architecture, or one `shrunk`.
        folder: where such checkpoints are kept; the checkpoint gets a folder of its own there.
        seed: the same seed gives the same weights.
        dtype: of the stored weights; float16 halves what the large ones take on the disk.
    """
    checkpoint = folder / f"{shape.name}-seed{seed}-{str(dtype).removeprefix('torch.')}"
    complete = checkpoint / "architecture.json"
    recipe = json.dumps(asdict(shape))
    if complete.is_file() and complete.read_text(encoding="utf-8") == recipe:
        return checkpoint
    checkpoint.mkdir(parents=True, exist_ok=True)
    special = special_tokens(shape)
    _write_json(checkpoint / "config.json", _config(shape, special))
    _write_json(checkpoint / "generation_config.json", _generation(shape, special))
    _write_json(checkpoint / "preprocessor_config.json", _preprocessor(shape))
    _tokenizer(shape, special).save(str(checkpoint / "tokenizer.json"))
    partial = checkpoint / f"model.safetensors.{os.getpid()}"
    save_file(_weights(shape, seed, dtype, special), partial, metadata={"format": "pt"})
    partial.replace(checkpoint / "model.safetensors")
    # Written last: it says that the rest is whole.
    complete.write_text(recipe, encoding="utf-8")
    return checkpoint


def special_tokens(shape: Architecture) -> dict[str, int]:
    """Ids of the special tokens by name, in the layout of openai/whisper, tokenizer.py."""
    languages = list(_language_codes(shape.languages or 99))
    names = [
        "<|endoftext|>",
        "<|startoftranscript|>",
        *(f"<|{code}|>" for code in languages),
        "<|translate|>",
        "<|transcribe|>",
        "<|startoflm|>",
        "<|startofprev|>",
        "<|nospeech|>",
        "<|notimestamps|>",
        *(f"<|{0.02 * index:.2f}|>" for index in range(_TIMESTAMPS)),
    ]
    return {name: shape.text_tokens + index for index, name in enumerate(names)}


def _language_codes(count: int) -> Iterator[str]:
    """English first, as published; the others only have to be distinct."""
    yield "en"
    letters = string.ascii_lowercase
    for index in range(count - 1):
        yield f"x{letters[index // 26]}{letters[index % 26]}"


def _dimensions(shape: Architecture) -> Dimensions:
    return Dimensions(
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


def _weights(
    shape: Architecture, seed: int, dtype: torch.dtype, special: dict[str, int]
) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    width = shape.width
    weights: dict[str, torch.Tensor] = {}
    for name, size in whisper_tensors(_dimensions(shape)):
        if name.endswith("norm.weight"):
            values = torch.ones(size)
        elif name.endswith("norm.bias"):
            values = torch.zeros(size)
        elif name.endswith(".bias"):
            values = 0.1 * torch.randn(size, generator=generator)
        elif name.endswith("embed_positions.weight"):
            values = _POSITION_GAIN * torch.randn(size, generator=generator)
        elif name.endswith("embed_tokens.weight"):
            values = (_LOGIT_SPREAD / width**0.5) * torch.randn(size, generator=generator)
        else:
            values = torch.randn(size, generator=generator) / math.prod(size[1:]) ** 0.5
            if "encoder_attn" in name:
                values *= _CROSS_GAIN
        weights[name] = values.to(dtype)
    # Signs in the last norm take the fed token's own embedding out of its logits; without them the
    # tied output projection would repeat one token for ever.
    signs = torch.randint(0, 2, (width,), generator=generator) * 2.0 - 1.0
    bias = torch.randn(width, generator=generator)
    bias *= _BIAS_LENGTH / bias.norm()
    weights["model.decoder.layer_norm.weight"] = signs.to(dtype)
    weights["model.decoder.layer_norm.bias"] = bias.to(dtype)
    embedding = weights["model.decoder.embed_tokens.weight"]
    against = -_LOGIT_SPREAD * bias / _BIAS_LENGTH
    embedding[min(special.values()) :] = (0.1 * embedding[min(special.values()) :] + against).to(
        dtype
    )
    return weights


def _config(shape: Architecture, special: dict[str, int]) -> dict[str, Any]:
    dimensions = _dimensions(shape)
    end = special["<|endoftext|>"]
    return {
        "architectures": ["WhisperForConditionalGeneration"],
        "model_type": "whisper",
        "activation_function": "gelu",
        "vocab_size": dimensions.vocabulary_size,
        "num_mel_bins": dimensions.mel_bins,
        "d_model": dimensions.width,
        "encoder_layers": dimensions.encoder_layers,
        "encoder_attention_heads": dimensions.encoder_heads,
        "encoder_ffn_dim": dimensions.encoder_ffn,
        "decoder_layers": dimensions.decoder_layers,
        "decoder_attention_heads": dimensions.decoder_heads,
        "decoder_ffn_dim": dimensions.decoder_ffn,
        "max_source_positions": dimensions.max_source_positions,
        "max_target_positions": dimensions.max_target_positions,
        "bos_token_id": end,
        "eos_token_id": end,
        "pad_token_id": end,
        "decoder_start_token_id": special["<|startoftranscript|>"],
        "dropout": 0.0,
        "tie_word_embeddings": True,
    }


def _generation(shape: Architecture, special: dict[str, int]) -> dict[str, Any]:
    end = special["<|endoftext|>"]
    generation: dict[str, Any] = {
        "bos_token_id": end,
        "eos_token_id": end,
        "pad_token_id": end,
        "decoder_start_token_id": special["<|startoftranscript|>"],
        "no_timestamps_token_id": special["<|notimestamps|>"],
        "prev_sot_token_id": special["<|startofprev|>"],
        "is_multilingual": bool(shape.languages),
        "max_length": shape.max_target_positions,
        "return_timestamps": False,
        "alignment_heads": [[shape.decoder_layers - 1, 0]],
    }
    if shape.languages:
        codes = _language_codes(shape.languages)
        generation["lang_to_id"] = {f"<|{code}|>": special[f"<|{code}|>"] for code in codes}
        generation["task_to_id"] = {
            task: special[f"<|{task}|>"] for task in ("transcribe", "translate")
        }
        generation["language"] = "<|en|>"
        generation["task"] = "transcribe"
    return generation


def _preprocessor(shape: Architecture) -> dict[str, Any]:
    return {
        "feature_extractor_type": "WhisperFeatureExtractor",
        "feature_size": shape.mel_bins,
        "sampling_rate": 16_000,
        "hop_length": 160,
        "n_fft": 400,
        "chunk_length": shape.window_s,
        "n_samples": 16_000 * shape.window_s,
        "nb_max_frames": 100 * shape.window_s,
        "padding_side": "right",
        "padding_value": 0.0,
        "return_attention_mask": False,
    }


def _tokenizer(shape: Architecture, special: dict[str, int]) -> Tokenizer:
    """A byte-level vocabulary of the published size: single bytes, then made-up words."""
    characters = list(byte_characters())
    vocabulary = {character: token for token, character in enumerate(characters)}
    letters = string.ascii_lowercase
    for token in range(len(characters), shape.text_tokens):
        word, rest = "", token
        for _ in range(4):
            word, rest = letters[rest % 26] + word, rest // 26
        vocabulary[f"\u0120{word}"] = token
    tokenizer = Tokenizer(models.BPE(vocabulary, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(name, special=True) for name in special])
    return tokenizer


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")
