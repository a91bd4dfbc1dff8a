"""Estimated against measured memory, at every precision, each in a fresh process."""

from pathlib import Path

import msgspec
import torch

from dictate.asr.checkpoint import Checkpoint
from dictate.asr.device import choose_device
from dictate.asr.memory import need_of, pair_bytes
from dictate.asr.precision import PRECISIONS, choose_precision
from dictate.bench.machine import Machine, describe_machine
from dictate.bench.plots import draw_grouped_bars
from dictate.bench.probe import Request, ask
from dictate.bench.results import Goal, Outcome, Table
from dictate.errors import DictateError

_MB = 1e6
# Of the pair turbo + tiny on CUDA, in MB.
_JUDGED = "large-v3-turbo + tiny"
_CUDA_LIMITS_MB = {"float16": 2000.0, "int8": 1200.0}


class MemoryFigures(msgspec.Struct):
    """One precision; millions of bytes above what the process needs without a model.

    Attributes:
        estimate_mb: what the engine expects before it loads.
        loaded_mb: once loaded.
        peak_mb: the most while loading, warming up and transcribing.
        reserved_mb: on CUDA, the most that the allocator held, unused blocks included.
    """

    precision: str
    estimate_mb: float
    loaded_mb: float
    peak_mb: float
    reserved_mb: float


class MemoryReport(msgspec.Struct):
    """What `dictate bench memory` measured.

    Attributes:
        left_out: why a precision is not there.
    """

    machine: Machine
    case: str
    target: str
    draft: str
    device: str
    rows: list[MemoryFigures]
    left_out: dict[str, str]


def measure_memory(
    case: str,
    target: Path,
    draft: Path | None,
    device: str,
    *,
    short_window: bool,
    max_new_tokens: int | None,
    precisions: tuple[str, ...] = PRECISIONS,
    utterances: int = 3,
) -> MemoryReport:
    """Load and run the pair at each precision.

    Args:
        case: what this is, in words.
        target: checkpoint folder.
        draft: checkpoint folder, or None.
        device: see `Pair.load`.
        short_window: see `Pair.load`.
        max_new_tokens: bound on the transcript.
        precisions: which.
        utterances: how many to transcribe.
    """
    chosen = choose_device(device)
    rows = []
    left_out = {}
    for precision in precisions:
        request = Request(
            target=str(target),
            draft=str(draft or ""),
            device=device,
            dtype=precision,
            short_window=short_window,
            utterances=utterances,
            warm_up=True,
            max_new_tokens=max_new_tokens,
            threads=torch.get_num_threads(),
        )
        try:
            answer = ask(request)
        except DictateError as error:
            left_out[precision] = str(error)
            continue
        rows.append(
            MemoryFigures(
                precision=precision,
                estimate_mb=_estimate_bytes(target, draft, chosen, precision) / _MB,
                loaded_mb=(answer.loaded_bytes - answer.before_bytes) / _MB,
                peak_mb=(answer.peak_bytes - answer.before_bytes) / _MB,
                reserved_mb=answer.reserved_peak_bytes / _MB,
            )
        )
    return MemoryReport(
        machine=describe_machine(str(chosen)),
        case=case,
        target=target.name,
        draft=draft.name if draft else "",
        device=str(chosen),
        rows=rows,
        left_out=left_out,
    )


def _estimate_bytes(target: Path, draft: Path | None, device: torch.device, wanted: str) -> int:
    precision = choose_precision(wanted, device, Checkpoint.open(target).dimensions)
    needs = [
        need_of(Checkpoint.open(folder), precision, device)
        for folder in (target, draft)
        if folder is not None
    ]
    return pair_bytes(needs[0], needs[1] if draft is not None else None, device)


def memory_outcome(report: MemoryReport, name: str, note: str = "") -> Outcome:
    """Table, goals and plot of a report; `name` is that of its files."""
    on_cuda = report.device.startswith("cuda")
    columns = ["precision", "estimated MB", "loaded MB", "peak MB", "peak by estimate"]
    table = Table(
        title=f"{report.case} on {report.device}",
        columns=[*columns, "reserved MB"] if on_cuda else columns,
        rows=[
            [
                row.precision,
                f"{row.estimate_mb:.0f}",
                f"{row.loaded_mb:.0f}",
                f"{row.peak_mb:.0f}",
                f"{row.peak_mb / row.estimate_mb:.2f}",
                *([f"{row.reserved_mb:.0f}"] if on_cuda else []),
            ]
            for row in report.rows
        ],
        note=f"Each in a fresh process, without what the imports take. {note}".strip(),
    )
    tables = [table]
    if report.left_out:
        tables.append(
            Table(
                title=f"{report.case}: left out",
                columns=["precision", "why"],
                rows=[[precision, why] for precision, why in report.left_out.items()],
            )
        )

    def draw(folder: Path) -> list[Path]:
        path = folder / f"{name}.png"
        draw_grouped_bars(
            path,
            f"Memory of {report.case} on {report.device}",
            [row.precision for row in report.rows],
            {
                "estimated": [row.estimate_mb for row in report.rows],
                "loaded": [row.loaded_mb for row in report.rows],
                "peak": [row.peak_mb for row in report.rows],
            },
            "MB",
            note,
        )
        return [path]

    return Outcome(
        name=name,
        title=f"Memory, {report.case} on {report.device}",
        report=report,
        tables=tables,
        goals=_goals(report) if on_cuda and report.case == _JUDGED else [],
        draw=draw,
    )


def _goals(report: MemoryReport) -> list[Goal]:
    measured = {row.precision: row.peak_mb for row in report.rows}
    return [
        Goal(
            f"{report.case} on {report.device}, {precision}: peak memory",
            f"at most {limit_mb:.0f} MB",
            f"{measured[precision]:.0f} MB"
            if precision in measured
            else report.left_out.get(precision, "it was not run"),
            measured[precision] <= limit_mb if precision in measured else None,
        )
        for precision, limit_mb in _CUDA_LIMITS_MB.items()
    ]
