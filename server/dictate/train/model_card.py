"""The README.md of the bundled target: what it is, how it was made and how well it does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from dictate.train.architecture import BUNDLED, PIECES, WINDOW_S

_FRONT_MATTER: Final = """\
---
license: apache-2.0
language: en
library_name: transformers
pipeline_tag: automatic-speech-recognition
tags: [whisper, synthetic-speech, dictation, demonstration]
---
"""


def _voices(evaluation: dict[str, Any]) -> str:
    """Word error rates as a table, in percent."""
    lines = [
        "| voices | utterances | words | engine's short window "
        "| with a room's silence | transformers, padded |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for row in evaluation["voices"]:
        rates = " | ".join(f"{100 * row[column]:.1f} %" for column in ("engine", "room", "padded"))
        lines.append(f"| {row['group']} | {row['utterances']} | {row['words']} | {rates} |")
    return "\n".join(lines)


def _other_measures(evaluation: dict[str, Any]) -> str:
    prompts = evaluation["prompts"]
    lines = [
        "| measure | |",
        "|---|---:|",
        "| names that stand in the prompt and are said, written exactly | "
        f"{prompts['exact']} of {prompts['listed']} |",
        "| sentences that say none of the prompt's names, and a name was written | "
        f"{prompts['inventing']} of {prompts['distracted']} |",
        "| word error rate of those sentences, with and without the prompt | "
        f"{100 * prompts['word_error_rate']:.1f} %, {100 * prompts['unprompted']:.1f} % |",
    ]
    lines += [
        f"| clips of {sound['kind']} on which words were written | "
        f"{sound['written']} of {sound['clips']} |"
        for sound in evaluation["not_speech"]
    ]
    lines.append(
        f"| seconds of work per second of speech, {evaluation['threads']} threads | "
        f"{evaluation['real_time_factor']:.3f} |"
    )
    return "\n".join(lines)


def _training(facts: dict[str, Any]) -> str:
    text = (
        f"{facts['minutes']} minutes on two shared CPU cores, {facts['steps']:,} steps, "
        f"{facts['utterances_seen']:,} augmented utterances from "
        f"{facts['distinct_clips']:,} distinct clips."
    )
    if facts["warm"]:
        text += (
            "\nThe run began with the weights of the version before, which had two decoder layers "
            "and other pieces."
        )
    if facts["starts"] > 1:
        again = facts["starts"] - 1
        text += f"\nIt was stopped and resumed {'once' if again == 1 else f'{again} times'}."
    return text


def render(training: dict[str, Any], evaluation: dict[str, Any] | None, size_bytes: int) -> str:
    """The whole card; without an evaluation it says that there is none yet."""
    minutes = max(1, round(training["minutes"]))
    measured = (
        "Not measured yet."
        if evaluation is None
        else f"""\
Word error rates of plain greedy decoding by the engine, in float32. No test sentence is in the
training data (the hash of a sentence decides, and the evaluation checks it). *Unseen* voices were
never heard in training.

{_voices(evaluation)}

A third to half of the training's windows had a prompt. Prompts here list one to ten names, and half
of the lists of others have one that begins like what is said:

{_other_measures(evaluation)}

Sentences come from the same grammar, documentation and word list as the training's, so people's own
sentences are harder; the rows of random words show what the acoustics alone give. The synthesisers
are the training's. The engine's voice detection and guards stand in front of all this; here nothing
does. The clips without speech are made otherwise than the training's."""
    )
    return f"""{_FRONT_MATTER}
# Dictate's bundled target

A small English Whisper, the target of the bundled pair: its greedy text is what the user gets.
**Trained on synthetic speech
only. It is a start, a demonstration and a test of Dictate without any download, and no replacement
for the real models**: on people's voices expect far more errors than below.

## What it is

- {BUNDLED.encoder_layers} encoder and {BUNDLED.decoder_layers} decoder layers of width
  {BUNDLED.width}, {BUNDLED.mel_bins} mel bins, {size_bytes / 1e6:.1f} MB of float32 weights.
- {PIECES} byte-level BPE pieces; Whisper's multilingual layout (`<|en|>` is its only language).
- A window of up to {WINDOW_S} s. It was trained on windows of *any* length up to that, so it runs
  without padding as well as on the full window.
- It writes lower-case words without punctuation; digits and symbols as words, letters as single
  letters. A name that its prompt lists is written as it stands there.
- It knows when nobody speaks (`<|nospeech|>`). It was not trained on timestamps or on other
  languages.

## What it was trained on

Speech that `dictate train synthesize` makes with espeak-ng, flite and festival: sentences of a
grammar of dictated code, comments and commit messages, sentences of Python's, NumPy's and PyTorch's
documentation, and random sequences of 7,000 common words; changed in speed, level and length of the
vocal tract, with rooms, noise and varied silence added while training. No recording of a person was
used except what is inside the synthesisers' voices.
This checkpoint: {_training(training)}

![losses](losses.png)

## How well it does

{measured}

## Make it again

    dictate train synthesize --out work
    dictate train bundled --work work --minutes {minutes}
    dictate train export --work work --out FOLDER
    dictate train evaluate FOLDER

Weights: Apache-2.0, like the code. Synthesis and training are seeded, but a wall-clock budget makes
no two runs equal.
"""


def write_card(folder: Path) -> None:
    """Write `folder/README.md` from the folder's training and evaluation records."""
    training = json.loads((folder / "training.json").read_text())
    path = folder / "evaluation.json"
    evaluation = json.loads(path.read_text()) if path.exists() else None
    size = (folder / "model.safetensors").stat().st_size
    (folder / "README.md").write_text(render(training, evaluation, size))
