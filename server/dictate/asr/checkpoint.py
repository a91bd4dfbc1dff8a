"""A Whisper checkpoint folder: its configuration files and its weights, read and checked.

Everything a decoder must know (mel bins, window, vocabulary, special tokens, suppressed tokens) is
read from the folder's own files, in the layout that `transformers` writes.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors import SafetensorError, safe_open

from dictate.errors import DictateError

Role = Literal["target", "draft"]

_WEIGHTS = "model.safetensors"
_WEIGHTS_INDEX = "model.safetensors.index.json"


class CheckpointError(DictateError):
    """A checkpoint folder is missing, incomplete or damaged; `role` says of which model."""

    def __init__(self, message: str, role: Role = "target") -> None:
        super().__init__(message)
        self.role: Role = role


@dataclass(frozen=True)
class Dimensions:
    """The shape of a Whisper, from `config.json`."""

    mel_bins: int
    vocabulary_size: int
    width: int
    encoder_layers: int
    encoder_heads: int
    encoder_ffn: int
    decoder_layers: int
    decoder_heads: int
    decoder_ffn: int
    max_source_positions: int
    max_target_positions: int
    scale_embedding: bool
    separate_output: bool


@dataclass(frozen=True)
class Framing:
    """How sound becomes frames, from `preprocessor_config.json`."""

    sample_rate_hz: int
    mel_bins: int
    fft_samples: int
    hop_samples: int
    window_samples: int

    @property
    def window_frames(self) -> int:
        """Mel frames in a full window."""
        return self.window_samples // self.hop_samples


@dataclass(frozen=True)
class Checkpoint:
    """An opened checkpoint folder; weights are not read before `weights()`."""

    folder: Path
    role: Role
    dimensions: Dimensions
    framing: Framing
    generation: Mapping[str, Any]
    tokenizer_path: Path

    @property
    def name(self) -> str:
        """The folder's own name, preceded by its parent's: enough to tell checkpoints apart."""
        return f"{self.folder.parent.name}/{self.folder.name}"

    @classmethod
    def open(cls, folder: Path, role: Role = "target") -> "Checkpoint":
        """Read and check the configuration files of `folder`.

        Raises:
            CheckpointError: a file is missing, unreadable or contradicts another.
        """
        if not folder.is_dir():
            raise CheckpointError(
                f"{role}: no checkpoint folder {folder}: install the pair again or choose another",
                role,
            )
        config = _read_json(folder / "config.json", role)
        preprocessor = _read_json(folder / "preprocessor_config.json", role)
        generation = _read_json(folder / "generation_config.json", role)
        tokenizer_path = folder / "tokenizer.json"
        if not tokenizer_path.is_file():
            raise _missing(tokenizer_path, role)
        if config.get("model_type") != "whisper":
            raise CheckpointError(
                f"{role}: {folder} holds a {config.get('model_type')!r} model, not a Whisper: "
                "choose a Whisper checkpoint",
                role,
            )
        try:
            dimensions = Dimensions(
                mel_bins=int(config["num_mel_bins"]),
                vocabulary_size=int(config["vocab_size"]),
                width=int(config["d_model"]),
                encoder_layers=int(config["encoder_layers"]),
                encoder_heads=int(config["encoder_attention_heads"]),
                encoder_ffn=int(config["encoder_ffn_dim"]),
                decoder_layers=int(config["decoder_layers"]),
                decoder_heads=int(config["decoder_attention_heads"]),
                decoder_ffn=int(config["decoder_ffn_dim"]),
                max_source_positions=int(config["max_source_positions"]),
                max_target_positions=int(config["max_target_positions"]),
                scale_embedding=bool(config.get("scale_embedding", False)),
                separate_output=not config.get("tie_word_embeddings", True),
            )
            framing = Framing(
                sample_rate_hz=int(preprocessor["sampling_rate"]),
                mel_bins=int(preprocessor["feature_size"]),
                fft_samples=int(preprocessor["n_fft"]),
                hop_samples=int(preprocessor["hop_length"]),
                window_samples=int(preprocessor["chunk_length"])
                * int(preprocessor["sampling_rate"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError(
                f"{role}: {folder} has a config without a valid {error}: install the pair again",
                role,
            ) from error
        if config.get("activation_function", "gelu") != "gelu":
            raise CheckpointError(
                f"{role}: {folder} uses activation {config['activation_function']!r}, Whisper uses "
                "gelu: choose a Whisper checkpoint",
                role,
            )
        if (
            framing.mel_bins != dimensions.mel_bins
            or framing.window_frames != 2 * dimensions.max_source_positions
        ):
            raise CheckpointError(
                f"{role}: config.json and preprocessor_config.json of {folder} disagree on mel "
                "bins or window: install the pair again",
                role,
            )
        return cls(folder, role, dimensions, framing, generation, tokenizer_path)

    def weights(self) -> dict[str, torch.Tensor]:
        """All tensors by name, memory-mapped from the safetensors file or shards.

        Raises:
            CheckpointError: a file is missing, cut short or not safetensors.
        """
        tensors: dict[str, torch.Tensor] = {}
        for path in self._weight_files():
            if not path.is_file():
                raise _missing(path, self.role)
            try:
                with safe_open(path, framework="pt") as file:
                    names = file.keys()
                    tensors.update((name, file.get_tensor(name)) for name in names)
            except (SafetensorError, OSError) as error:
                raise CheckpointError(
                    f"{self.role}: {path} is damaged ({error}): install the pair again", self.role
                ) from error
        return tensors

    def _weight_files(self) -> Iterator[Path]:
        index = self.folder / _WEIGHTS_INDEX
        if not index.is_file():
            yield self.folder / _WEIGHTS
            return
        shards = _read_json(index, self.role).get("weight_map", {})
        yield from (self.folder / name for name in sorted(set(shards.values())))


def _read_json(path: Path, role: Role) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise _missing(path, role) from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise CheckpointError(
            f"{role}: {path} cannot be read ({error}): install the pair again", role
        ) from error
    if not isinstance(content, dict):
        raise CheckpointError(f"{role}: {path} is no JSON object: install the pair again", role)
    return content


def _missing(path: Path, role: Role) -> CheckpointError:
    return CheckpointError(f"{role}: {path} is missing: install the pair again", role)
