"""Server-side turn detection: where in a session's stream somebody spoke."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dictate.audio.format import SAMPLE_RATE_HZ, samples_of_ms
from dictate.engine import events
from dictate.vad import Segment, Segmenter, SegmenterOptions
from dictate.vad.speech_probability import FRAME_SAMPLES, SpeechProbability

_HYSTERESIS: Final = 0.15
_LOWEST_THRESHOLD: Final = 0.01
_TAIL_MS: Final = 20.0
_MIN_SPEECH_FRAMES: Final = 2
_DEFAULT_WINDOW_S: Final = 28.0
_MS_PER_FRAME: Final = 1e3 * FRAME_SAMPLES / SAMPLE_RATE_HZ


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Speech has begun at `sample` of the stream, what was asked for in front of it included."""

    sample: int


Turn = SpeechStarted | Segment
"""A `Segment` says that speech has ended."""


class TurnDetector:
    """Finds turns in a stream that begins at `origin_sample` of the session."""

    def __init__(
        self, config: events.TurnDetection, window_s: float | None, origin_sample: int
    ) -> None:
        """Prepare; a turn is never longer than the window (None: not known yet)."""
        threshold = max(config.threshold, 2 * _LOWEST_THRESHOLD)
        window_ms = 1e3 * (window_s or _DEFAULT_WINDOW_S)
        tail_ms = min(_TAIL_MS, config.silence_duration_ms)
        self._segmenter = Segmenter(
            SegmenterOptions(
                speech_threshold=threshold,
                silence_threshold=max(threshold - _HYSTERESIS, _LOWEST_THRESHOLD),
                min_speech_ms=_MIN_SPEECH_FRAMES * _MS_PER_FRAME,
                min_silence_ms=config.silence_duration_ms,
                lead_ms=min(config.prefix_padding_ms, window_ms / 4),
                tail_ms=tail_ms,
                max_segment_ms=window_ms,
            )
        )
        self._probability = SpeechProbability()
        self._origin_sample = origin_sample
        self._size_samples = 0
        self._lead_samples = samples_of_ms(config.prefix_padding_ms)
        self._threshold = threshold
        self._loud_frames = 0
        self._announced = False

    @property
    def needed_from_sample(self) -> int:
        """Sound before this position belongs to no turn that is still to come."""
        start = self._segmenter.speech_start_sample
        if start is None:
            # A frame's worth more, because the last one may not be complete.
            start = self._size_samples - self._lead_samples - 2 * FRAME_SAMPLES
        return self._origin_sample + max(0, start)

    def feed(self, samples: NDArray[np.int16]) -> list[Turn]:
        """Take the next int16[n]; return what happened, in order."""
        self._size_samples += samples.size
        turns: list[Turn] = []
        for probability in self._probability.feed(samples):
            ended = self._segmenter.feed([probability])
            self._loud_frames += probability >= self._threshold
            turns += self._turns(ended)
        return turns

    def flush(self) -> list[Turn]:
        """The stream ends here."""
        return self._turns(self._segmenter.flush(self._size_samples))

    def _turns(self, ended: list[Segment]) -> list[Turn]:
        turns: list[Turn] = []
        for segment in ended:
            if not self._announced:
                turns.append(SpeechStarted(self._origin_sample + segment.start_sample))
            self._announced = False
            turns.append(
                Segment(
                    self._origin_sample + segment.start_sample,
                    self._origin_sample + segment.end_sample,
                )
            )
        start = self._segmenter.speech_start_sample
        if start is None:
            self._loud_frames = 0
        elif self._loud_frames >= _MIN_SPEECH_FRAMES and not self._announced:
            # Not sooner: a click begins a segment too, and ends without ever having been speech.
            self._announced = True
            turns.append(SpeechStarted(self._origin_sample + start))
        return turns
