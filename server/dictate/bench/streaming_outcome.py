"""Tables, goals and plots of `dictate bench streaming`."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Final

from dictate.bench.plots import draw_lines
from dictate.bench.results import Goal, Outcome, Table, at_least, at_most
from dictate.bench.streaming_report import (
    HANDS_FREE,
    HOLD,
    ModeFigures,
    StreamingReport,
    Times,
)
from dictate.bench.timing import Spread

_UNKNOWN: Final = "-"
_RELEASE: Final = "key release to final"
_SPEECH: Final = "end of speech to final"


def streaming_outcome(report: StreamingReport) -> Outcome:
    """Everything that is to be read of a report."""
    draft = f" + {report.draft}" if report.draft else ", no draft"
    return Outcome(
        name="streaming",
        title=f"Dictating with {report.pair} ({report.target}{draft}) on {report.device}, "
        f"{report.dtype}; {report.speech}",
        report=report,
        tables=[
            _finals(report),
            *([_words(report)] if report.word_ends_known else []),
            _stability(report),
            _decoding(report),
            _sources(report),
            *([_cuts(report)] if HANDS_FREE in report.modes else []),
            *([_silence(report)] if report.non_speech else []),
        ],
        goals=_goals(report),
        draw=lambda folder: _draw(report, folder),
    )


def _finals(report: StreamingReport) -> Table:
    rows = []
    for name, mode in report.modes.items():
        for about, times in ((_RELEASE, mode.release_to_final), (_SPEECH, mode.speech_to_final)):
            if times.spread is not None:
                rows.append([f"{name}: {about}", *_percentiles(times)])
    return Table(
        "Time to the final text, until the edit is acknowledged",
        ["milliseconds", "p50", "p95", "p99", "utterances"],
        rows,
        "; ".join(
            f"{name}: {', '.join(f'{count} {ending}' for ending, count in mode.outcomes.items())}"
            for name, mode in report.modes.items()
        )
        + ("" if report.word_ends_known else ". Latencies of words: the words' ends are not known"),
    )


def _words(report: StreamingReport) -> Table:
    rows = []
    for name, mode in report.modes.items():
        rows.append([f"{name}: any word at its place", *_percentiles(mode.word_shown)])
        rows.append([f"{name}: the word, as in the final", *_percentiles(mode.word_correct)])
    return Table(
        "From the end of a word until it is seen",
        ["milliseconds", "p50", "p95", "p99", "words"],
        rows,
    )


def _percentiles(times: Times) -> list[str]:
    spread = times.spread
    if spread is None:
        return [_UNKNOWN] * 3 + ["0"]
    return [f"{value:.0f}" for value in (spread.p50_ms, spread.p95_ms, spread.p99_ms)] + [
        str(spread.runs)
    ]


def _stability(report: StreamingReport) -> Table:
    return _by_mode(
        report,
        "How steady the partials are",
        {
            "partials": lambda mode: str(mode.stability.partials),
            "normalised erasure": lambda mode: _number(mode.stability.normalised_erasure),
            "unstable partials": lambda mode: _share(mode.stability.unstable_partials),
            "revised words per final word": lambda mode: _number(mode.stability.revised_words),
            "settled words taken back": lambda mode: str(mode.stability.retracted_words),
        },
    )


def _decoding(report: StreamingReport) -> Table:
    return _by_mode(
        report,
        "The finals, decoded again from the same sound",
        {
            "equal to the target's own": lambda mode: (
                f"{mode.decoding.equal} of {mode.decoding.compared}"
            ),
            "the last partial's tokens accepted": lambda mode: _share(
                mode.decoding.accepted_of_proposed
            ),
            "the final's tokens it brought": lambda mode: _share(mode.decoding.accepted_of_final),
            "decoder, with the last partial (ms)": lambda mode: _number(
                mode.decoding.last_partial.decoder_ms / max(1, mode.decoding.compared)
            ),
            "decoder, no drafts (ms)": lambda mode: _number(
                mode.decoding.last_partial.alone_ms / max(1, mode.decoding.compared)
            ),
            "word error rate": lambda mode: _share(
                mode.word_errors / mode.words if mode.words else None
            ),
            "engine, processor s per s of speech": lambda mode: _number(mode.engine_s_per_s),
            "server, processor s per s of speech": lambda mode: _number(mode.server_s_per_s),
        },
    )


def _by_mode(
    report: StreamingReport, title: str, rows: Mapping[str, Callable[[ModeFigures], str]]
) -> Table:
    return Table(
        title,
        ["", *report.modes],
        [[about, *(show(mode) for mode in report.modes.values())] for about, show in rows.items()],
    )


def _sources(report: StreamingReport) -> Table:
    return Table(
        "Tokens of drafts while it was dictated, of partials and finals",
        ["source", "proposed", "accepted", "share"],
        [
            [
                source.name,
                str(source.proposed_tokens),
                str(source.accepted_tokens),
                _share(
                    source.accepted_tokens / source.proposed_tokens
                    if source.proposed_tokens
                    else None
                ),
            ]
            for source in report.draft_sources
        ],
    )


def _cuts(report: StreamingReport) -> Table:
    cuts = report.modes[HANDS_FREE].cuts
    assert cuts is not None, "continuous speech has sentences"
    pause = "learned" if report.pause_ms is None else f"{report.pause_ms} ms"
    return Table(
        f"Continuous speech, the pause that ends an utterance {pause}",
        ["sentences", "cut", "missed", "joined to the one before"],
        [[str(count) for count in (cuts.sentences, cuts.cut, cuts.missed, cuts.joined)]],
    )


def _silence(report: StreamingReport) -> Table:
    return Table(
        "Sound without speech",
        ["kind", "clips", "insertions"],
        [
            [kind, str(clips), str(inserted)]
            for kind, (clips, inserted) in report.non_speech.items()
        ],
    )


def _goals(report: StreamingReport) -> list[Goal]:
    held, free = report.modes.get(HOLD), report.modes.get(HANDS_FREE)
    modes = list(report.modes.values())
    released = held.release_to_final.spread if held else None
    spoken = free.speech_to_final.spread if free else None
    words = Spread.of(values) if (values := _pooled(modes, "word_correct")) else None
    cuts = free.cuts if free else None
    decoding = [mode.decoding for mode in modes]
    proposed = sum(each.last_partial.proposed_tokens for each in decoding)
    accepted = sum(each.last_partial.accepted_tokens for each in decoding)
    speedups = [speedup for each in decoding for speedup in each.speedups]
    compared = sum(each.compared for each in decoding)
    erasures = [
        erasure for mode in modes if (erasure := mode.stability.normalised_erasure) is not None
    ]
    clips = sum(count for count, _ in report.non_speech.values())
    inserted = sum(count for _, count in report.non_speech.values())
    return [
        at_most("key release to final, p50", released.p50_ms if released else None, 60, " ms"),
        at_most("key release to final, p95", released.p95_ms if released else None, 150, " ms"),
        at_most(
            "hands-free, end of speech to final, p50", spoken.p50_ms if spoken else None, 450, " ms"
        ),
        at_most(
            "hands-free, sentences cut", _ratio(cuts.cut, cuts.sentences) if cuts else None, 2, " %"
        ),
        at_most("word shown as in the final, p50", words.p50_ms if words else None, 400, " ms"),
        at_most("normalised erasure", max(erasures, default=None), 0.2, ""),
        at_least("last partial's tokens accepted", _ratio(accepted, proposed), 85, " %"),
        at_least("final's decoding, times faster", median(speedups) if speedups else None, 3, ""),
        at_least(
            "finals equal to the target's own",
            _ratio(sum(each.equal for each in decoding), compared),
            100,
            " %",
        ),
        at_most("texts without speech", inserted if clips else None, 0, f" of {clips}"),
    ]


def _pooled(modes: Sequence[ModeFigures], name: str) -> list[float]:
    return [value_ms for mode in modes for value_ms in getattr(mode, name).values_ms]


def _draw(report: StreamingReport, folder: Path) -> list[Path]:
    finals: dict[str, list[float]] = {}
    words: dict[str, list[float]] = {}
    for name, mode in report.modes.items():
        finals[f"{name}: {_RELEASE}"] = mode.release_to_final.values_ms
        finals[f"{name}: {_SPEECH}"] = mode.speech_to_final.values_ms
        words[f"{name}: any word"] = mode.word_shown.values_ms
        words[f"{name}: the right word"] = mode.word_correct.values_ms
    pictures = {
        "streaming-finals.png": ("Time to the final text", finals),
        "streaming-words.png": ("From the end of a word until it is seen", words),
    }
    drawn = []
    for file, (title, values) in pictures.items():
        lines = {name: distribution(values_ms) for name, values_ms in values.items() if values_ms}
        if lines:
            labels = ("milliseconds", "share that took no longer")
            draw_lines(folder / file, f"{title}, {report.pair} on {report.device}", lines, labels)
            drawn.append(folder / file)
    return drawn


def distribution(values: Sequence[float]) -> tuple[list[float], list[float]]:
    """The values in order, and for each the share of them that are no greater."""
    ordered = sorted(values)
    return ordered, [(index + 1) / len(ordered) for index in range(len(ordered))]


def _ratio(count: int, total: int) -> float | None:
    """In percent."""
    return 100 * count / total if total else None


def _share(share: float | None) -> str:
    return _UNKNOWN if share is None else f"{share:.1%}"


def _number(value: float | None) -> str:
    return _UNKNOWN if value is None else f"{value:.3g}"
