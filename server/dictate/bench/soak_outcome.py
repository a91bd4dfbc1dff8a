"""Tables, goals and plot of `dictate bench soak`."""

from pathlib import Path
from typing import Final

from dictate.bench.plots import draw_lines
from dictate.bench.process_usage import Usage
from dictate.bench.results import Goal, Outcome, Table, at_least, at_most
from dictate.bench.soak_report import WARM_MINUTES, ProcessFigures, SoakReport

_MOST_MB_PER_HOUR: Final = 20
_POOL_THREADS: Final = 8
"""Threads of a pool come when so many are busy at a time for the first time, and stay."""
_NOT_MEASURED: Final = "not measured"
_NO_SLOPE: Final = "recording too short"


def soak_outcome(report: SoakReport) -> Outcome:
    """Everything that is to be read of a report."""
    draft = f" + {report.draft}" if report.draft else ", no draft"
    speed = "as it was spoken" if report.realtime else "as fast as it was taken"
    return Outcome(
        name="soak",
        title=f"{report.minutes:.0f} minutes hands-free with {report.pair} ({report.target}{draft})"
        f" on {report.device}, {report.dtype}; {report.speech}; played {speed}",
        report=report,
        tables=[_sentences(report), _utterances(report), _processes(report)],
        goals=_goals(report),
        draw=lambda folder: _draw(report, folder),
    )


def _sentences(report: SoakReport) -> Table:
    sentences = report.sentences
    counts = {
        "lost": sentences.lost,
        "doubled": sentences.doubled,
        "cut": sentences.cut,
        "joined to the one before": sentences.joined,
    }
    errors = f"{report.word_errors / report.words:.1%}" if report.words else _NOT_MEASURED
    clips = sum(report.non_speech.values())
    return Table(
        "What became of the sentences",
        ["sentences", *counts],
        [[str(sentences.sentences), *map(str, counts.values())]],
        f"{report.long_silences} long silences; {clips} clips without speech, "
        f"{sentences.texts_without_speech} texts inserted where nobody spoke; "
        f"word error rate {errors}",
    )


def _utterances(report: SoakReport) -> Table:
    pause = "learned" if report.pause_ms is None else f"{report.pause_ms} ms"
    told = "; ".join(f"{count} times: {message}" for message, count in report.messages.items())
    return Table(
        f"Utterances, the pause that ends one {pause}",
        [*report.outcomes, "sound in none (ms)", "sound in two (ms)"],
        [
            [
                *map(str, report.outcomes.values()),
                f"{report.left_out_ms:.0f}",
                f"{report.repeated_ms:.0f}",
            ]
        ],
        told,
    )


def _processes(report: SoakReport) -> Table:
    rows = []
    for name, figures in report.processes.items():
        moments = {
            "before": figures.before,
            "after the first minute": figures.first_minute,
            "the most": figures.most,
            "at the end": figures.after,
        }
        rows += [[f"{name}, {moment}", *_cells(held)] for moment, held in moments.items()]
    return Table(
        "What the processes held",
        ["", "memory (MB)", "threads", "descriptors"],
        rows,
        "; ".join(f"{name}: {_growth(each)}" for name, each in report.processes.items())
        + f"; state {report.state}; files left: {', '.join(report.files_left) or 'none'}",
    )


def _cells(held: Usage) -> list[str]:
    descriptors = _NOT_MEASURED if held.descriptors is None else str(held.descriptors)
    return [f"{held.resident_mb:.1f}", str(held.threads), descriptors]


def _growth(figures: ProcessFigures) -> str:
    if figures.mb_per_hour is None or figures.grown_mb is None:
        return _NO_SLOPE
    return (
        f"{figures.mb_per_hour:+.1f} MB per hour behind minute {WARM_MINUTES:g}, "
        f"{figures.grown_mb:+.1f} MB from first to last"
    )


def _goals(report: SoakReport) -> list[Goal]:
    sentences = report.sentences
    clips = sum(report.non_speech.values())
    goals = [
        at_most("sentences lost", sentences.lost, 0, ""),
        at_most("sentences doubled", sentences.doubled, 0, ""),
        at_most("sentences cut", 100 * sentences.cut / sentences.sentences, 2, " %"),
        at_most(
            "sound in no utterance, or in two", report.left_out_ms + report.repeated_ms, 0, " ms"
        ),
        at_most("texts without speech", sentences.texts_without_speech, 0, f" of {clips}"),
        at_least("the document is the finals, in order", int(report.document_is_finals), 1, ""),
        at_most("files left behind", len(report.files_left), 0, ""),
        Goal("the server at the end", "idle", report.state, report.state == "idle"),
    ]
    for name, figures in report.processes.items():
        goals += [
            at_most(
                f"memory of the {name}", figures.mb_per_hour, _MOST_MB_PER_HOUR, " MB per hour"
            ),
            at_most(f"threads left in the {name}", figures.threads_left, _POOL_THREADS, ""),
            at_most(f"descriptors left in the {name}", figures.descriptors_left, 0, ""),
        ]
    return goals


def _draw(report: SoakReport, folder: Path) -> list[Path]:
    minutes = [sample.played_minutes for sample in report.samples]
    path = folder / "soak.png"
    draw_lines(
        path,
        f"Memory while {report.minutes:.0f} minutes were played, {report.pair} on {report.device}",
        {
            name: (minutes, [sample.held[name].resident_mb for sample in report.samples])
            for name in report.processes
        },
        ("minutes played", "MB"),
    )
    return [path]
