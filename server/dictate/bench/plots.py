"""The benchmarks' pictures: bars, lines and stacks, written as PNG."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dictate.bench.extras import need

_SIZE_INCHES = (8.0, 4.5)
_DOTS_PER_INCH = 110


def check_plotting() -> None:
    """Say at once, not behind a long measurement, that nothing could be drawn.

    Raises:
        DictateError: matplotlib is not installed.
    """
    need("matplotlib")


def draw_bars(
    path: Path, title: str, values: Mapping[str, float], unit: str, note: str = ""
) -> None:
    """One horizontal bar per entry, the value written behind it."""
    figure, axes = _figure(title, note, height_inches=1.6 + 0.34 * len(values))
    names = list(values)
    bars = axes.barh(names, list(values.values()), color="#3b6ea8")
    axes.bar_label(bars, fmt="%.3g", padding=3)
    axes.invert_yaxis()
    axes.set_xlabel(unit)
    axes.margins(x=0.12)
    _save(figure, path)


def draw_grouped_bars(
    path: Path,
    title: str,
    groups: Sequence[str],
    values: Mapping[str, Sequence[float]],
    unit: str,
    note: str = "",
) -> None:
    """For each group one bar per series; a value that is not a number leaves its place empty."""
    figure, axes = _figure(title, note)
    width = 0.8 / max(1, len(values))
    for index, (name, heights) in enumerate(values.items()):
        places = [place + (index - (len(values) - 1) / 2) * width for place in range(len(groups))]
        axes.bar(places, heights, width, label=name)
    axes.set_xticks(range(len(groups)), groups)
    axes.set_ylabel(unit)
    axes.legend(fontsize="small")
    _save(figure, path)


def draw_stacked_bars(
    path: Path,
    title: str,
    groups: Sequence[str],
    parts: Mapping[str, Sequence[float]],
    unit: str,
    note: str = "",
) -> None:
    """For each group one bar made of its parts."""
    figure, axes = _figure(title, note)
    below = [0.0] * len(groups)
    for name, heights in parts.items():
        axes.bar(groups, heights, 0.6, bottom=below, label=name)
        below = [low + height for low, height in zip(below, heights, strict=True)]
    axes.set_ylabel(unit)
    axes.legend(fontsize="small")
    _save(figure, path)


def draw_lines(
    path: Path,
    title: str,
    lines: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    labels: tuple[str, str],
    note: str = "",
    *,
    level: float | None = None,
) -> None:
    """One line per entry.

    Args:
        path: of the PNG.
        title: above it.
        lines: x and y values by name.
        labels: of the x and the y axis.
        note: below it.
        level: a dashed horizontal line, such as the ratio 1.
    """
    figure, axes = _figure(title, note)
    for name, (across, up) in lines.items():
        axes.plot(across, up, marker="o", markersize=3, label=name)
    if level is not None:
        axes.axhline(level, color="grey", linestyle="--", linewidth=1)
    axes.set_xlabel(labels[0])
    axes.set_ylabel(labels[1])
    axes.grid(visible=True, alpha=0.3)
    if len(lines) > 1:
        axes.legend(fontsize="small")
    _save(figure, path)


def _figure(title: str, note: str, height_inches: float = _SIZE_INCHES[1]) -> tuple[Any, Any]:
    # No pyplot: its global state and its search for a display are of no use here.
    figure_module = need("matplotlib.figure")
    figure = figure_module.Figure(figsize=(_SIZE_INCHES[0], height_inches), layout="constrained")
    axes = figure.subplots()
    axes.set_title(title, fontsize="medium")
    if note:
        figure.supxlabel(note, fontsize="x-small", color="#555555", wrap=True)
    return figure, axes


def _save(figure: Any, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=_DOTS_PER_INCH, format="png")
