"""What each real source of drafts is worth to the bundled pair, on the bundled recordings."""

from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

import msgspec
import numpy as np
import torch

from dictate.asr import Transcription
from dictate.asr.drafts import DraftSource, HypothesisDraft, NGramDraft, NGramIndex, RecycledTail
from dictate.asr.speculation import Recall
from dictate.asr.vocabulary_map import map_vocabularies
from dictate.bench.cases import bundled_pair, bundled_sounds
from dictate.bench.machine import Machine, describe_machine
from dictate.bench.peers.setting import Samples
from dictate.bench.plots import draw_bars
from dictate.bench.results import Goal, Outcome, Table
from dictate.bench.rig import Heard, MakeDraft, Rig, Run, ready_made
from dictate.bench.timing import Spread, interleaved, median_ratio
from dictate.models.registry import Registry

PLAIN = "no draft"
DRAFT_MODEL = "draft model"
_LENGTHS = (2, 4, 8)
# A partial is decoded while somebody still speaks: of this much of the utterance.
_HEARD_BEFORE = 0.75
_NOISE_LEVEL = 0.05

_ENGINE_PLAIN = "without speculation"
_ENGINE_FRESH = "as it decides, nothing heard before"
_ENGINE_PARTIAL = f"as it decides, the first {_HEARD_BEFORE:.0%} heard before"


class SourceFigures(msgspec.Struct):
    """One way to draft, over all recordings.

    Attributes:
        length_tokens: how many tokens were proposed at once; None: as many as adapting chose.
        decoder_ms: median of an utterance's time behind the target's encoder.
        speedup: median of the ratios of plain time to this way's, of the same round and recording.
    """

    source: str
    length_tokens: int | None
    decoder_ms: float
    speedup: float
    proposed_tokens: int
    accepted_tokens: int
    target_passes: float
    same_tokens: bool


class SourcesReport(msgspec.Struct):
    """What `dictate bench speculative` measured on the bundled pair.

    Attributes:
        engine: the whole utterance by the engine, without speculation and as it decides.
        engine_speedup: time without speculation by time with it.
        engine_sources: tokens accepted and proposed by source, as the engine decides.
    """

    machine: Machine
    pair: str
    device: str
    precision: str
    rounds: int
    recordings: int
    tokens: float
    encode_ms: float
    sources: list[SourceFigures]
    engine: dict[str, Spread]
    engine_speedup: dict[str, float]
    engine_sources: dict[str, dict[str, list[int]]]


class _Chain:
    """The first source that has something to say."""

    name = "chain"

    def __init__(self, sources: Sequence[DraftSource]) -> None:
        self._sources = sources

    def propose(self, accepted: Sequence[int], limit_tokens: int) -> list[int]:
        for source in self._sources:
            proposal = source.propose(accepted, limit_tokens)
            if proposal:
                return proposal
        return []


def measure_sources(rounds: int, device: str, dtype: str) -> SourcesReport:
    """Decode every bundled recording with every source, interleaved; then as the engine decides.

    Args:
        rounds: how often.
        device: see `Pair.load`.
        dtype: see `Pair.load`.
    """
    entry = Registry.load().pair("bundled")
    rig = Rig(entry.target, entry.draft, device, dtype, short_window=entry.short_window)
    sounds = bundled_sounds()
    heard = [rig.hear(sound) for sound in sounds]
    expected = [rig.write(one).decoded.tokens for one in heard]
    partials = _partials(rig, sounds)
    drafts = _drafts(rig, sounds, expected, partials)
    runs: dict[str, list[Run]] = {PLAIN: [], **{name: [] for name in drafts}}
    for turn in range(rounds + 1):
        for index, one in enumerate(heard):
            for name in runs:
                run = _write(rig, one, None if name == PLAIN else drafts[name], index)
                if turn:  # the first round warms up
                    runs[name].append(run)
    times_ms, used = _engine(sounds, partials, rounds, device, dtype)
    return SourcesReport(
        machine=describe_machine(rig.device),
        pair="bundled",
        device=rig.device,
        precision=rig.precision,
        rounds=rounds,
        recordings=len(sounds),
        tokens=sum(map(len, expected)) / len(expected),
        encode_ms=median(rig.hear(sound).encode_ms for sound in sounds),
        sources=[_figures(name, runs[name], runs[PLAIN], expected * rounds) for name in runs],
        engine={way: Spread.of(values) for way, values in times_ms.items()},
        engine_speedup={
            way: median_ratio(times_ms[_ENGINE_PLAIN], values)
            for way, values in times_ms.items()
            if way != _ENGINE_PLAIN
        },
        engine_sources=used,
    )


def _engine(
    sounds: Sequence[Samples],
    partials: Sequence[list[int]],
    rounds: int,
    device: str,
    dtype: str,
) -> tuple[dict[str, list[float]], dict[str, dict[str, list[int]]]]:
    """Times of the whole utterance as the engine decides, and what its sources did.

    Args:
        sounds: the recordings.
        partials: a hypothesis of each, as the engine has it when speech ends.
        rounds: how often.
        device: see `Pair.load`.
        dtype: see `Pair.load`.
    """
    pair = bundled_pair(device, dtype)
    pair.warm_up()
    ways: dict[str, Callable[[int], Transcription]] = {
        _ENGINE_PLAIN: lambda index: pair.transcribe(sounds[index], speculate=False),
        _ENGINE_FRESH: lambda index: pair.transcribe(sounds[index]),
        _ENGINE_PARTIAL: lambda index: pair.transcribe(
            sounds[index], recall=Recall(hypothesis=partials[index])
        ),
    }
    times_ms = interleaved(ways, range(len(sounds)), rounds, pair.device)
    used: dict[str, dict[str, list[int]]] = {}
    for way in (_ENGINE_FRESH, _ENGINE_PARTIAL):
        for index in range(len(sounds)):
            for name, figures in ways[way](index).sources.items():
                counts = used.setdefault(way, {}).setdefault(name, [0, 0])
                counts[0] += figures.accepted_tokens
                counts[1] += figures.proposed_tokens
    return times_ms, used


_Makers = tuple[Sequence[MakeDraft], int | None]
"""A source for each recording, and a fixed draft length."""


def _partials(rig: Rig, sounds: Sequence[Samples]) -> list[list[int]]:
    """What was heard of each recording while it was still spoken."""
    cut = [rig.hear(sound[: int(_HEARD_BEFORE * sound.size)]) for sound in sounds]
    return [rig.write(one).decoded.tokens for one in cut]


def _drafts(
    rig: Rig,
    sounds: Sequence[Samples],
    expected: Sequence[list[int]],
    partials: Sequence[list[int]],
) -> dict[str, _Makers]:
    """Every source, one for each recording; hypotheses are decoded here, before the clock runs."""
    end = rig.tokens.end
    random = np.random.default_rng(0)
    noisy = [
        rig.hear((sound + _NOISE_LEVEL * random.standard_normal(sound.size)).astype(np.float32))
        for sound in sounds
    ]
    misheard = [rig.write(one).decoded.tokens for one in noisy]

    def fixed(sources: Sequence[DraftSource]) -> Sequence[MakeDraft]:
        return [ready_made(source) for source in sources]

    makers: dict[str, _Makers] = {}
    if rig.draft is not None:
        to_target = map_vocabularies(rig.draft.tokens, rig.tokens)

        def listen(rig: Rig, sound: torch.Tensor) -> DraftSource:
            assert rig.draft is not None
            return rig.draft.listen(
                rig.draft_features(sound), rig.tokens.default_language, to_target
            )

        makers[DRAFT_MODEL] = ([listen] * len(sounds), None)
        for length in _LENGTHS:
            makers[f"{DRAFT_MODEL}, {length} at once"] = ([listen] * len(sounds), length)
    makers["previous hypothesis: the same text"] = (
        fixed([HypothesisDraft(tokens, end) for tokens in expected]),
        None,
    )
    makers[f"previous hypothesis: of the first {_HEARD_BEFORE:.0%}"] = (
        fixed(
            [
                _Chain([HypothesisDraft(tokens, end), RecycledTail(tokens, end)])
                for tokens in partials
            ]
        ),
        None,
    )
    makers["misheard hypothesis"] = (
        fixed([HypothesisDraft(tokens, end) for tokens in misheard]),
        None,
    )
    makers["misheard hypothesis and its recycled tail"] = (
        fixed(
            [
                _Chain([HypothesisDraft(tokens, end), RecycledTail(tokens, end)])
                for tokens in misheard
            ]
        ),
        None,
    )
    makers["n-grams: said before"] = (
        fixed([NGramDraft([_index(expected)])] * len(sounds)),
        None,
    )
    makers["n-grams: other sentences"] = (
        fixed(
            [
                NGramDraft([_index([*expected[:own], *expected[own + 1 :]])])
                for own in range(len(expected))
            ]
        ),
        None,
    )
    return makers


def _index(texts: Sequence[list[int]]) -> NGramIndex:
    index = NGramIndex()
    for tokens in texts:
        index.add(tokens)
    return index


def _write(rig: Rig, heard: Heard, makers: _Makers | None, index: int) -> Run:
    if makers is None:
        return rig.write(heard)
    return rig.write(heard, makers[0][index], length_tokens=makers[1])


def _figures(
    name: str, runs: Sequence[Run], plain: Sequence[Run], expected: Sequence[list[int]]
) -> SourceFigures:
    source, _, length = name.partition(", ")
    return SourceFigures(
        source=source,
        length_tokens=int(length.split()[0]) if length else None,
        decoder_ms=median(run.decoder_ms for run in runs),
        speedup=median_ratio([run.decoder_ms for run in plain], [run.decoder_ms for run in runs]),
        proposed_tokens=sum(run.decoded.proposed_tokens for run in runs),
        accepted_tokens=sum(run.decoded.accepted_tokens for run in runs),
        target_passes=sum(run.decoded.target_steps for run in runs) / len(runs),
        same_tokens=all(
            run.decoded.tokens == tokens for run, tokens in zip(runs, expected, strict=True)
        ),
    )


def sources_outcome(report: SourcesReport) -> Outcome:
    """Table, goal and plot of a report."""
    pair = f"pair {report.pair}, {report.precision} on {report.device}"
    table = Table(
        title=f"{pair}: {report.recordings} recordings, {report.tokens:.0f} tokens each, "
        f"{report.rounds} rounds",
        columns=[
            "draft",
            "draft length",
            "accepted",
            "target passes",
            "decoder ms",
            "speed-up",
            "tokens",
        ],
        rows=[
            [
                one.source,
                "" if one.source == PLAIN else str(one.length_tokens or "adapts"),
                f"{one.accepted_tokens} of {one.proposed_tokens}" if one.proposed_tokens else "",
                f"{one.target_passes:.1f}",
                f"{one.decoder_ms:.2f}",
                f"{one.speedup:.2f}",
                "same" if one.same_tokens else "DIFFER",
            ]
            for one in report.sources
        ],
        note=f"Behind the target's encoder, which takes {report.encode_ms:.1f} ms.",
    )
    engine = Table(
        title=f"{pair}: the engine, which prices its sources, whole utterance",
        columns=["engine", "p50 ms", "p95 ms", "speed-up", "accepted"],
        rows=[
            [
                way,
                f"{spread.p50_ms:.1f}",
                f"{spread.p95_ms:.1f}",
                f"{report.engine_speedup.get(way, 1.0):.2f}",
                ", ".join(
                    f"{name} {accepted} of {proposed}"
                    for name, (accepted, proposed) in report.engine_sources.get(way, {}).items()
                ),
            ]
            for way, spread in report.engine.items()
        ],
    )

    def draw(folder: Path) -> list[Path]:
        path = folder / "speculative-bundled.png"
        draw_bars(
            path,
            f"Speed-up of the decoder by source, {pair}",
            {
                one.source + (f", {one.length_tokens} at once" if one.length_tokens else ""): (
                    one.speedup
                )
                for one in report.sources
            },
            "plain by speculative time, more is better",
        )
        return [path]

    return Outcome(
        name="speculative-bundled",
        title=f"Speculative decoding with real drafts, {pair}",
        report=report,
        tables=[table, engine],
        goals=_goals(report, pair),
        draw=draw,
    )


def _goals(report: SourcesReport, pair: str) -> list[Goal]:
    best = max((one for one in report.sources if one.source != PLAIN), key=lambda one: one.speedup)
    models = [one for one in report.sources if one.source == DRAFT_MODEL]
    model = f"; draft model {max(one.speedup for one in models):.2f}" if models else ""
    different = [one.source for one in report.sources if not one.same_tokens]
    return [
        Goal(
            f"{pair}: speculative against plain decoding, real drafts",
            "a gain",
            f"best {best.speedup:.2f} in the decoder ({best.source}){model}; whole utterance "
            + ", ".join(f"{way} {ratio:.2f}" for way, ratio in report.engine_speedup.items()),
            report.engine_speedup[_ENGINE_PARTIAL] > 1.0,
        ),
        Goal(
            f"{pair}: drafts whose tokens differ from the plain ones",
            "0",
            f"{len(different)}" + (f" ({', '.join(different)})" if different else ""),
            not different,
        ),
    ]
