"""What a benchmark hands over: tables for people, goals met or missed, JSON and pictures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec


class Table(msgspec.Struct):
    """Figures for people, every cell as it is to be read.

    Attributes:
        note: what one must know to read it rightly, below the table.
    """

    title: str
    columns: list[str]
    rows: list[list[str]]
    note: str = ""


class Goal(msgspec.Struct):
    """What a measure was to reach, and whether it did.

    Attributes:
        met: None where it could not be measured; `measured` then says why.
    """

    measure: str
    wanted: str
    measured: str
    met: bool | None


@dataclass
class Outcome:
    """A benchmark that has run.

    Attributes:
        name: of its files, such as `peers`.
        title: a line that says what was measured, on what.
        report: all figures, for JSON.
        draw: writes the pictures into a folder and returns their paths; None where there are none.
    """

    name: str
    title: str
    report: msgspec.Struct
    tables: list[Table]
    goals: list[Goal] = field(default_factory=list)
    draw: Callable[[Path], list[Path]] | None = None


def publish(outcome: Outcome, folder: Path | None) -> list[Path]:
    """Print the tables; with a folder, write JSON and pictures there.

    Returns:
        The pictures' paths.
    """
    print(outcome.title)
    for table in outcome.tables:
        print()
        print("\n".join(as_text(table)))
    for goal in outcome.goals:
        print(goal_line(goal))
    if folder is None:
        return []
    write_figures(outcome, folder / f"{outcome.name}.json")
    return outcome.draw(folder) if outcome.draw else []


def write_figures(outcome: Outcome, path: Path) -> None:
    """Write all figures as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(outcome.report)) + b"\n")


def goal_line(goal: Goal) -> str:
    """One line: met, missed or not measured, with the figures."""
    verdict = {True: "met", False: "MISSED", None: "not measured"}[goal.met]
    return f"goal {verdict}: {goal.measure}: wanted {goal.wanted}, {goal.measured}"


def at_most(measure: str, value: float | None, limit: float, unit: str) -> Goal:
    """A goal for what should be little; a value of None was not measured."""
    met = None if value is None else value <= limit
    return Goal(measure, f"at most {limit:g}{unit}", _measured(value, unit), met)


def at_least(measure: str, value: float | None, limit: float, unit: str) -> Goal:
    """A goal for what should be much; a value of None was not measured."""
    met = None if value is None else value >= limit
    return Goal(measure, f"at least {limit:g}{unit}", _measured(value, unit), met)


def _measured(value: float | None, unit: str) -> str:
    return "not in this run" if value is None else f"{round(value, 2):,g}{unit}"


def as_text(table: Table) -> list[str]:
    """The table in columns of equal width."""
    widths = [
        max(len(row[column]) for row in [table.columns, *table.rows])
        for column in range(len(table.columns))
    ]

    def line(cells: Sequence[str]) -> str:
        first, *others = (
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        return "  ".join(["  " + first, *others]).rstrip()

    lines = [table.title, line(table.columns), *(line(row) for row in table.rows)]
    return [*lines, *([f"  {table.note}"] if table.note else [])]


def as_markdown(table: Table) -> list[str]:
    """The table as Markdown."""
    lines = [f"### {table.title}", "", _row(table.columns)]
    lines.append("|---|" + "---:|" * (len(table.columns) - 1))
    lines += [_row(row) for row in table.rows]
    return [*lines, "", *([table.note, ""] if table.note else [])]


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
