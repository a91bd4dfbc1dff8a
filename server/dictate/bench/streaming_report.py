"""The figures of `dictate bench streaming`, and how they come of what was seen."""

from collections.abc import Sequence
from statistics import mean, median
from typing import Any

import msgspec

from dictate.bench.machine import Machine
from dictate.bench.streaming_decodes import LastPartial
from dictate.bench.streaming_live import Live, Observed
from dictate.bench.streaming_metrics import (
    Appeared,
    Stability,
    WordLatency,
    stability,
    word_errors,
    word_latencies,
)
from dictate.bench.streaming_spans import Cuts
from dictate.bench.timing import Spread

HOLD, HANDS_FREE = "hold", "hands-free"


class Times(msgspec.Struct):
    """Milliseconds; `spread` is None where there are none."""

    values_ms: list[float]
    spread: Spread | None

    @classmethod
    def of(cls, values_s: Sequence[float]) -> "Times":
        """From seconds."""
        values_ms = [round(1e3 * value_s, 1) for value_s in values_s]
        return cls(values_ms, Spread.of(values_ms) if values_ms else None)


class StabilityFigures(msgspec.Struct):
    """How steady the partials were; see docs/streaming.md.

    Attributes:
        partials: how many were shown.
        normalised_erasure: mean over the utterances with a text; None: there was none.
        unstable_partials: share of those that are no beginning of what followed.
        revised_words: words replaced in their place, per word of the finals.
        retracted_words: words that were called settled and are in no final.
    """

    partials: int
    normalised_erasure: float | None
    unstable_partials: float | None
    revised_words: float | None
    retracted_words: int

    @classmethod
    def of(cls, utterances: Sequence[Stability]) -> "StabilityFigures":
        """Over all utterances."""
        partials = sum(each.partials for each in utterances)
        words = sum(each.final_words for each in utterances)
        unstable = sum(each.unstable_partials for each in utterances)
        revised = sum(each.revised_words for each in utterances)
        erasures = [each.normalised_erasure for each in utterances]
        known = [erasure for erasure in erasures if erasure is not None]
        return cls(
            partials=partials,
            normalised_erasure=mean(known) if known else None,
            unstable_partials=unstable / partials if partials else None,
            revised_words=revised / words if words else None,
            retracted_words=sum(each.retracted_words for each in utterances),
        )


class DraftSource(msgspec.Struct):
    """What one source of drafts proposed while the recordings were played."""

    name: str
    proposed_tokens: int
    accepted_tokens: int


class DecodingFigures(msgspec.Struct):
    """The same sound decoded again.

    Attributes:
        compared: finals that were compared with the target's own text of their sound.
        equal: those that are the same.
        last_partial: the sum over all.
        speedups: of each final: time in the decoder without any draft, over the time with them.
    """

    compared: int
    equal: int
    last_partial: LastPartial
    speedups: list[float]

    @classmethod
    def of(cls, equal: Sequence[bool], worths: Sequence[LastPartial]) -> "DecodingFigures":
        """Over all finals."""
        return cls(
            compared=len(equal),
            equal=sum(equal),
            last_partial=LastPartial(
                **{
                    name: sum(getattr(worth, name) for worth in worths)
                    for name in LastPartial.__struct_fields__
                }
            ),
            speedups=[
                round(worth.alone_ms / worth.decoder_ms, 2) for worth in worths if worth.decoder_ms
            ],
        )

    @property
    def accepted_of_proposed(self) -> float | None:
        """Share of the last partials' proposed tokens that were accepted."""
        proposed = self.last_partial.proposed_tokens
        return self.last_partial.accepted_tokens / proposed if proposed else None

    @property
    def accepted_of_final(self) -> float | None:
        """Share of the finals' tokens that a last partial brought."""
        tokens = self.last_partial.final_tokens
        return self.last_partial.accepted_tokens / tokens if tokens else None

    @property
    def speedup(self) -> float | None:
        """The finals' median."""
        return median(self.speedups) if self.speedups else None


class ModeFigures(msgspec.Struct):
    """One mode of dictating.

    Attributes:
        outcomes: how many utterances ended how.
        speech_s: how long somebody spoke.
        speech_to_final: from the true end of speech to the acknowledged edit.
        release_to_final: from the key's release to it; no values hands-free.
        server: what the server says of its latency; see `dictate/stats`.
        word_shown: from a word's end until any word was shown at its place.
        word_correct: until it was shown itself, behind the right words.
        words: that were spoken; 0: not known.
        word_errors: of the finals.
        cuts: what became of the sentences of continuous speech; None with a key.
        engine_s_per_s: processor seconds of the engine per second of speech.
        server_s_per_s: of the server.
    """

    outcomes: dict[str, int]
    speech_s: float
    speech_to_final: Times
    release_to_final: Times
    server: dict[str, Any]
    word_shown: Times
    word_correct: Times
    stability: StabilityFigures
    words: int
    word_errors: int
    cuts: Cuts | None
    engine_s_per_s: float
    server_s_per_s: float
    decoding: DecodingFigures


class StreamingReport(msgspec.Struct):
    """What `dictate bench streaming` measured.

    Attributes:
        speech: what was played.
        word_ends_known: otherwise there are no latencies of words.
        pause_ms: that ended a hands-free utterance; None: learned.
        modes: "hold" and "hands-free", as far as they were asked for.
        draft_sources: of the engine, over all modes.
        non_speech: by kind of sound, how many clips there were and how many brought a text.
    """

    machine: Machine
    pair: str
    target: str
    draft: str | None
    device: str
    dtype: str
    speech: str
    word_ends_known: bool
    pause_ms: int | None
    seed: int
    modes: dict[str, ModeFigures]
    draft_sources: list[DraftSource]
    non_speech: dict[str, tuple[int, int]]


def mode_figures(live: Live, decoding: DecodingFigures) -> ModeFigures:
    """The figures of what was seen in a mode."""
    inserted = [each for each in live.observed if each.dictated.outcome == "inserted"]
    latencies = [latency for each in inserted for latency in _word_latencies(each)]
    finals = " ".join(each.dictated.text for each in inserted).split()
    words = live.text.split()
    return ModeFigures(
        outcomes=dict(live.outcomes),
        speech_s=live.speech_s,
        speech_to_final=Times.of(
            [
                each.dictated.final_s - each.speech_end_s
                for each in inserted
                if each.speech_end_s is not None
            ]
        ),
        release_to_final=Times.of(
            [
                1e-3 * each.dictated.release_to_acknowledged_ms
                for each in inserted
                if each.dictated.release_to_acknowledged_ms
            ]
        ),
        server=live.stats,
        word_shown=Times.of([latency.shown_s for latency in latencies]),
        word_correct=Times.of([latency.correct_s for latency in latencies]),
        stability=StabilityFigures.of([_stability(each) for each in live.observed]),
        words=len(words),
        word_errors=word_errors(words, finals) if words else 0,
        cuts=live.cuts,
        engine_s_per_s=live.engine_s / live.speech_s,
        server_s_per_s=live.server_s / live.speech_s,
        decoding=decoding,
    )


def _word_latencies(observed: Observed) -> list[WordLatency]:
    dictated = observed.dictated
    partials = [Appeared(shown.at_s, shown.text) for shown in dictated.partials]
    return word_latencies(observed.words, partials, Appeared(dictated.final_s, dictated.text))


def _stability(observed: Observed) -> Stability:
    dictated = observed.dictated
    return stability(
        [shown.text for shown in dictated.partials],
        [shown.committed for shown in dictated.partials],
        dictated.text,
    )
