"""The whole set in one run, and its report: `dictate bench report`."""

import datetime
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import torch

import dictate
from dictate.bench.machine import Machine, describe_machine
from dictate.bench.plots import check_plotting
from dictate.bench.results import Goal, Outcome, as_markdown, publish
from dictate.errors import DictateError

_REPORT = "report.md"

Step = tuple[str, Callable[[], Outcome]]
"""What is measured, in words, and how."""


class Summary(msgspec.Struct):
    """`report.json`: the goals, and what could not be measured and why."""

    version: str
    date: str
    device: str
    machine: Machine
    goals: list[Goal]
    failed: dict[str, str]


def write_report(steps: Sequence[Step], device: str, folder: Path) -> int:
    """Run `steps`, and write `report.md` with all their tables, JSON and pictures to `folder`.

    A step that fails is named in the report; the others run all the same.

    Returns:
        The exit status: 1 when a step failed.
    """
    check_plotting()
    folder.mkdir(parents=True, exist_ok=True)
    sections: list[str] = []
    goals: list[Goal] = []
    failed: dict[str, str] = {}
    for index, (about, measure) in enumerate(steps, start=1):
        print(f"[{index}/{len(steps)}] {about}", flush=True)
        try:
            outcome = measure()
        except DictateError as error:
            failed[about] = str(error)
        except Exception as error:  # noqa: BLE001 - hours of the other steps must not be lost
            traceback.print_exc()
            failed[about] = f"{type(error).__name__}: {error}"
        else:
            pictures = publish(outcome, folder)
            sections += _section(outcome, pictures)
            goals += outcome.goals
        if about in failed:
            print(f"failed: {failed[about]}", flush=True)
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        # Behind every step: an interrupted run keeps what it has.
        remaining = {about: "the run was interrupted" for about, _ in steps[index:]}
        _write(sections, goals, failed | remaining, device, folder)
    print(f"written: {folder / _REPORT}")
    return 1 if failed else 0


def _write(
    sections: Sequence[str],
    goals: list[Goal],
    failed: dict[str, str],
    device: str,
    folder: Path,
) -> None:
    summary = Summary(
        version=dictate.__version__,
        date=datetime.datetime.now(tz=datetime.timezone.utc).date().isoformat(),
        device=device,
        machine=describe_machine(device),
        goals=goals,
        failed=failed,
    )
    (folder / "report.json").write_bytes(msgspec.json.format(msgspec.json.encode(summary)) + b"\n")
    (folder / _REPORT).write_text("\n".join([*_head(summary), *sections]), encoding="utf-8")


def _head(summary: Summary) -> list[str]:
    machine = summary.machine
    hardware = machine.accelerator or machine.cpu
    lines = [
        f"# Dictate {summary.version} on {hardware}",
        "",
        f"Measured on {summary.date} by `dictate bench report`, on the device `{summary.device}`.",
        "",
        f"- Processor: {machine.cpu}, {machine.physical_cores} cores used, "
        f"{machine.memory_gib:.0f} GiB; {', '.join(machine.cpu_features) or 'no narrow arithmetic'}"
        f"; torch chose {machine.cpu_capability}, {machine.torch_threads} threads",
    ]
    if machine.accelerator:
        lines.append(f"- Accelerator: {machine.accelerator}; {machine.accelerator_driver}")
    libraries = ", ".join(f"{name} {version}" for name, version in machine.libraries.items())
    lines += [
        f"- System: {machine.system}, Python {machine.python}",
        f"- Libraries: {libraries}",
        "",
        "## Goals",
        "",
    ]
    if summary.goals:
        lines += ["| measure | wanted | measured | |", "|---|---|---|---|"]
        verdict = {True: "met", False: "**missed**", None: "not measured"}
        lines += [
            f"| {goal.measure} | {goal.wanted} | {goal.measured} | {verdict[goal.met]} |"
            for goal in summary.goals
        ]
    else:
        lines.append("None of what ran here has one.")
    lines.append("")
    if summary.failed:
        lines += ["## Not measured", ""]
        lines += [f"- {about}: {why}" for about, why in summary.failed.items()]
        lines.append("")
    return lines


def _section(outcome: Outcome, pictures: Sequence[Path]) -> list[str]:
    lines = [f"## {outcome.title}", ""]
    for table in outcome.tables:
        lines += as_markdown(table)
    lines += [f"![{picture.stem}]({picture.name})" for picture in pictures]
    return [*lines, "", f"Raw figures: [{outcome.name}.json]({outcome.name}.json)", ""]
