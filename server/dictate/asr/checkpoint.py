"""A Whisper checkpoint folder: its configuration files and its weights, read and checked.

Everything a decoder must know (mel bins, window, vocabulary, special tokens, suppressed tokens) is
read from the folder's own files, in the layout that `transformers` writes.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors import SafetensorError, safe_open

from dictate.asr.layout import Layout, LayoutError, check, read_layout
from dictate.errors import DictateError

Role = Literal["target", "draft"]

_WEIGHTS = "model.safetensors"
_WEIGHTS_INDEX = "model.safetensors.index.json"
# Ids that generation_config.json names; each must be in the vocabulary.
_TOKEN_KEYS = (
    "begin_suppress_tokens",
    "decoder_start_token_id",
    "eos_token_id",
    "lang_to_id",
    "no_timestamps_token_id",
    "prev_sot_token_id",
    "suppress_tokens",
    "task_to_id",
)


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
    """An opened checkpoint folder: its files agree; weights are not read before `weights()`.

    Attributes:
        layout: shape and type of every tensor, from the weights' header.
    """

    folder: Path
    role: Role
    dimensions: Dimensions
    framing: Framing
    generation: Mapping[str, Any]
    tokenizer_path: Path
    layout: Layout

    @property
    def name(self) -> str:
        """The folder's own name, preceded by its parent's: enough to tell checkpoints apart."""
        return f"{self.folder.parent.name}/{self.folder.name}"

    @classmethod
    def open(cls, folder: Path, role: Role = "target") -> "Checkpoint":
        """Read and check the configuration files of `folder` and the header of its weights.

        Raises:
            CheckpointError: a file is missing, unreadable, cut short or contradicts another; a
                tensor is missing, misshapen, not floating-point, or foreign to such a Whisper.
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
        _check_dimensions(dimensions, folder, role)
        if (
            framing.mel_bins != dimensions.mel_bins
            or framing.window_frames != 2 * dimensions.max_source_positions
        ):
            raise CheckpointError(
                f"{role}: config.json and preprocessor_config.json of {folder} disagree on mel "
                "bins or window: install the pair again",
                role,
            )
        _check_token_ids(generation, dimensions.vocabulary_size, folder, role)
        layout = _read_layout(folder, role, dimensions)
        return cls(folder, role, dimensions, framing, generation, tokenizer_path, layout)

    def weights(self, *, has_encoder: bool = True) -> dict[str, torch.Tensor]:
        """All tensors by name, memory-mapped from the safetensors file or shards.

        Args:
            has_encoder: False leaves out the encoder's.

        Raises:
            CheckpointError: a file cannot be read, or a tensor holds values that are no numbers.
        """
        names = [
            name for name in self.layout if has_encoder or not name.startswith("model.encoder.")
        ]
        tensors = dict(zip(names, self.tensors(names), strict=True))
        for name, tensor in tensors.items():
            # The least and the greatest tell of both in one pass: NaN wins, infinity stands out.
            if not all(bool(torch.isfinite(value)) for value in torch.aminmax(tensor)):
                raise CheckpointError(
                    f"{self.role}: {name} in {self.folder} holds values that are no numbers: "
                    "install the pair again",
                    self.role,
                )
        return tensors

    def tensors(self, names: Sequence[str]) -> Iterator[torch.Tensor]:
        """The tensors with these names of `layout`, memory-mapped, one by one and as stored.

        Raises:
            CheckpointError: a file cannot be read.
        """
        with ExitStack() as stack:
            stored = {}
            try:
                for path in _weight_files(self.folder, self.role):
                    file = stack.enter_context(safe_open(path, framework="pt"))
                    for name in file.keys():  # noqa: SIM118 - it is no mapping
                        stored[name] = file
                        stored.setdefault(f"model.{name}", file)
                for name in names:
                    file = stored[name]
                    own = name if name in file.keys() else name.removeprefix("model.")  # noqa: SIM118
                    yield file.get_tensor(own)
            except (SafetensorError, OSError, KeyError) as error:
                raise _damaged(self.folder, self.role, error) from error


def _read_layout(folder: Path, role: Role, dimensions: Dimensions) -> Layout:
    paths = list(_weight_files(folder, role))
    for path in paths:
        if not path.is_file():
            raise _missing(path, role)
    try:
        layout = read_layout(paths)
    except (SafetensorError, OSError) as error:
        raise _damaged(folder, role, error) from error
    try:
        check(layout, dimensions)
    except LayoutError as error:
        raise CheckpointError(f"{role}: {folder} {error}: install the pair again", role) from error
    return layout


def _weight_files(folder: Path, role: Role) -> Iterator[Path]:
    index = folder / _WEIGHTS_INDEX
    if not index.is_file():
        yield folder / _WEIGHTS
        return
    shards = _read_json(index, role).get("weight_map")
    names = set(shards.values()) if isinstance(shards, dict) else set()
    # A shard lies in the folder itself: nothing here may lead out of it.
    if not names or not all(
        isinstance(name, str) and Path(name).name == name and name not in {"", ".", ".."}
        for name in names
    ):
        raise CheckpointError(
            f"{role}: {index} names no weight files: install the pair again", role
        )
    yield from (folder / name for name in sorted(names))


def _damaged(folder: Path, role: Role, error: Exception) -> CheckpointError:
    return CheckpointError(
        f"{role}: the weights in {folder} are damaged ({error}): install the pair again", role
    )


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


def _check_dimensions(dimensions: Dimensions, folder: Path, role: Role) -> None:
    sizes = {name: value for name, value in vars(dimensions).items() if not isinstance(value, bool)}
    wrong = next((name for name, value in sizes.items() if value < 1), None)
    if wrong is None and (
        dimensions.width % dimensions.encoder_heads or dimensions.width % dimensions.decoder_heads
    ):
        wrong = "number of attention heads"
    if wrong is not None:
        raise CheckpointError(
            f"{role}: config.json of {folder} gives an impossible {wrong}: install the pair again",
            role,
        )


def _check_token_ids(
    generation: Mapping[str, Any], vocabulary_size: int, folder: Path, role: Role
) -> None:
    for key in _TOKEN_KEYS:
        value = generation.get(key)
        ids = list(value.values()) if isinstance(value, dict) else value
        for token in ids if isinstance(ids, list) else [ids]:
            if token is not None and not (isinstance(token, int) and 0 <= token < vocabulary_size):
                raise CheckpointError(
                    f"{role}: {key} in generation_config.json of {folder} names {token!r}, which "
                    "is not in the vocabulary: install the pair again",
                    role,
                )


def _missing(path: Path, role: Role) -> CheckpointError:
    return CheckpointError(f"{role}: {path} is missing: install the pair again", role)
