"""A long recording of sentences, pauses and sound without speech, written piece by piece."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import soundfile

from dictate.audio.format import SAMPLE_RATE_HZ
from dictate.bench.non_speech import non_speech
from dictate.bench.streaming_spans import Span
from dictate.bench.streaming_speech import Clip, Sound, in_a_room

_PAUSE_S: Final = (0.7, 3.0)
_LONG_SILENCE_S: Final = (10.0, 40.0)
_LONG_SILENCE_SHARE: Final = 0.04
_NON_SPEECH_SHARE: Final = 0.15
"""Of the pauses: so many have sound in which nobody speaks in the middle."""
_NON_SPEECH_CLIPS: Final = 40
_BEHIND_S: Final = 3.0


@dataclass(frozen=True)
class Sentence:
    """Where somebody speaks, and what they say; "" where that is not known."""

    span: Span
    text: str


@dataclass
class SoakRecording:
    """What was written.

    Attributes:
        path: of the WAV file, int16 at 16 kHz.
        sentences: in order.
        non_speech: the kinds of sound without speech, in order, and where they are.
        long_silences: how many pauses were longer than people make between sentences.
        samples: its length.
    """

    path: Path
    sentences: list[Sentence] = field(default_factory=list)
    non_speech: list[tuple[str, Span]] = field(default_factory=list)
    long_silences: int = 0
    samples: int = 0

    @property
    def length_s(self) -> float:
        """How long it plays."""
        return self.samples / SAMPLE_RATE_HZ

    def sound(self, begin_sample: int, end_sample: int) -> Sound:
        """The samples in [begin_sample, end_sample), as far as they are there."""
        begin, end = max(0, begin_sample), min(self.samples, end_sample)
        sound: Sound = soundfile.read(self.path, start=begin, stop=end, dtype="int16")[0]
        return sound


def write_soak_recording(
    path: Path, clips: Sequence[Clip], minutes: float, seed: int
) -> SoakRecording:
    """Write a recording of at least `minutes` to `path`.

    Args:
        path: of the new WAV file.
        clips: a sentence each; all of them are spoken before any comes again.
        minutes: its length; the sentence that reaches it is the last.
        seed: of the order, the pauses and the noise.
    """
    chance = random.Random(seed)  # noqa: S311 - not a secret
    noise = np.random.default_rng(seed)
    without_speech = non_speech(_NON_SPEECH_CLIPS, seed)
    recording = SoakRecording(path)
    deck: list[Clip] = []
    with soundfile.SoundFile(path, "w", SAMPLE_RATE_HZ, 1, "PCM_16") as file:

        def add(samples: Sound) -> Span:
            begin_s = recording.length_s
            file.write(in_a_room(samples, noise))
            recording.samples += samples.size
            return Span(begin_s, recording.length_s)

        while True:
            clip = (deck := deck or chance.sample(clips, len(clips))).pop()
            at_s = add(clip.samples).begin_s
            recording.sentences += [
                Sentence(sentence, clip.text) for sentence in clip.shifted(at_s).sentences
            ]
            if recording.length_s >= 60 * minutes:
                break
            if chance.random() < _LONG_SILENCE_SHARE:
                recording.long_silences += 1
                add(_silence(chance.uniform(*_LONG_SILENCE_S)))
            else:
                add(_silence(chance.uniform(*_PAUSE_S)))
            if chance.random() < _NON_SPEECH_SHARE:
                kind, samples = chance.choice(without_speech)
                recording.non_speech.append((kind, add(samples)))
                add(_silence(chance.uniform(*_PAUSE_S)))
        add(_silence(_BEHIND_S))
    return recording


def _silence(length_s: float) -> Sound:
    return np.zeros(round(length_s * SAMPLE_RATE_HZ), np.int16)
