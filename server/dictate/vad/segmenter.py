"""Probabilities of speech become segments to decode: a pure state machine, with hysteresis.

Positions count samples at 16 kHz from the utterance's start. Whatever the cutting of the
probabilities into calls, the segments are the same.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_FRAME_SAMPLES = 512
_SAMPLES_PER_MS = 16
_NOW_FRAMES = 4  # a pause of 128 ms inside a phrase is still "speaking now"
_SMOOTHING_FRAMES = 2  # to either side, when looking for a quiet place


@dataclass(frozen=True)
class SegmenterOptions:
    """When speech begins and ends, and how much sound around it belongs to it.

    Attributes:
        speech_threshold: probability from which on a frame begins speech.
        silence_threshold: probability under which a frame is silence once speech is going on.
        min_speech_ms: a sound with fewer frames over `speech_threshold` is a click, no speech
            (unless it goes on for longer than `max_segment_ms`).
        min_silence_ms: silence that ends a segment.
        lead_ms: sound kept in front of the first frame of speech; it protects the first word,
            whose first consonant the model hears up to 100 ms late.
        tail_ms: sound kept behind the last one: a final st or th is up to 150 ms longer than the
            model hears it, and more silence than that would invite inventions.
        max_segment_ms: longest segment, padding included.
    """

    speech_threshold: float = 0.5
    silence_threshold: float = 0.35
    min_speech_ms: float = 64
    min_silence_ms: float = 700
    lead_ms: float = 250
    tail_ms: float = 160
    max_segment_ms: float = 28_000

    def __post_init__(self) -> None:
        """Refuse options that contradict each other.

        Raises:
            ValueError: naming the option.
        """
        if not 0 < self.silence_threshold <= self.speech_threshold <= 1:
            raise ValueError("thresholds must be 0 < silence_threshold <= speech_threshold <= 1")
        if min(self.min_speech_ms, self.min_silence_ms, self.lead_ms, self.tail_ms) < 0:
            raise ValueError("min_speech_ms, min_silence_ms, lead_ms, tail_ms must not be negative")
        if self.tail_ms > self.min_silence_ms:
            raise ValueError("tail_ms must not exceed min_silence_ms")
        if self.max_segment_ms < 2 * (self.lead_ms + self.tail_ms) + 320:
            raise ValueError("max_segment_ms must be at least 2 * (lead_ms + tail_ms) + 320")


@dataclass(frozen=True)
class Segment:
    """Sound from `start_sample` up to, not including, `end_sample`."""

    start_sample: int
    end_sample: int


class Segmenter:
    """Takes one probability per frame of 512 samples; gives each segment when it has ended."""

    def __init__(self, options: SegmenterOptions | None = None) -> None:
        """Start at sample 0 of an utterance."""
        options = options or SegmenterOptions()
        self._options = options
        self._lead_samples = int(options.lead_ms * _SAMPLES_PER_MS)
        self._tail_samples = int(options.tail_ms * _SAMPLES_PER_MS)
        self._max_samples = int(options.max_segment_ms * _SAMPLES_PER_MS)
        self._min_speech_frames = max(1, _frames(options.min_speech_ms))
        self._min_silence_frames = max(1, _frames(options.min_silence_ms))
        self._frame_count = 0
        self._end_sample = 0  # of the last segment given: the next one may not begin before
        self._running: _Running | None = None

    @property
    def in_speech(self) -> bool:
        """Somebody is speaking right now: a frame of speech within the last 128 ms."""
        running = self._running
        return running is not None and self._frame_count - running.voiced_end <= _NOW_FRAMES

    @property
    def speech_start_sample(self) -> int | None:
        """Where the segment that is still growing starts, padding included; None in silence."""
        return None if self._running is None else self._running.start_sample

    @property
    def growing(self) -> Segment | None:
        """The segment that would be given if nothing more were said; None where nobody spoke yet.

        As long as the speech goes on, its end moves on and its start stays.
        """
        running = self._running
        if running is None or not self._is_speech(running):
            return None
        end_sample = min(
            running.voiced_end * _FRAME_SAMPLES + self._tail_samples,
            self._frame_count * _FRAME_SAMPLES,
            running.start_sample + self._max_samples,
        )
        return Segment(running.start_sample, end_sample)

    @property
    def is_quiet(self) -> bool:
        """`growing` has all of its tail: only more speech can change it."""
        running = self._running
        return running is None or (
            (self._frame_count - running.voiced_end) * _FRAME_SAMPLES >= self._tail_samples
        )

    def feed(self, probabilities: Sequence[float]) -> list[Segment]:
        """Take the next frames' probabilities; return the segments that ended with them."""
        segments: list[Segment] = []
        for probability in probabilities:
            segments += self._step(probability)
        return segments

    def flush(self, total_samples: int | None = None) -> list[Segment]:
        """End the utterance: return the segment that was still growing, if it was speech.

        Args:
            total_samples: length of the utterance. The model judges whole frames only, so that up
                to 511 samples may follow the last one; given this, they stay with a last word that
                runs to the very end.
        """
        judged_samples = self._frame_count * _FRAME_SAMPLES
        available_samples = judged_samples if total_samples is None else total_samples
        segments: list[Segment] = []
        running = self._running
        if running is not None and available_samples > judged_samples:
            segments += self.feed([running.probabilities[-1]])
        if self._running is not None:
            segments += self._finish(self._running)
        # A tail and the frame completed above may reach behind the end of the sound.
        return [
            Segment(segment.start_sample, min(segment.end_sample, available_samples))
            for segment in segments
            if segment.start_sample < available_samples
        ]

    def _step(self, probability: float) -> list[Segment]:
        frame = self._frame_count
        self._frame_count += 1
        running = self._running
        if running is None:
            if probability >= self._options.speech_threshold:
                start_sample = max(self._end_sample, frame * _FRAME_SAMPLES - self._lead_samples)
                self._running = _Running(start_sample, frame, [probability], frame + 1)
            return []
        running.probabilities.append(probability)
        if probability >= self._options.silence_threshold:
            running.voiced_end = frame + 1
            return self._split_while_too_long()
        if self._frame_count - running.voiced_end >= self._min_silence_frames:
            return self._finish(running)
        return []

    def _finish(self, running: _Running) -> list[Segment]:
        """End the running segment behind its last voiced frame."""
        self._running = None
        if not self._is_speech(running):
            return []
        end_sample = running.voiced_end * _FRAME_SAMPLES + self._tail_samples
        return self._give(
            running.start_sample, min(end_sample, running.start_sample + self._max_samples)
        )

    def _split_while_too_long(self) -> list[Segment]:
        segments: list[Segment] = []
        while (
            (running := self._running) is not None
            and running.voiced_end * _FRAME_SAMPLES - running.start_sample > self._max_samples
        ):
            segments += self._split(running)
        return segments

    def _split(self, running: _Running) -> list[Segment]:
        """Cut at the quietest place of the longest segment's last half; the rest runs on."""
        quietest = self._quietest_frame(running)
        cut_sample = quietest * _FRAME_SAMPLES + _FRAME_SAMPLES // 2
        index = quietest - running.first_frame
        voiced = [p >= self._options.silence_threshold for p in running.probabilities]
        last_before = max(i for i in range(index + 1) if voiced[i]) + running.first_frame
        first_after = index + voiced[index:].index(True) + running.first_frame
        self._running = _Running(
            start_sample=max(cut_sample, first_after * _FRAME_SAMPLES - self._lead_samples),
            first_frame=quietest,
            probabilities=running.probabilities[index:],
            voiced_end=running.voiced_end,
            continued=True,
        )
        end_sample = (last_before + 1) * _FRAME_SAMPLES + self._tail_samples
        return self._give(running.start_sample, min(cut_sample, end_sample))

    def _quietest_frame(self, running: _Running) -> int:
        """Frame with the lowest smoothed probability whose middle is a place to cut at."""
        latest_sample = running.start_sample + self._max_samples
        earliest_sample = running.start_sample + self._max_samples // 2
        half = _FRAME_SAMPLES // 2
        earliest = -((half - earliest_sample) // _FRAME_SAMPLES)
        latest = (latest_sample - half) // _FRAME_SAMPLES

        def smoothed(frame: int) -> float:
            index = frame - running.first_frame
            around = running.probabilities[
                max(0, index - _SMOOTHING_FRAMES) : index + _SMOOTHING_FRAMES + 1
            ]
            return sum(around) / len(around)

        return min(range(earliest, latest + 1), key=smoothed)

    def _is_speech(self, running: _Running) -> bool:
        loud = sum(p >= self._options.speech_threshold for p in running.probabilities)
        return running.continued or loud >= self._min_speech_frames

    def _give(self, start_sample: int, end_sample: int) -> list[Segment]:
        self._end_sample = end_sample
        return [Segment(start_sample, end_sample)]


@dataclass
class _Running:
    """A segment that is still growing; `probabilities` begin at `first_frame`."""

    start_sample: int
    first_frame: int
    probabilities: list[float]
    voiced_end: int  # the frame after the last voiced one
    continued: bool = False  # the rest of a segment that was split: speech, however short


def split_speech(
    samples: NDArray[np.int16], options: SegmenterOptions | None = None
) -> list[Segment]:
    """Find the speech in a whole recording.

    Args:
        samples: int16[n] at 16 kHz.
        options: as for `Segmenter`.

    Returns:
        Segments in order; none where nobody speaks.
    """
    from dictate.vad.speech_probability import SpeechProbability

    segmenter = Segmenter(options)
    segments = segmenter.feed(SpeechProbability().feed(samples))
    return segments + segmenter.flush(total_samples=samples.size)


def _frames(duration_ms: float) -> int:
    """Frames that make up at least `duration_ms`."""
    return math.ceil(duration_ms * _SAMPLES_PER_MS / _FRAME_SAMPLES)
