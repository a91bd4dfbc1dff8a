"""The figures of `dictate bench soak`, and how they come of what was seen."""

from collections import Counter
from collections.abc import Sequence
from statistics import linear_regression
from typing import Final

import msgspec

from dictate.bench.machine import Machine
from dictate.bench.process_usage import Usage
from dictate.bench.soak_account import Account, Heard, account, is_joined_of, sentences_of
from dictate.bench.soak_live import Sample, Soak
from dictate.bench.soak_places import Places
from dictate.bench.soak_recording import SoakRecording
from dictate.bench.streaming_metrics import word_errors

WARM_MINUTES: Final = 5.0
"""Memory is judged behind these: caches have filled by then."""
_LEAST_FITTED_MINUTES: Final = 5.0
_MINUTES_PER_HOUR: Final = 60


class ProcessFigures(msgspec.Struct):
    """What a process held.

    Attributes:
        before: before anything was played.
        first_minute: after the first minute of the recording.
        most: the most of each that was ever seen.
        after: when everything was done.
        mb_per_hour: slope of the line through the memory behind `WARM_MINUTES`, over the time
            played; None: the recording is too short.
        grown_mb: from the first to the last of these values; None as well.
    """

    before: Usage
    first_minute: Usage
    most: Usage
    after: Usage
    mb_per_hour: float | None
    grown_mb: float | None

    @property
    def threads_left(self) -> int:
        """More than after the first minute."""
        return max(0, self.after.threads - self.first_minute.threads)

    @property
    def descriptors_left(self) -> int | None:
        """More than before; None: not measured."""
        then, now = self.before.descriptors, self.after.descriptors
        return None if then is None or now is None else max(0, now - then)


class SoakReport(msgspec.Struct):
    """What `dictate bench soak` measured.

    Attributes:
        speech: what was played.
        realtime: as it was spoken; otherwise as fast as it was taken.
        pause_ms: that ended an utterance; None: learned.
        minutes: the recording's length.
        non_speech: by kind of sound, how many clips of it there were.
        outcomes: how many utterances ended how.
        messages: what users were told with them, and how often.
        left_out_ms: sound of the recording that is in no utterance.
        repeated_ms: sound of it that is in two.
        words: that were spoken; 0: not known.
        word_errors: of the texts that were inserted.
        document_is_finals: the document is the finals' texts, in order, and nothing else.
        state: of the server when everything was done.
        files_left: see `soak_live.Soak`.
        processes: "server" and "engine".
        samples: what they held over time.
    """

    machine: Machine
    pair: str
    target: str
    draft: str | None
    device: str
    dtype: str
    speech: str
    realtime: bool
    pause_ms: int | None
    seed: int
    minutes: float
    long_silences: int
    non_speech: dict[str, int]
    sentences: Account
    outcomes: dict[str, int]
    messages: dict[str, int]
    left_out_ms: float
    repeated_ms: float
    words: int
    word_errors: int
    document_is_finals: bool
    state: str
    files_left: list[str]
    processes: dict[str, ProcessFigures]
    samples: list[Sample]


class Texts(msgspec.Struct):
    """The words of all inserted texts against those that were spoken in their sound."""

    words: int
    word_errors: int


def sentence_account(recording: SoakRecording, places: Places) -> Account:
    """What became of the recording's sentences."""
    return account([each.span for each in recording.sentences], places.heard)


def texts(recording: SoakRecording, heard: Sequence[Heard]) -> Texts:
    """Compare what was inserted with what was spoken, utterance by utterance."""
    inserted = [each for each in heard if each.is_inserted]
    if not all(sentence.text for sentence in recording.sentences):
        return Texts(0, 0)
    owned = sentences_of([each.span for each in recording.sentences], inserted)
    spoken = [
        [word for number in numbers for word in recording.sentences[number].text.split()]
        for numbers in owned
    ]
    everything = [word for each in recording.sentences for word in each.text.split()]
    errors = sum(
        word_errors(words, each.text.split()) for words, each in zip(spoken, inserted, strict=True)
    )
    # What no utterance heard is left out by all of them.
    missing = len(everything) - sum(len(words) for words in spoken)
    return Texts(len(everything), errors + missing)


def document_is_finals(soak: Soak) -> bool:
    """Whether every text that was told of stands in the document, once and in order."""
    told = [each.text for each in soak.utterances if each.outcome == "inserted"]
    return is_joined_of(soak.document, told)


def process_figures(soak: Soak, name: str) -> ProcessFigures:
    """What one of the processes held."""
    held = [sample.held[name] for sample in soak.samples]
    warm = [
        (sample.played_minutes, sample.held[name].resident_mb)
        for sample in soak.samples
        if sample.played_minutes >= WARM_MINUTES
    ]
    is_long = bool(warm) and warm[-1][0] - warm[0][0] >= _LEAST_FITTED_MINUTES
    past_a_minute = [sample.held[name] for sample in soak.samples if sample.played_minutes >= 1]
    before, after = soak.before[name], soak.after[name]
    return ProcessFigures(
        before=before,
        first_minute=next(iter(past_a_minute), before),
        most=_most([before, *held, after]),
        after=after,
        mb_per_hour=_MINUTES_PER_HOUR * _slope(warm) if is_long else None,
        grown_mb=warm[-1][1] - warm[0][1] if is_long else None,
    )


def outcomes(soak: Soak) -> tuple[dict[str, int], dict[str, int]]:
    """How many utterances ended how, and how often which message came with them."""
    return (
        dict(Counter(each.outcome for each in soak.utterances)),
        dict(Counter(each.message for each in soak.utterances if each.message)),
    )


def _most(held: Sequence[Usage]) -> Usage:
    descriptors = [each.descriptors for each in held if each.descriptors is not None]
    return Usage(
        resident_mb=max(each.resident_mb for each in held),
        threads=max(each.threads for each in held),
        descriptors=max(descriptors, default=None),
    )


def _slope(points: Sequence[tuple[float, float]]) -> float:
    across, up = zip(*points, strict=True)
    return linear_regression(across, up).slope
