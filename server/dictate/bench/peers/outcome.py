"""What a comparison with the peers says: its table, its goals, its picture."""

from pathlib import Path

from dictate.bench.cases import RANDOM_WEIGHTS
from dictate.bench.peers.compare import DICTATE, Comparison, Row
from dictate.bench.plots import draw_bars
from dictate.bench.results import Goal, Outcome, Table

_WHOLE_WINDOW_RATIO = 1.0
_SHORT_WINDOW_RATIO = 3.0


def outcome(comparison: Comparison, name: str, *, random_weights: bool) -> Outcome:
    """Table, goals and plot of `comparison`; `name` is that of its files."""
    note = "Every ratio is the library's time by Dictate's: above 1 Dictate is faster."
    if random_weights:
        note += (
            f" {RANDOM_WEIGHTS}; all wrote {comparison.max_new_tokens} tokens. They amplify "
            "rounding, so that 16 and 8 bit part soon from full precision, and transformers' "
            "assistant is never right: its row shows what a useless draft costs."
        )
    if not comparison.short_is_exact:
        note += (
            " Rows with a short window stand for a checkpoint of this shape that was trained for "
            "short windows."
        )
    ours = [row.name for row in comparison.rows if row.library == DICTATE]
    table = Table(
        title=f"{comparison.case}: {comparison.audio_s:.1f} s of speech, window "
        f"{comparison.window_s:.0f} s, {comparison.device}, {comparison.threads} threads, "
        f"{comparison.rounds} rounds",
        columns=[
            "library",
            "p50 ms",
            "p95 ms",
            *(f"x {name}" for name in ours),
            "tokens",
            "same tokens",
        ],
        rows=[
            [
                row.name,
                f"{row.spread.p50_ms:.1f}",
                f"{row.spread.p95_ms:.1f}",
                *(f"{row.ratio_to[name]:.2f}" for name in ours),
                f"{row.tokens:.0f}",
                f"{row.same_tokens:.0%}",
            ]
            for row in comparison.rows
        ],
        note=note,
    )
    tables = [table]
    if comparison.left_out:
        tables.append(
            Table(
                title="Left out",
                columns=["library", "why"],
                rows=[[way, why] for way, why in comparison.left_out.items()],
            )
        )

    def draw(folder: Path) -> list[Path]:
        path = folder / f"{name}.png"
        draw_bars(
            path,
            f"{comparison.case}, {comparison.audio_s:.1f} s of speech",
            {row.name: row.spread.p50_ms for row in comparison.rows},
            "milliseconds per utterance (p50), less is better",
            RANDOM_WEIGHTS if random_weights else "",
        )
        return [path]

    return Outcome(
        name=name,
        title=f"Peers on {comparison.machine.cpu} {comparison.machine.accelerator}".rstrip(),
        report=comparison,
        tables=tables,
        goals=_goals(comparison),
        draw=draw,
    )


def _goals(comparison: Comparison) -> list[Goal]:
    """The ratios that Dictate is to reach on a CPU, each to the best rival and by Dictate's best.

    The rivals are faster-whisper in int8 and whisper.cpp. For short windows they run their whole
    window, because that is what they do with 5 s of speech; the ratio to what they could do at the
    same window is said beside it.
    """
    if comparison.device != "cpu":
        return []
    whole = [row for row in _rivals(comparison) if not row.short]
    short = [row for row in _rivals(comparison) if row.short]
    where = f"{comparison.case}, {comparison.audio_s:.1f} s of speech"
    exact = _ratio(comparison, whole, short=False)
    freed = _ratio(comparison, whole, short=True)
    same = _ratio(comparison, short, short=True)
    return [
        _goal(f"{where}: best rival by Dictate, both whole window", _WHOLE_WINDOW_RATIO, exact),
        _goal(
            f"{where}: best rival at its whole window by Dictate at a short one",
            _SHORT_WINDOW_RATIO,
            freed,
            f"; best rival at the short window: {same[0]:.2f} ({same[1]})" if same else "",
        ),
    ]


def _rivals(comparison: Comparison) -> list[Row]:
    return [
        row
        for row in comparison.rows
        if row.library == "whisper.cpp"
        or (row.library == "faster-whisper" and row.precision == "int8")
    ]


def _ratio(comparison: Comparison, rivals: list[Row], *, short: bool) -> tuple[float, str] | None:
    """The fastest rival's time by the fastest of Dictate's, and who they are."""
    if not rivals:
        return None
    ours = min(
        (row for row in comparison.rows if row.library == DICTATE and row.short == short),
        key=lambda row: row.spread.p50_ms,
    )
    rival = min(rivals, key=lambda row: row.spread.p50_ms)
    return rival.ratio_to[ours.name], f"{rival.name} by {ours.name}"


def _goal(measure: str, wanted: float, ratio: tuple[float, str] | None, more: str = "") -> Goal:
    if ratio is None:
        return Goal(measure, f"at least {wanted:.1f}", "no rival could run", None)
    value, who = ratio
    return Goal(measure, f"at least {wanted:.1f}", f"{value:.2f} ({who}){more}", value >= wanted)
