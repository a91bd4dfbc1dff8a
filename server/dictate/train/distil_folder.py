"""A trained model becomes an ordinary Whisper folder: what its source has, with other weights."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import torch

from dictate.asr.checkpoint import Checkpoint
from dictate.train.training_loop import write_whole

if TYPE_CHECKING:
    from transformers import WhisperForConditionalGeneration

_KEPT: Final = (
    "added_tokens.json",
    "merges.txt",
    "normalizer.json",
    "preprocessor_config.json",
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.json",
)
_WEIGHTS: Final = "model.safetensors"
_DTYPES: Final = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
}


def load_whisper(folder: Path) -> WhisperForConditionalGeneration:
    """The model in a folder, float32, without dropout, its weights frozen."""
    from transformers import WhisperForConditionalGeneration
    from transformers.utils import logging

    logging.disable_progress_bar()
    whisper: WhisperForConditionalGeneration = WhisperForConditionalGeneration.from_pretrained(
        folder, dtype=torch.float32, local_files_only=True
    )
    # In bfloat16 on a CPU the backward pass of fused attention is slower than plain products.
    whisper.set_attn_implementation("eager")
    whisper.eval()
    whisper.requires_grad_(requires_grad=False)
    return whisper


def write_folder(
    whisper: WhisperForConditionalGeneration,
    source: Checkpoint,
    generation: Mapping[str, Any],
    out: Path,
) -> None:
    """Write `out` so that transformers and the engine load it; each file is replaced whole.

    Args:
        whisper: with the source's vocabulary and framing; afterwards in the source's precision.
        source: the folder it was made from; tokenizer and preprocessor are copied from there.
        generation: what `generation_config.json` shall hold.
        out: the new folder.
    """
    out.mkdir(parents=True, exist_ok=True)
    partial = out / ".partial"
    shutil.rmtree(partial, ignore_errors=True)
    whisper.to(_stored_dtype(source)).save_pretrained(partial)
    (partial / "generation_config.json").write_text(
        json.dumps(dict(generation), indent=2) + "\n", encoding="utf-8"
    )
    for name in _KEPT:
        if (source.folder / name).is_file():
            shutil.copyfile(source.folder / name, partial / name)
    # Written for its owner alone; shared folders are read by others.
    (partial / _WEIGHTS).chmod(0o644)
    for path in sorted(partial.iterdir()):
        path.replace(out / path.name)
    partial.rmdir()


def write_json(path: Path, content: object) -> None:
    """Write a JSON file, whole or not at all."""
    text = json.dumps(content, indent=2) + "\n"
    write_whole(path, lambda partial: partial.write_text(text, encoding="utf-8"))


def _stored_dtype(source: Checkpoint) -> torch.dtype:
    """The precision that most of the source's weights are stored in."""
    elements: Counter[str] = Counter()
    for tensor in source.layout.values():
        elements[tensor.dtype] += tensor.elements
    return _DTYPES[elements.most_common(1)[0][0]]
