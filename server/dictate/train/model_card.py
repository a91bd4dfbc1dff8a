"""The README.md of a bundled checkpoint: what it is, how it was made and how well it does."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from dictate.train.architecture import ARCHITECTURES, PIECES, WINDOW_S, Architecture, Role

_FRONT_MATTER: Final = """\
---
license: apache-2.0
language: en
library_name: transformers
pipeline_tag: automatic-speech-recognition
tags: [whisper, synthetic-speech, dictation, demonstration]
---
"""

_ROLES: Final[dict[Role, str]] = {
    "target": "the target: its greedy text is what the user gets",
    "draft": "the draft: it proposes tokens that the target verifies",
}


def _table(results: Iterable[dict[str, Any]]) -> str:
    """The evaluation as a table, word error rates in percent."""
    lines = [
        "| voices | utterances | words | engine's short window "
        "| with a room's silence | transformers, padded |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for row in results:
        rates = " | ".join(f"{100 * row[column]:.1f} %" for column in ("engine", "room", "padded"))
        lines.append(f"| {row['group']} | {row['utterances']} | {row['words']} | {rates} |")
    return "\n".join(lines)


def _training(role: Role, facts: dict[str, Any]) -> str:
    text = (
        f"{facts['minutes']} minutes on two shared CPU cores, {facts['steps']:,} steps, "
        f"{facts['utterances_seen']:,} augmented utterances from "
        f"{facts['distinct_clips']:,} distinct clips."
    )
    if facts["starts"] > 1:
        # A run whose settings were changed on the way is not what one command gives again.
        why = (
            "while batch size,\nlearning rate and augmentation (stronger at first) were tuned; the "
            "recipe holds the last settings."
            if role == "target"
            else "to lengthen its budget."
        )
        again = facts["starts"] - 1
        often = "once" if again == 1 else f"{again} times"
        text += f"\nThe run was stopped and resumed {often} {why}"
    return text


def render(
    role: Role, training: dict[str, Any], results: Iterable[dict[str, Any]], size_bytes: int
) -> str:
    """The whole card."""
    architecture: Architecture = ARCHITECTURES[role]
    layout = (
        "Whisper's multilingual layout (`<|en|>` is its only language)"
        if architecture.layout == "multilingual"
        else "Whisper's English-only layout (no language token)"
    )
    sizes = (
        f"{architecture.encoder_layers} encoder and {architecture.decoder_layers} decoder layers "
        f"of width {architecture.width}, {architecture.mel_bins} mel bins"
    )
    return f"""{_FRONT_MATTER}
# Dictate's bundled {role}

A small English Whisper, {_ROLES[role]}. **Trained on synthetic speech
only. It is a start, a demonstration and a test of Dictate without any download, and no replacement
for the real models**: on people's voices expect far more errors than below.

## What it is

- {sizes}, {size_bytes / 1e6:.1f} MB of float32 weights.
- {PIECES} byte-level BPE pieces shared by the pair; {layout}.
- A window of up to {WINDOW_S} s. It was trained on windows of *any* length up to that, so it runs
  without padding as well as on the full window.
- It writes lower-case words without punctuation; digits and symbols as words, letters as single
  letters.
- It was not trained on timestamps, on silence alone, or on other languages.

## What it was trained on

Speech that `dictate train synthesize` makes with espeak-ng and flite: sentences of a grammar of
dictated code, comments and commit messages, mixed with random word sequences; changed in speed and
level, with rooms, noise and varied silence added while training. No recording of a person was used
except what is inside flite's voices.
This checkpoint: {_training(role, training)}

## How well it does

Word error rates of plain greedy decoding. No test sentence is in the training data (the hash of a
sentence decides, and the evaluation checks it). *Unseen* voices were never heard in training.

{_table(results)}

Sentences come from the same grammar as the training's, so people's own sentences are harder; the
rows of random words show what the acoustics alone give. Both synthesisers are the training's.

## Make it again

    dictate train synthesize --out work
    dictate train bundled --which {role} --work work --minutes {max(1, round(training["minutes"]))}
    dictate train export --which {role} --work work --out FOLDER
    dictate train evaluate FOLDER

Weights: Apache-2.0, like the code. Synthesis and training are seeded, but a wall-clock budget makes
no two runs equal.
"""


def write_card(folder: Path, role: Role) -> None:
    """Write `folder/README.md` from the folder's training and evaluation records."""
    training = json.loads((folder / "training.json").read_text())
    evaluation = folder / "evaluation.json"
    results = json.loads(evaluation.read_text()) if evaluation.exists() else []
    size = (folder / "model.safetensors").stat().st_size
    (folder / "README.md").write_text(render(role, training, results, size))


def role_of(folder: Path) -> Role:
    """Which model of the pair a folder holds: the target's layout has languages."""
    generation = json.loads((folder / "generation_config.json").read_text())
    return "target" if generation["is_multilingual"] else "draft"
