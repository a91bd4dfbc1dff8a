"""A training checkpoint becomes an ordinary Whisper folder that transformers loads unchanged."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import torch

from dictate.train.architecture import (
    BUNDLED,
    MAX_TARGET_POSITIONS,
    WINDOW_S,
    Student,
    build_config,
)
from dictate.train.targets import Labeller
from dictate.train.tokenizer import Pieces

if TYPE_CHECKING:
    from transformers import GenerationConfig, WhisperTokenizerFast

# Whisper suppresses what nobody says: these characters as pieces of their own, with and without a
# leading space. Names have underscores.
_UNSPOKEN: Final = '"#()*+/:;<=>@[\\]^`{|}~'


def suppressed_ids(labeller: Labeller) -> list[int]:
    """Ids that decoding never writes: unspoken characters, special tokens but the end of text."""
    vocab: dict[str, int] = labeller.tokenizer.get_vocab()
    characters = {
        vocab[piece] for mark in _UNSPOKEN for piece in (mark, f"Ġ{mark}") if piece in vocab
    }
    return sorted(characters | (set(labeller.special_ids.values()) - {labeller.end}))


def generation_config(labeller: Labeller) -> GenerationConfig:
    """What `generate` needs to know: all that published checkpoints state, for this layout."""
    from transformers import GenerationConfig

    ids = labeller.special_ids
    last_layer = BUNDLED.decoder_layers - 1
    settings: dict[str, Any] = {
        "alignment_heads": [[last_layer, head] for head in range(BUNDLED.heads)],
        # Not the end, as published checkpoints have it: where nobody speaks, it is the whole text.
        "begin_suppress_tokens": [labeller.tokenizer.convert_tokens_to_ids("Ġ")],
        "bos_token_id": labeller.end,
        "decoder_start_token_id": ids["<|startoftranscript|>"],
        "eos_token_id": labeller.end,
        "is_multilingual": True,
        "lang_to_id": {"<|en|>": ids["<|en|>"]},
        "task_to_id": {"transcribe": ids["<|transcribe|>"], "translate": ids["<|translate|>"]},
        "language": "en",
        "task": "transcribe",
        "max_initial_timestamp_index": 50,
        "max_length": MAX_TARGET_POSITIONS,
        "no_timestamps_token_id": ids["<|notimestamps|>"],
        "pad_token_id": labeller.end,
        "prev_sot_token_id": ids["<|startofprev|>"],
        "return_timestamps": False,
        "suppress_tokens": suppressed_ids(labeller),
    }
    return GenerationConfig(**settings)


def _write_vocabulary(folder: Path, pieces: Pieces, tokenizer: WhisperTokenizerFast) -> None:
    """The tokenizer, and its vocabulary and merges in the older files that other tools read."""
    tokenizer.save_pretrained(folder)
    end = "<|endoftext|>"
    vocab = pieces.vocab | {end: tokenizer.convert_tokens_to_ids(end)}
    (folder / "vocab.json").write_text(json.dumps(vocab, ensure_ascii=False) + "\n")
    merges = "".join(f"{left} {right}\n" for left, right in pieces.merges)
    (folder / "merges.txt").write_text(f"#version: 0.2\n{merges}")
    tokens = {"bos_token": end, "eos_token": end, "unk_token": end, "pad_token": end}
    (folder / "special_tokens_map.json").write_text(json.dumps(tokens, indent=2) + "\n")


def export(checkpoint: Path, pieces_path: Path, folder: Path) -> None:
    """Write `folder` from a checkpoint of the recipe; the CTC head stays behind."""
    from transformers import WhisperFeatureExtractor, WhisperForConditionalGeneration

    state = torch.load(checkpoint, weights_only=True)
    pieces = Pieces.load(pieces_path)
    labeller = Labeller(pieces, BUNDLED.layout, WINDOW_S)
    config = build_config(BUNDLED, labeller.special_ids, len(labeller.tokenizer))
    student = Student(WhisperForConditionalGeneration(config), state["ctc_classes"])
    student.load_state_dict(state["student"])
    whisper = student.whisper
    whisper.generation_config = generation_config(labeller)
    folder.mkdir(parents=True, exist_ok=True)
    whisper.save_pretrained(folder)
    # Written for its owner alone; in a package everyone reads it.
    (folder / "model.safetensors").chmod(0o644)
    _write_vocabulary(folder, pieces, labeller.tokenizer)
    WhisperFeatureExtractor(feature_size=BUNDLED.mel_bins, chunk_length=WINDOW_S).save_pretrained(
        folder
    )
    training = {
        "utterances_seen": state["seen"],
        "distinct_clips": state["corpus_clips"],
        "minutes": round(state["elapsed_s"] / 60, 1),
        "steps": state["steps"],
        "starts": state["starts"],
        "warm": state["warm"],
        "development_wer": round(state["development_wer"], 4),
    }
    picture = checkpoint.parent / "losses.png"
    if picture.exists():
        shutil.copyfile(picture, folder / picture.name)
    (folder / "training.json").write_text(json.dumps(training, indent=2) + "\n")
