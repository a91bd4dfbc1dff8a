"""What an exported checkpoint can do: word errors, following of prompts, silence, speed.

The sentences come from the test split, which the hash of a sentence's text keeps apart from
training; some of the voices were never heard in training. Everything runs through the engine's own
decoding, in float32, without voice detection or guards around it; the full padded window also
through transformers' `generate`.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import torch

from dictate.asr import Pair
from dictate.train.augment import Samples
from dictate.train.corpus import Corpus
from dictate.train.development import engine_window
from dictate.train.features import SAMPLE_RATE
from dictate.train.grammar import Style, sentences, split_of
from dictate.train.judged_sound import KINDS
from dictate.train.prompts import distractors, named_prompt
from dictate.train.pronunciation import transcript
from dictate.train.scoring import score
from dictate.train.speech import Program, Voice, synthesise, training_voice, unseen_voice

if TYPE_CHECKING:
    from transformers import (
        WhisperFeatureExtractor,
        WhisperForConditionalGeneration,
        WhisperTokenizerFast,
    )

_SEED: Final = 40_000
_ROOM_FRONT_MS: Final = 350
_ROOM_BEHIND_MS: Final = 400
_ROOM_NOISE_RMS: Final = 0.0015
_PEAK: Final = 0.5
_MOST_OTHER_NAMES: Final = 9


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
_PROMPTED_GROUPS: Final = GROUPS[:2]


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


@dataclass(frozen=True, slots=True)
class PromptResult:
    """What prompts of one to ten names do.

    Attributes:
        listed: sentences that say one of the names, and `exact` of them wrote it as it is listed.
        exact: see there.
        distracted: sentences that say none of them, and `inventing` of them wrote a name.
        inventing: see there.
        word_error_rate: of the latter, a fraction; `unprompted` of the same without a prompt.
        unprompted: see there.
    """

    listed: int
    exact: int
    distracted: int
    inventing: int
    word_error_rate: float
    unprompted: float


@dataclass(frozen=True, slots=True)
class SoundResult:
    """Clips of one kind in which nobody speaks, and on how many of them words were written."""

    kind: str
    clips: int
    written: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All of it; `real_time_factor` is seconds of work on `threads` cores per second of sound."""

    voices: list[Result]
    prompts: PromptResult
    not_speech: list[SoundResult]
    real_time_factor: float
    threads: int


class Recogniser:
    """An exported folder, in the engine and in transformers."""

    def __init__(self, folder: Path) -> None:
        from transformers import (
            WhisperFeatureExtractor,
            WhisperForConditionalGeneration,
            WhisperTokenizerFast,
        )

        self._pair = Pair.load(folder, None, device="cpu", short_window=True, follows_prompts=True)
        self._model: WhisperForConditionalGeneration = (
            WhisperForConditionalGeneration.from_pretrained(folder)
        )
        self._tokenizer: WhisperTokenizerFast = WhisperTokenizerFast.from_pretrained(folder)
        self._extractor: WhisperFeatureExtractor = WhisperFeatureExtractor.from_pretrained(folder)

    def short(self, audio: Samples, prompt: str = "") -> str:
        """Greedy decoding of exactly this audio, as the engine runs."""
        return self._pair.transcribe(audio, prompt=prompt, speculate=False).text.strip()

    def padded(self, audio: Samples) -> str:
        """Transformers' `generate` on the model's full window."""
        features = self._extractor(
            audio, sampling_rate=SAMPLE_RATE, return_tensors="pt"
        ).input_features
        with torch.inference_mode():
            ids = self._model.generate(features)
        text: str = self._tokenizer.decode(ids[0].tolist(), skip_special_tokens=True)
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
) -> Evaluation:
    """Judge a folder on `count` utterances per group, none of which may be in the corpus."""
    recogniser = Recogniser(folder)
    seen = (
        frozenset(clip.text for clip in Corpus(corpus).clips) if corpus is not None else frozenset()
    )
    groups = {group: spoken_group(group, count, seen) for group in GROUPS}
    voices = [_judge_voices(recogniser, group, said) for group, said in groups.items()]
    for result in voices:
        report(
            f"{folder.name}: {result.group}: engine {result.engine:.1%}, "
            f"room {result.room:.1%}, padded {result.padded:.1%}"
        )
    prompted = [utterance for group in _PROMPTED_GROUPS for utterance in groups[group]]
    prompts = _judge_prompts(recogniser, prompted)
    report(
        f"{folder.name}: names of the prompt written exactly: {prompts.exact} of {prompts.listed}; "
        f"invented from prompts of others: {prompts.inventing} of {prompts.distracted}; "
        f"word errors with them {prompts.word_error_rate:.1%}, without {prompts.unprompted:.1%}"
    )
    not_speech = _judge_not_speech(recogniser, count)
    for sound in not_speech:
        report(f"{folder.name}: {sound.kind}: words written on {sound.written} of {sound.clips}")
    factor = _real_time_factor(recogniser, prompted)
    report(f"{folder.name}: real-time factor {factor:.4f} with {torch.get_num_threads()} threads")
    evaluation = Evaluation(voices, prompts, not_speech, factor, torch.get_num_threads())
    (folder / "evaluation.json").write_text(json.dumps(asdict(evaluation), indent=2) + "\n")
    return evaluation


def _judge_voices(recogniser: Recogniser, group: Group, said: Sequence[Utterance]) -> Result:
    noise = np.random.default_rng(_SEED)

    def rate(hear: Callable[[Samples], str]) -> float:
        return score((utterance.text, hear(utterance.speech)) for utterance in said).rate

    return Result(
        group.name,
        len(said),
        sum(len(utterance.text.split()) for utterance in said),
        engine=rate(lambda speech: recogniser.short(engine_window(speech))),
        room=rate(lambda speech: recogniser.short(in_a_room(speech, noise))),
        padded=rate(recogniser.padded),
    )


def _judge_prompts(recogniser: Recogniser, said: Sequence[Utterance]) -> PromptResult:
    rng = np.random.default_rng(_SEED)
    listed = exact = inventing = 0
    distracted: list[tuple[str, str]] = []
    unprompted: list[tuple[str, str]] = []
    for utterance in said:
        window = engine_window(utterance.speech)
        named = named_prompt(utterance.text, int(rng.integers(_MOST_OTHER_NAMES + 1)), rng)
        if named is not None:
            listed += 1
            exact += named.name in recogniser.short(window, named.prompt).split()
        others = distractors(utterance.text, 1 + int(rng.integers(_MOST_OTHER_NAMES + 1)), rng)
        written = recogniser.short(window, others.prompt)
        inventing += any("_" in word or word.lower() != word for word in written.split())
        distracted.append((utterance.text, written))
        unprompted.append((utterance.text, recogniser.short(window)))
    return PromptResult(
        listed, exact, len(said), inventing, score(distracted).rate, score(unprompted).rate
    )


def _judge_not_speech(recogniser: Recogniser, count: int) -> list[SoundResult]:
    rng = np.random.default_rng(_SEED)
    return [
        SoundResult(kind, count, sum(bool(recogniser.short(make(rng))) for _ in range(count)))
        for kind, make in KINDS.items()
    ]


def _real_time_factor(recogniser: Recogniser, said: Sequence[Utterance]) -> float:
    """Seconds of work per second of speech, plain decoding."""
    clock = time.perf_counter()
    for utterance in said:
        recogniser.short(engine_window(utterance.speech))
    seconds = sum(utterance.speech.size for utterance in said) / SAMPLE_RATE
    return (time.perf_counter() - clock) / seconds
