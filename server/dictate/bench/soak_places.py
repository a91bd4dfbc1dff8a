"""Where in the recording each utterance's sound lies, to the sample."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dictate.audio.format import SAMPLE_RATE_HZ
from dictate.bench.scripted_editor import Dictated
from dictate.bench.soak_account import Heard
from dictate.bench.soak_recording import SoakRecording
from dictate.bench.streaming_spans import Span, found_at
from dictate.errors import DictateError

_SAMPLES_PER_MS: Final = SAMPLE_RATE_HZ / 1000
_SLACK_SAMPLES: Final = SAMPLE_RATE_HZ


@dataclass(frozen=True)
class Places:
    """Where the utterances' sound lies.

    Attributes:
        heard: the utterances, in the order in which they were given.
        left_out_ms: sound of the recording that is in no utterance.
        repeated_ms: sound that is in two.
    """

    heard: list[Heard]
    left_out_ms: float
    repeated_ms: float


def places(
    recording: SoakRecording,
    utterances: Sequence[Dictated],
    kept: Callable[[str], NDArray[np.int16] | None],
) -> Places:
    """Look every utterance up.

    Args:
        recording: what was played.
        utterances: all of them, in the order of their sound.
        kept: the sound of an utterance, by its id; None where it was not kept. The utterance then
            begins where the one before ended, and is as long as the server said.

    Raises:
        DictateError: some sound is no stretch of the recording.
    """
    heard: list[Heard] = []
    gaps: list[int] = []
    next_sample = rounded = 0

    def close_gap(begin_sample: int) -> None:
        nonlocal rounded
        gap = begin_sample - next_sample
        # The server tells a length to a tenth of a millisecond: up to a sample more or less.
        gaps.append(gap if abs(gap) > rounded else 0)
        rounded = 0

    for each in utterances:
        sound = kept(each.utterance_id)
        if sound is None:
            begin, size = next_sample, round(each.audio_ms * _SAMPLES_PER_MS)
            rounded += 1
        else:
            begin, size = _found(sound, recording, next_sample), sound.size
            close_gap(begin)
        next_sample = begin + size
        span = Span(begin / SAMPLE_RATE_HZ, next_sample / SAMPLE_RATE_HZ)
        heard.append(Heard(span, each.text, each.outcome == "inserted"))
    close_gap(recording.samples)
    return Places(
        heard,
        left_out_ms=sum(gap for gap in gaps if gap > 0) / _SAMPLES_PER_MS,
        repeated_ms=-sum(gap for gap in gaps if gap < 0) / _SAMPLES_PER_MS,
    )


def _found(sound: NDArray[np.int16], recording: SoakRecording, expected_sample: int) -> int:
    """Where `sound` begins; near where it is expected, if it is there."""
    near = max(0, expected_sample - _SLACK_SAMPLES)
    for begin, end in (
        (near, expected_sample + sound.size + _SLACK_SAMPLES),
        (0, recording.samples),
    ):
        place = found_at(sound, recording.sound(begin, end))
        if place is not None:
            return begin + place
    raise DictateError("an utterance's sound is no stretch of the recording: report this")
