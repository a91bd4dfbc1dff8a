"""The demo's recordings: held-out sentences, voices of training, spelled correctly by the target.

A demo, not an evaluation: sentences the model gets wrong are passed over.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Final

import numpy as np
import soundfile

from dictate.train.development import engine_window
from dictate.train.evaluate import Recogniser, in_a_room
from dictate.train.grammar import split_of
from dictate.train.speech import SAMPLE_RATE, Voice, synthesise

# What a programmer would say, varied in one place; a sentence whose text falls into the training
# split is never used.
_PATTERNS: Final = (
    "rename this variable to {}", "add a comment that says check the {}",
    "define a function called load {}", "return the {} from the cache",
    "fix the failing test of the {}", "update the {} in the settings file",
    "if the {} is empty return none", "move the {} to the end of the file",
    "print the {} before saving the file", "please check the {} again",
    "we need to save the {} first", "the {} is too long", "read the {} from the file",
    "wait until the {} is ready", "remove the unused {}",
)  # fmt: skip
_THINGS: Final = (
    "max retries", "user name", "error message", "request handler", "server response", "file path",
    "token", "list of users", "first line", "return value", "test result", "version number",
    "config file", "data",
)  # fmt: skip
_VOICES: Final = (
    Voice("espeak-ng", "en-us", speed=150),
    Voice("flite", "slt", speed=105),
    Voice("espeak-ng", "en-gb", speed=145, pitch=45),
    Voice("flite", "awb", speed=105),
)
_PEAK: Final = 0.5


def make_recordings(target: Path, out: Path) -> None:
    """Write one WAV (int16 mono, 16 kHz) per voice and `recordings.toml`."""
    recogniser = Recogniser(target)
    noise = np.random.default_rng(1)
    out.mkdir(parents=True, exist_ok=True)
    for old in out.glob("*.wav"):
        old.unlink()
    entries: list[str] = []
    candidates = [pattern.format(thing) for pattern in _PATTERNS for thing in _THINGS]
    left = [text for text in candidates if split_of(text) == "test"]
    random.Random(1).shuffle(left)
    for voice in _VOICES:
        for text in left:
            speech = synthesise(text, voice)
            speech *= np.float32(_PEAK) / max(float(np.abs(speech).max()), 1e-4)
            audio = in_a_room(speech, noise)
            if {
                recogniser.short(audio),
                recogniser.short(engine_window(speech)),
                recogniser.padded(audio),
            } == {text}:
                # The next voice begins with another pattern.
                left = [other for other in left if other.split()[:2] != text.split()[:2]]
                file = f"{text.replace(' ', '_')}.wav"
                soundfile.write(out / file, audio, SAMPLE_RATE, subtype="PCM_16")
                entries.append(
                    f'[[recording]]\nfile = "{file}"\ntext = "{text}"\nvoice = "{voice.label}"\n'
                )
                break
        else:
            raise RuntimeError(
                f"the target spells no sentence of {voice.label} correctly: train it longer"
            )
    head = (
        "# Demo recordings: held-out sentences spoken by voices heard in training, chosen because\n"
        "# the bundled target spells them correctly. A demo, not an evaluation: for that, see the\n"
        "# model cards.\n\n"
    )
    (out / "recordings.toml").write_text(head + "\n".join(entries))
