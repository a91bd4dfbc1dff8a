"""Speech to measure with: held-out sentences in many voices, or a folder of recordings."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np

from dictate.train.augment import Samples
from dictate.train.development import engine_window
from dictate.train.dictations import Recording, RecordingsError, usable
from dictate.train.grammar import sentences
from dictate.train.pronunciation import transcript
from dictate.train.speech import require_synthesisers, synthesise, training_voice, unseen_voice

_SEED: Final = 60_000
_PEAK: Final = 0.5
_UNSEEN_SHARE: Final = 0.3
_NO_WORD: Final = re.compile(r"[^\w\s']")


@dataclass(frozen=True, slots=True)
class Spoken:
    """Speech, float32[n] at 16 kHz with the engine's padding, and its text; None: unknown."""

    sound: Samples
    text: str | None


def test_speech(count: int) -> list[Spoken]:
    """Sentences of the test split; see `speak`.

    Raises:
        SynthesiserMissingError: a synthesiser is not installed.
    """
    marked = islice(sentences(_SEED, "test", "everyday"), count)
    return speak((one, transcript(one)) for one in marked)


def speak(lines: Iterable[tuple[str, str]], seed: int = _SEED) -> list[Spoken]:
    """Speak marked lines with their texts; a third by voices that training never hears.

    Raises:
        SynthesiserMissingError: a synthesiser is not installed.
    """
    require_synthesisers()
    rng = random.Random(seed)
    spoken = []
    for marked, text in lines:
        unseen = rng.random() < _UNSEEN_SHARE
        voice = (
            unseen_voice(rng, rng.choice(("espeak-ng", "flite"))) if unseen else training_voice(rng)
        )
        speech = synthesise(marked, voice)
        peak = max(float(np.abs(speech).max(initial=0.0)), 1e-4)
        spoken.append(Spoken(engine_window(speech * np.float32(_PEAK / peak)), text))
    return spoken


def recorded_speech(place: Path, count: int, window_s: float) -> list[Spoken]:
    """The first recordings of a folder, with their texts where there are any.

    Raises:
        RecordingsError: there are none, or it is no folder.
    """
    recordings = list(islice(usable(place, window_s, Counter()), count))
    if not recordings:
        raise RecordingsError(f"nothing in {place} can be used: name a folder of speech recordings")
    return [as_spoken(recording) for recording in recordings]


def as_spoken(recording: Recording) -> Spoken:
    """A recording as it is."""
    return Spoken(np.multiply(recording.samples, 1 / 32768, dtype=np.float32), recording.text)


def only_words(text: str) -> str:
    """A text without capitals and punctuation, in which some models do not write."""
    return " ".join(_NO_WORD.sub(" ", text).lower().split())
