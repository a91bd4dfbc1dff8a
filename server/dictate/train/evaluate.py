"""Word error rates of an exported checkpoint, by group of voices and by how its windows are padded.

The sentences come from the test split, which the hash of a sentence's text keeps apart from
training; some of the voices were never heard in training. Three ways to run are judged: the
engine's short window, the same with a room's silence around the speech, and the full padded window
through transformers' own `generate`.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import torch

from dictate.train.architecture import greedy
from dictate.train.augment import Samples
from dictate.train.corpus import Corpus
from dictate.train.development import engine_window
from dictate.train.features import SAMPLE_RATE, LogMel
from dictate.train.grammar import Style, sentences, split_of
from dictate.train.pronunciation import transcript
from dictate.train.scoring import Score, score
from dictate.train.speech import Voice, synthesise, training_voice, unseen_voice

if TYPE_CHECKING:
    from transformers import (
        WhisperFeatureExtractor,
        WhisperForConditionalGeneration,
        WhisperTokenizerFast,
    )

Program = Literal["espeak-ng", "flite"]

_SEED: Final = 40_000
_ROOM_FRONT_MS: Final = 350
_ROOM_BEHIND_MS: Final = 400
_ROOM_NOISE_RMS: Final = 0.0015
_PEAK: Final = 0.5


@dataclass(frozen=True, slots=True)
class Group:
    """Voices of one program, heard in training or not, saying sentences of one style."""

    name: str
    program: Program
    unseen: bool
    style: Style


GROUPS: Final = (
    Group("seen voices, espeak-ng", "espeak-ng", unseen=False, style="everyday"),
    Group("seen voices, flite", "flite", unseen=False, style="everyday"),
    Group("unseen voices, espeak-ng +m4 and +f4", "espeak-ng", unseen=True, style="everyday"),
    Group("unseen voice, flite rms", "flite", unseen=True, style="everyday"),
    Group("seen voices, espeak-ng, random words", "espeak-ng", unseen=False, style="random"),
    Group("seen voices, flite, random words", "flite", unseen=False, style="random"),
)


@dataclass(frozen=True, slots=True)
class Utterance:
    """A test sentence, spoken."""

    text: str
    voice: str
    speech: Samples


@dataclass(frozen=True, slots=True)
class Result:
    """Word error rates (fractions) of one group; `padded` is `generate` on the full window."""

    group: str
    utterances: int
    words: int
    engine: float
    room: float
    padded: float


class Recogniser:
    """An exported folder, loaded with transformers."""

    def __init__(self, folder: Path) -> None:
        from transformers import (
            WhisperFeatureExtractor,
            WhisperForConditionalGeneration,
            WhisperTokenizerFast,
        )

        self.model: WhisperForConditionalGeneration = (
            WhisperForConditionalGeneration.from_pretrained(folder)
        )
        self.tokenizer: WhisperTokenizerFast = WhisperTokenizerFast.from_pretrained(folder)
        self.extractor: WhisperFeatureExtractor = WhisperFeatureExtractor.from_pretrained(folder)
        config = self.model.generation_config
        self._log_mel = LogMel(self.extractor.feature_size)
        self._end = int(config.eos_token_id)
        self._suppressed = torch.tensor(config.suppress_tokens)
        self._prompt = self.tokenizer.prefix_tokens

    def short(self, audio: Samples) -> str:
        """Greedy decoding of exactly this audio, as the engine runs."""
        features = self._log_mel(torch.from_numpy(audio)[None])
        (ids,) = greedy(self.model, features, self._prompt, self._end, suppressed=self._suppressed)
        return self._text(ids)

    def padded(self, audio: Samples) -> str:
        """Transformers' `generate` on the model's full window."""
        features = self.extractor(
            audio, sampling_rate=SAMPLE_RATE, return_tensors="pt"
        ).input_features
        with torch.inference_mode():
            ids = self.model.generate(features)
        return self._text(ids[0].tolist())

    def _text(self, ids: Sequence[int]) -> str:
        text: str = self.tokenizer.decode(list(ids), skip_special_tokens=True)
        return text.strip()


def _voice(group: Group, rng: random.Random) -> Voice:
    if group.unseen:
        return unseen_voice(rng, group.program)
    return training_voice(rng, flite_share=1.0 if group.program == "flite" else 0.0)


def spoken_group(
    group: Group, count: int, seen_texts: frozenset[str] = frozenset()
) -> list[Utterance]:
    """Synthesise a group's utterances; fails should a sentence belong to training."""
    rng = random.Random(f"{_SEED}-{group.name}")
    utterances: list[Utterance] = []
    # Each group says sentences of its own, and each a different one.
    for marked in islice(sentences(_SEED + len(group.name), "test", group.style), count):
        text = transcript(marked)
        if split_of(text) != "test" or text in seen_texts:
            raise AssertionError("a test sentence was found in the training data")
        voice = _voice(group, rng)
        speech = synthesise(marked, voice)
        peak = max(float(np.abs(speech).max(initial=0.0)), 1e-4)
        utterances.append(Utterance(text, voice.label, speech * np.float32(_PEAK / peak)))
    return utterances


def in_a_room(speech: Samples, rng: np.random.Generator) -> Samples:
    """Speech between stretches of a quiet room's noise, inside the engine's padding."""
    front, behind = (ms * SAMPLE_RATE // 1000 for ms in (_ROOM_FRONT_MS, _ROOM_BEHIND_MS))
    audio = np.pad(speech, (front, behind))
    audio += rng.standard_normal(audio.size).astype(np.float32) * np.float32(_ROOM_NOISE_RMS)
    return engine_window(audio)


def evaluate(
    folder: Path,
    count: int,
    corpus: Path | None = None,
    report: Callable[[str], None] = print,
) -> list[Result]:
    """Judge a folder on `count` utterances per group, none of which may be in the corpus."""
    # Two threads on so small a model wait for each other more than they work, on a busy machine.
    torch.set_num_threads(1)
    recogniser = Recogniser(folder)
    seen = (
        frozenset(clip.text for clip in Corpus(corpus).clips) if corpus is not None else frozenset()
    )
    results: list[Result] = []
    for group in GROUPS:
        utterances = spoken_group(group, count, seen)
        rng = np.random.default_rng(_SEED)

        def judge(hear: Callable[[Samples], str], said: Sequence[Utterance] = utterances) -> Score:
            return score((utterance.text, hear(utterance.speech)) for utterance in said)

        engine = judge(lambda speech: recogniser.short(engine_window(speech)))
        room = judge(lambda speech, noise=rng: recogniser.short(in_a_room(speech, noise)))  # type: ignore[misc]
        padded = judge(recogniser.padded)
        results.append(
            Result(group.name, engine.utterances, engine.words, engine.rate, room.rate, padded.rate)
        )
        report(
            f"{folder.name}: {group.name}: engine {engine.rate:.1%}, "
            f"room {room.rate:.1%}, padded {padded.rate:.1%}"
        )
    (folder / "evaluation.json").write_text(
        json.dumps([asdict(result) for result in results], indent=2) + "\n"
    )
    return results
