"""How many tokens differ between plain and speculative decoding, counted over random cases."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from dictate.bench.cases import FIXED_TOKENS, varied_speech
from dictate.bench.machine import Machine, describe_machine
from dictate.bench.replay import ReplayedMap, ReplayedSource
from dictate.bench.results import Goal, Outcome, Table
from dictate.bench.rig import Rig, ready_made
from dictate.errors import DictateError

_LONGEST_DRAFT_TOKENS = 15
_VOCABULARY_TOKENS = 50_256
"""Ids below it write text in every published vocabulary."""


class Differences(msgspec.Struct):
    """One precision.

    Attributes:
        fixed_width: that every pass of the target has here; None: passes are as wide as need be.
        cases: utterances decoded plainly and with a draft.
        differing_cases: those whose texts differ.
        differing_tokens: places in all texts where they differ; behind the first difference of a
            text others follow from it.
    """

    precision: str
    fixed_width: int | None
    cases: int
    tokens: int
    differing_cases: int
    differing_tokens: int


class ExactnessReport(msgspec.Struct):
    """What was counted.

    Attributes:
        left_out: why a precision is not there.
    """

    machine: Machine
    target: str
    device: str
    seed: int
    rows: list[Differences]
    left_out: dict[str, str]


def count_differences(
    target: Path,
    name: str,
    device: str,
    precisions: Sequence[str],
    cases: int,
    *,
    seed: int = 0,
) -> ExactnessReport:
    """Decode random cases both ways, with drafts of random length and acceptance.

    Args:
        target: checkpoint folder with random weights.
        name: of its architecture.
        device: see `Pair.load`.
        precisions: which to count.
        cases: utterances for each precision.
        seed: of drafts and errors.
    """
    rows = []
    left_out = {}
    machine_device = device
    for precision in precisions:
        try:
            rig = Rig(target, None, device, precision)
        except DictateError as error:
            left_out[precision] = str(error)
            continue
        machine_device = rig.device
        rows.append(_count(rig, cases, np.random.default_rng(seed)))
        del rig
    return ExactnessReport(
        machine=describe_machine(machine_device),
        target=name,
        device=machine_device,
        seed=seed,
        rows=rows,
        left_out=left_out,
    )


def _count(rig: Rig, cases: int, random: np.random.Generator) -> Differences:
    counted = Differences(rig.precision, rig.fixed_width, cases, 0, 0, 0)
    for sound in varied_speech(cases):
        heard = rig.hear(sound)
        plain = rig.write(heard, max_new_tokens=FIXED_TOKENS).decoded.tokens
        guesses = ReplayedMap(
            plain, random.uniform(0.3, 1.0), _VOCABULARY_TOKENS, int(random.integers(2**32))
        )
        source = ReplayedSource(guesses)
        drafted = rig.write(
            heard,
            ready_made(source),
            length_tokens=int(random.integers(1, _LONGEST_DRAFT_TOKENS + 1)),
            max_new_tokens=FIXED_TOKENS,
        ).decoded.tokens
        counted.tokens += len(plain)
        counted.differing_cases += plain != drafted
        counted.differing_tokens += sum(
            one != other for one, other in zip(plain, drafted, strict=False)
        ) + abs(len(plain) - len(drafted))
    return counted


def exactness_outcome(report: ExactnessReport, name: str) -> Outcome:
    """Table and goals of a report; `name` is that of its files."""
    tables = [
        Table(
            title=f"Speculative against plain tokens, {report.target} on {report.device}",
            columns=[
                "precision",
                "width of a pass",
                "cases",
                "tokens",
                "differing cases",
                "differing tokens",
            ],
            rows=[
                [
                    row.precision,
                    str(row.fixed_width or "as needed"),
                    str(row.cases),
                    str(row.tokens),
                    str(row.differing_cases),
                    str(row.differing_tokens),
                ]
                for row in report.rows
            ],
            note="Random weights, random drafts and errors; behind a text's first difference "
            "others follow from it.",
        )
    ]
    if report.left_out:
        tables.append(
            Table(
                title="Left out",
                columns=["precision", "why"],
                rows=[[precision, why] for precision, why in report.left_out.items()],
            )
        )
    goals = [
        Goal(
            f"{report.target}, {row.precision} on {report.device}: tokens that differ between "
            "speculative and plain",
            "0",
            f"{row.differing_tokens} of {row.tokens} in {row.cases} cases",
            row.differing_tokens == 0,
        )
        for row in report.rows
    ]
    return Outcome(
        name=name,
        title=f"Exactness, {report.target} on {report.device}",
        report=report,
        tables=tables,
        goals=goals,
    )
