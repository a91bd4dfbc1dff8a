"""Sentences to play, and when their speech ends: synthesised, bundled, or somebody's own."""

import random
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from dictate.audio.file import read_audio
from dictate.audio.format import SAMPLE_RATE_HZ
from dictate.bench import espeak, festival
from dictate.bench.recordings import recordings
from dictate.bench.sentences import SENTENCES
from dictate.bench.streaming_metrics import SpokenWord
from dictate.bench.streaming_spans import Span
from dictate.errors import DictateError

Sound = NDArray[np.int16]
_T = TypeVar("_T")

SOURCES: Final = ("espeak-ng", "festival", "flite", "bundled")
"""Where sentences come from, the best first: two say when words end, and the bundled pair
understands espeak-ng better."""

_SILENCE_RATIO: Final = 10 ** (-45 / 20)
_LEAD_S: Final = 0.4
_PAUSE_S: Final = (1.0, 2.5)
_BEHIND_S: Final = 3.0
_ROOM_AMPLITUDE: Final = 8.0
"""A quiet room, about 72 dB below full scale."""
_TIMEOUT_S: Final = 60.0


@dataclass(frozen=True)
class Clip:
    """A sentence, or several with pauses between them.

    Attributes:
        samples: int16[n] at 16 kHz.
        sentences: where speech is, in seconds from the first sample.
        words: with their ends; empty where those are not known.
        text: what is spoken; "" where that is not known.
    """

    samples: Sound
    sentences: list[Span]
    words: list[SpokenWord] = field(default_factory=list)
    text: str = ""

    @property
    def speech_s(self) -> float:
        """How long somebody speaks, without the pauses."""
        return sum(sentence.end_s - sentence.begin_s for sentence in self.sentences)

    def shifted(self, by_s: float) -> "Clip":
        """The same, `by_s` later in some recording; the samples stay."""
        return replace(
            self,
            sentences=[Span(each.begin_s + by_s, each.end_s + by_s) for each in self.sentences],
            words=[SpokenWord(word.text, word.end_s + by_s) for word in self.words],
        )


@dataclass(frozen=True)
class Speech:
    """Clips of a sentence each, and what made them, in words."""

    clips: list[Clip]
    source: str


def speech(count: int, seed: int, *, source: str = "auto", folder: Path | None = None) -> Speech:
    """Sentences to play.

    Args:
        count: how many; those there are come again where they do not suffice.
        seed: of their order.
        source: one of `SOURCES`, or "auto" for the first of them that is installed.
        folder: of somebody's own recordings, instead; a text of the same name may lie beside each.

    Raises:
        DictateError: there is nothing to play.
    """
    if folder is not None:
        clips = _in_order(_of_folder(folder), count, seed)
        return Speech(clips, f"recordings in {folder.name}")
    name = next(filter(_is_there, SOURCES)) if source == "auto" else source
    if not _is_there(name):
        raise DictateError(f"{name} is not installed, or has no voice: choose another --speech")
    if name == "bundled":
        return Speech(_in_order(_bundled(), count, seed), "the bundled recordings")
    speak, voices = _synthesiser(name)
    sentences = _in_order(SENTENCES, count, seed)
    clips = [speak(text, voices[index % len(voices)]) for index, text in enumerate(sentences)]
    return Speech(clips, f"{name}, voices {', '.join(voices)}")


def joined(clips: Sequence[Clip], seed: int) -> Clip:
    """The clips in one recording: a moment before them, pauses between them, and room behind."""
    pauses = random.Random(seed)  # noqa: S311 - not a secret
    noise = np.random.default_rng(seed)
    pieces: list[Sound] = []
    placed: list[Clip] = []
    size = 0

    def add(samples: Sound) -> None:
        nonlocal size
        pieces.append(samples)
        size += samples.size

    for index, clip in enumerate(clips):
        pause_s = _LEAD_S if index == 0 else pauses.uniform(*_PAUSE_S)
        # The pause is one of speech: what the recordings themselves have at their ends counts.
        before = placed[-1].sentences[-1].end_s if placed else 0.0
        silent_s = before + pause_s - clip.sentences[0].begin_s - size / SAMPLE_RATE_HZ
        add(np.zeros(max(0, round(silent_s * SAMPLE_RATE_HZ)), np.int16))
        placed.append(clip.shifted(size / SAMPLE_RATE_HZ))
        add(clip.samples)
    add(np.zeros(round(_BEHIND_S * SAMPLE_RATE_HZ), np.int16))
    return Clip(
        samples=in_a_room(np.concatenate(pieces), noise),
        sentences=[sentence for clip in placed for sentence in clip.sentences],
        words=[word for clip in placed for word in clip.words],
        text=" ".join(clip.text for clip in placed),
    )


def in_a_room(samples: Sound, noise: np.random.Generator) -> Sound:
    """The samples in the faint noise of a quiet room, no two moments of which are the same."""
    room = np.rint(_ROOM_AMPLITUDE * noise.standard_normal(samples.size))
    loudest = np.iinfo(np.int16)
    return np.clip(samples + room, loudest.min, loudest.max).astype(np.int16)


def audible(samples: Sound) -> Span:
    """From the first sample to the last that is less than 45 dB below the peak.

    Raises:
        DictateError: all of it is silent.
    """
    level = np.abs(samples.astype(np.int32))
    loud = np.flatnonzero(level > level.max(initial=0) * _SILENCE_RATIO)
    if loud.size == 0:
        raise DictateError("a recording is silent from beginning to end: take it out")
    return Span(float(loud[0]) / SAMPLE_RATE_HZ, float(loud[-1] + 1) / SAMPLE_RATE_HZ)


def _of_folder(folder: Path) -> list[Clip]:
    paths = sorted(path for path in folder.glob("*") if path.suffix.lower() == ".wav")
    if not paths:
        raise DictateError(f"no .wav file lies in {folder}: name a folder of recordings")
    return [_recorded(path, _text_beside(path)) for path in paths]


def _text_beside(path: Path) -> str:
    beside = path.with_suffix(".txt")
    return " ".join(beside.read_text(encoding="utf-8").split()) if beside.is_file() else ""


def _bundled() -> list[Clip]:
    return [_recorded(each.path, each.text) for each in recordings()]


def _recorded(path: Path, text: str) -> Clip:
    samples = read_audio(path)
    return Clip(samples, [audible(samples)], text=text)


def _is_there(source: str) -> bool:
    if source == "espeak-ng":
        return espeak.is_there()
    if source == "festival":
        return bool(festival.voices())
    return source == "bundled" or shutil.which(source) is not None


def _synthesiser(name: str) -> tuple[Callable[[str, str], Clip], list[str]]:
    if name == "espeak-ng":
        return partial(_timed, espeak.speak), ["en-us", "en-us+m4", "en-us+f4"]
    if name == "festival":
        return partial(_timed, festival.speak), festival.voices()
    return _by_flite, ["slt", "awb", "kal16"]


def _timed(
    speak: Callable[[str, str], tuple[Sound, list[SpokenWord]]], text: str, voice: str
) -> Clip:
    samples, words = speak(text, voice)
    heard = audible(samples)
    # The last word's end may be the synthesiser's own silence.
    end_s = min(heard.end_s, words[-1].end_s)
    words[-1] = SpokenWord(words[-1].text, end_s)
    return Clip(samples, [Span(heard.begin_s, end_s)], words, text)


def _by_flite(text: str, voice: str) -> Clip:
    with tempfile.TemporaryDirectory(prefix="dictate-speech-") as folder:
        wav = Path(folder) / "spoken.wav"
        command = ["flite", "-voice", voice, "-t", text, "-o", str(wav)]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=_TIMEOUT_S)
        except (OSError, subprocess.SubprocessError) as error:
            raise DictateError(f"flite failed: {error}") from error
        return _recorded(wav, text)


def _in_order(items: Sequence[_T], count: int, seed: int) -> list[_T]:
    """`count` of the items, shuffled; all of them before any comes again."""
    order = list(items)
    random.Random(seed).shuffle(order)  # noqa: S311 - not a secret
    return [order[index % len(order)] for index in range(count)]
