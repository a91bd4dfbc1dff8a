"""A Whisper checkpoint folder: its configuration files and its weights, read and checked.

Everything a decoder must know (mel bins, window, vocabulary, special tokens, suppressed tokens) is
read from the folder's own files, in the layout that `transformers` writes.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from dictate.asr.checkpoint_files import CheckpointError as CheckpointError
from dictate.asr.checkpoint_files import Role as Role
from dictate.asr.checkpoint_files import damaged, missing, read_json, weight_files
from dictate.asr.integers import Int4Weight, Int8Weight, IntegerKind, Weight
from dictate.asr.layout import (
    Layout,
    LayoutError,
    check,
    integer_kind,
    integer_tensors,
    read_layout,
    whisper_tensors,
)

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

    @property
    def stored(self) -> IntegerKind | None:
        """As which integers the layers' matrices are stored; None: as floats."""
        kinds = {name.rpartition("_")[2] for name in self.layout}
        if "int4" in kinds:  # then those whose inputs are no whole groups are int8
            return "int4"
        return "int8" if "int8" in kinds else None

    @classmethod
    def open(cls, folder: Path, role: Role = "target") -> "Checkpoint":
        """Read and check the configuration files of `folder` and the header of its weights.

        Raises:
            CheckpointError: a file is missing, unreadable, cut short or contradicts another; a
                tensor is missing, misshapen, of another type, or foreign to such a Whisper.
        """
        if not folder.is_dir():
            raise CheckpointError(
                f"{role}: no checkpoint folder {folder}: install the pair again or choose another",
                role,
            )
        config = read_json(folder / "config.json", role)
        preprocessor = read_json(folder / "preprocessor_config.json", role)
        generation = read_json(folder / "generation_config.json", role)
        tokenizer_path = folder / "tokenizer.json"
        if not tokenizer_path.is_file():
            raise missing(tokenizer_path, role)
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
        _check_quantisation(config, folder, role)
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

    def weight_paths(self) -> list[Path]:
        """The files that hold the weights.

        Raises:
            CheckpointError: the list of shards cannot be read.
        """
        return list(weight_files(self.folder, self.role))

    def weights(self, *, has_encoder: bool = True) -> dict[str, Weight]:
        """All of a Whisper's tensors by name, memory-mapped from the safetensors file or shards.

        Args:
            has_encoder: False leaves out the encoder's.

        Returns:
            Floats as they are stored; a matrix that is stored as integers in one piece.

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
        if self.stored is None:
            return dict(tensors)
        weights: dict[str, Weight] = {}
        for name, shape in whisper_tensors(self.dimensions):
            if not has_encoder and name.startswith("model.encoder."):
                continue
            kind = integer_kind(self.layout, name)
            if kind is None:
                weights[name] = tensors[name]
                continue
            parts = [tensors[part] for part in integer_tensors(name, shape, kind)]
            weights[name] = Int8Weight(*parts) if kind == "int8" else Int4Weight(*parts)
        return weights

    def tensors(self, names: Sequence[str]) -> Iterator[torch.Tensor]:
        """The tensors with these names of `layout`, memory-mapped, one by one and as stored.

        Raises:
            CheckpointError: a file cannot be read.
        """
        with ExitStack() as stack:
            stored = {}
            try:
                for path in weight_files(self.folder, self.role):
                    file = stack.enter_context(safe_open(path, framework="pt"))
                    for name in file.keys():  # noqa: SIM118 - it is no mapping
                        stored[name] = file
                        stored.setdefault(f"model.{name}", file)
                for name in names:
                    file = stored[name]
                    own = name if name in file.keys() else name.removeprefix("model.")  # noqa: SIM118
                    yield file.get_tensor(own)
            except (SafetensorError, OSError, KeyError) as error:
                raise damaged(self.folder, self.role, error) from error


def _read_layout(folder: Path, role: Role, dimensions: Dimensions) -> Layout:
    paths = list(weight_files(folder, role))
    for path in paths:
        if not path.is_file():
            raise missing(path, role)
    try:
        layout = read_layout(paths)
        check(layout, dimensions)
    except (SafetensorError, OSError) as error:
        raise damaged(folder, role, error) from error
    except LayoutError as error:
        raise CheckpointError(f"{role}: {folder} {error}: {error.remedy}", role) from error
    return layout


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


def _check_quantisation(config: Mapping[str, Any], folder: Path, role: Role) -> None:
    """Other tools' integers mean something else; transformers writes in the config whose they are.

    Ours name no method, and are known by the weights' header.
    """
    quantisation = config.get("quantization_config")
    method = quantisation.get("quant_method") if isinstance(quantisation, dict) else None
    if method is not None:
        raise CheckpointError(
            f"{role}: {folder} is quantised for {method}: choose the floating-point checkpoint and "
            "a dtype, or `dictate train quantise` it",
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
