"""Tables, goals and plots of `dictate bench identifiers`."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

from dictate.bench.identifiers_metrics import Ratio
from dictate.bench.identifiers_report import Cell, IdentifiersReport, SoundFigures
from dictate.bench.identifiers_rungs import RUNGS, Rung
from dictate.bench.plots import draw_grouped_bars, draw_lines
from dictate.bench.results import Goal, Outcome, Table, at_least, at_most

_UNKNOWN: Final = "-"
_NOT_A_NUMBER: Final = float("nan")


def identifiers_outcome(report: IdentifiersReport) -> Outcome:
    """Everything that is to be read of a report."""
    sound = report.sound
    if sound is None:
        on = "heard without a mistake"
    else:
        draft = f" + {sound.draft}" if sound.draft else ", no draft"
        on = f"{sound.pair} ({sound.target}{draft}) on {sound.device}, {sound.dtype}"
    return Outcome(
        name="identifiers",
        title=f"Names of {report.files} source files in {len(report.languages)} languages; {on}; "
        f"seed {report.seed}",
        report=report,
        tables=[_perfect(report), _prose(report), *([] if sound is None else _of_sound(sound))],
        goals=_goals(report),
        draw=None if sound is None else lambda folder: _draw(sound, folder),
    )


def _of_sound(sound: SoundFigures) -> list[Table]:
    return [
        _ladder(sound),
        _words(sound),
        _groups(sound),
        _alone(sound),
        _prompt_forms(sound),
        _decoding(sound),
    ]


def _perfect(report: IdentifiersReport) -> Table:
    rows = [
        [
            each.language_id,
            f"{each.alone_right} of {each.alone}",
            f"{each.code_right} of {each.code}",
            f"{each.prose_right} of {each.prose}",
            _percent(each.collisions),
        ]
        for each in report.perfect
    ]
    shared = ", ".join(
        f"{_percent(share)} with {count}" for count, share in report.list_collisions.items()
    )
    alike = sum(each.said_alike for each in report.perfect)
    return Table(
        "Names written exactly, heard without a mistake, all names of the file in the buffer",
        ["language", "said alone", "in code", "in prose", "said like another of the file"],
        [
            *rows,
            [
                "all",
                _percent(_share(report, "alone")),
                _percent(_share(report, "code")),
                _percent(_share(report, "prose")),
                "",
            ],
        ],
        f"for {alike} of those missed alone another was written that is said just so; names of "
        f"the ladder's lists that are said like another: {shared} distractors; a writer is ready "
        f"in {report.build_ms.p50_ms:.1f} ms (p95 {report.build_ms.p95_ms:.1f})",
    )


def _share(report: IdentifiersReport, *ways: str) -> float | None:
    """Of names written exactly, said in some ways."""
    said = sum(getattr(each, way) for each in report.perfect for way in ways)
    right = sum(getattr(each, f"{way}_right") for each in report.perfect for way in ways)
    return right / said if said else None


def _prose(report: IdentifiersReport) -> Table:
    prose = report.prose
    return Table(
        "Ordinary prose, heard without a mistake, in prose mode",
        ["words", "names in the buffer", "became names", "changed at all", "per 1,000 words"],
        [
            [
                f"{prose.words:,}",
                str(prose.buffer_names),
                str(prose.changed_names),
                str(prose.changed),
                _number(prose.per_thousand),
            ]
        ],
    )


def _ladder(sound: SoundFigures) -> Table:
    return Table(
        "The ladder: names in sentences that were spoken",
        [
            "distractors, rung", "recall", "95 %", "precision", "95 %", "names nobody said",
            "per 1,000 words", "whole texts",
        ],
        [
            [
                f"{cell.distractors:3} {cell.rung}",
                _percent(cell.recall.value),
                _interval(cell.recall),
                _percent(cell.precision.value),
                _interval(cell.precision),
                str(round((cell.wrong_names.value or 0.0) * cell.wrong_names.counted)),
                _thousandth(cell.wrong_names),
                _percent(cell.whole.value),
            ]
            for cell in sound.cells
        ],
        f"{sound.cells[0].sentences} sentences, {sound.cells[0].recall.counted} names said; "
        "voices: " + ", ".join(sound.voices),
    )  # fmt: skip


def _words(sound: SoundFigures) -> Table:
    return Table(
        "Words, and time",
        [
            "distractors, rung", "errors in words of names", "in other words", "leaked names",
            "ends lost", "text ms p50", "p95", "decoder ms p50", "p95",
        ],
        [
            [
                f"{cell.distractors:3} {cell.rung}",
                _percent(cell.rare_word_errors.value),
                _percent(cell.common_word_errors.value),
                str(cell.leaked),
                str(cell.lost_tails),
                f"{cell.text_ms.p50_ms:.2f}",
                f"{cell.text_ms.p95_ms:.2f}",
                f"{cell.decode_ms.p50_ms:.1f}",
                f"{cell.decode_ms.p95_ms:.1f}",
            ]
            for cell in sound.cells
        ],
    )  # fmt: skip


def _groups(sound: SoundFigures) -> Table:
    return Table(
        f"Recall with {sound.group_distractors} distractors, by mode, language and voice",
        ["", "names", *RUNGS],
        [
            [
                group.name,
                str(group.recall["none"].counted),
                *(_percent(group.recall[rung].value) for rung in RUNGS),
            ]
            for group in sound.groups
        ],
    )


def _alone(sound: SoundFigures) -> Table:
    return Table(
        "Sentences in which no name is said, in buffers of names",
        ["names, rung, mode", "words", "names nobody said", "per 1,000 words", "95 %"],
        [
            [
                f"{each.distractors:3} {each.rung}, {each.mode}",
                str(each.words),
                str(round((each.wrong_names.value or 0.0) * each.words)),
                _thousandth(each.wrong_names),
                _interval(each.wrong_names, 1e3),
            ]
            for each in sound.alone
        ],
    )


def _prompt_forms(sound: SoundFigures) -> Table:
    return Table(
        "Forms of the prompt, nothing else told, as the model writes",
        [
            "distractors, form", "recall", "95 %", "names nobody said, per 1,000 words",
            "errors in words of names", "in other words", "ends lost",
        ],
        [
            [
                f"{form.distractors:3} {form.form}",
                _percent(form.recall.value),
                _interval(form.recall),
                _thousandth(form.wrong_names),
                _percent(form.rare_word_errors.value),
                _percent(form.common_word_errors.value),
                str(form.lost_tails),
            ]
            for form in sound.prompt_forms
        ],
    )  # fmt: skip


def _decoding(sound: SoundFigures) -> Table:
    overhead, exactness, silence = sound.overhead, sound.exactness, sound.non_speech
    return Table(
        "Decoding",
        ["measure", ""],
        [
            [
                f"decoder with phrases of {overhead.names} names, over without",
                f"{_number(overhead.ratio)} ({overhead.with_ms:.1f} ms, {overhead.without_ms:.1f} "
                f"ms; {overhead.pairs} pairs)",
            ],
            ["the same where the phrases are new", _number(overhead.first_ratio)],
            [
                "texts that drafts changed",
                f"{exactness.failures} of {exactness.compared}",
            ],
            [
                "texts on clips without speech, names told",
                f"{silence.written} of {silence.clips}",
            ],
        ],
    )


def _goals(report: IdentifiersReport) -> list[Goal]:
    share = _share(report, "alone", "code")
    names = sum(each.alone + each.code for each in report.perfect)
    goals = [
        at_least(
            f"names in code heard without a mistake, {names} in {len(report.perfect)} languages",
            None if share is None else 100 * share,
            98,
            " %",
        ),
        at_most("changes per 1,000 words of prose", report.prose.per_thousand, 0.5, ""),
    ]
    sound = report.sound
    if sound is None:
        return goals
    recalls = [_cell(sound, rung).recall.value for rung in RUNGS]
    known = [recall for recall in recalls if recall is not None]
    last = _cell(sound, "all")
    rises = [later - before for before, later in pairwise(known)]
    precision = last.precision.value
    ratio = sound.overhead.ratio
    return [
        *goals,
        Goal(
            f"recall at each rung, {sound.group_distractors} distractors",
            "more than at the one before",
            ", ".join(f"{100 * recall:.1f}" for recall in known) + " %",
            all(rise > 0 for rise in rises) if len(known) == len(RUNGS) else None,
        ),
        at_least(
            "recall of all, over that of none",
            known[-1] / known[0] if len(known) == len(RUNGS) and known[0] else None,
            2,
            " times",
        ),
        at_least("precision of all", None if precision is None else 100 * precision, 95, " %"),
        at_most("text processing per utterance, p95", last.text_ms.p95_ms, 5, " ms"),
        at_most(
            "decoding with phrases, more than without",
            None if ratio is None else 100 * (ratio - 1),
            5,
            " %",
        ),
        at_most("texts that drafts changed", sound.exactness.failures, 0, ""),
    ]


def _cell(sound: SoundFigures, rung: Rung) -> Cell:
    return next(
        cell
        for cell in sound.cells
        if cell.rung == rung and cell.distractors == sound.group_distractors
    )


def _draw(sound: SoundFigures, folder: Path) -> list[Path]:
    counts = list(dict.fromkeys(cell.distractors for cell in sound.cells))
    note = f"{sound.pair} on {sound.device}; {sound.cells[0].sentences} sentences"
    recall, precision, errors = (
        folder / f"identifiers-{name}.png" for name in ("recall", "precision", "words")
    )
    draw_grouped_bars(
        recall,
        "Names written exactly, by what is done for it",
        [f"{count} distractors" for count in counts],
        {rung: [100 * _value(cell.recall) for cell in _of(sound, rung)] for rung in RUNGS},
        "% of the names said",
        note,
    )
    draw_grouped_bars(
        precision,
        "Of the names written, those that were said",
        [f"{count} distractors" for count in counts],
        {rung: [100 * _value(cell.precision) for cell in _of(sound, rung)] for rung in RUNGS},
        "% of the names written",
        note,
    )
    draw_lines(
        errors,
        "Errors in words of names and in the others",
        {
            f"{rung}, {kind}": (counts, [100 * _value(figure) for figure in figures])
            for rung in ("prompt", "trie", "all")
            for kind, figures in (
                ("names", [cell.rare_word_errors for cell in _of(sound, rung)]),
                ("others", [cell.common_word_errors for cell in _of(sound, rung)]),
            )
        },
        ("distractors", "% of the words"),
        note,
    )
    return [recall, precision, errors]


def _of(sound: SoundFigures, rung: str) -> Sequence[Cell]:
    return [cell for cell in sound.cells if cell.rung == rung]


def _value(figure: Ratio) -> float:
    return _NOT_A_NUMBER if figure.value is None else figure.value


def _percent(value: float | None) -> str:
    return _UNKNOWN if value is None else f"{100 * value:.1f} %"


def _thousandth(figure: Ratio) -> str:
    return _UNKNOWN if figure.value is None else f"{1e3 * figure.value:.2f}"


def _interval(figure: Ratio, scale: float = 100.0) -> str:
    if figure.low is None or figure.high is None:
        return _UNKNOWN
    return f"{scale * figure.low:.1f} to {scale * figure.high:.1f}"


def _number(value: float | None) -> str:
    return _UNKNOWN if value is None else f"{value:.3f}"
