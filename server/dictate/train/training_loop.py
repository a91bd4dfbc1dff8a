"""The loop around a training: budget, learning rate, log, checkpoints and going on after a cut.

With a budget in steps a run is a function of its settings: interrupted and resumed it ends with the
same weights as in one piece (on a processor; a GPU adds in no fixed order). With one in minutes the
learning rate follows the clock, so that a run ends annealed whatever else the machine was doing.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Generic, Protocol, TypeVar

import torch
from torch import Tensor

from dictate.train.ranks import Rank, TrainingError, run_ranks

Lesson = TypeVar("Lesson")

_WARMUP_SHARE: Final = 0.03
_HOLD_SHARE: Final = 0.30
_LOG_EVERY_STEPS: Final = 25
_CHECKPOINT_EVERY_S: Final = 60.0
_LONGEST_GRADIENT: Final = 1.0
CHECKPOINT: Final = "checkpoint.pt"
LOG: Final = "log.jsonl"


@dataclass(frozen=True, slots=True)
class Budget:
    """How long to train: wall-clock minutes, steps, or whichever is spent first."""

    minutes: float | None = None
    steps: int | None = None

    def __post_init__(self) -> None:
        """Check that there is one.

        Raises:
            TrainingError: neither is given, or one is not above 0.
        """
        given = [value for value in (self.minutes, self.steps) if value is not None]
        if not given or min(given) <= 0:
            raise TrainingError("how long to train is unknown: give --minutes or --steps above 0")

    def progress(self, elapsed_s: float, steps: int) -> float:
        """The share of the budget that is spent."""
        shares = []
        if self.minutes is not None:
            shares.append(elapsed_s / (60 * self.minutes))
        if self.steps is not None:
            shares.append(steps / self.steps)
        return max(shares)


def rate_share(progress: float) -> float:
    """The learning rate by its peak: warm up, hold, then fall linearly to zero."""
    if progress < _WARMUP_SHARE:
        return max(progress, 0.1 * _WARMUP_SHARE) / _WARMUP_SHARE
    if progress < _HOLD_SHARE:
        return 1.0
    return max(0.0, (1.0 - progress) / (1.0 - _HOLD_SHARE))


@dataclass
class Done:
    """How far a run is."""

    steps: int = 0
    elapsed_s: float = 0.0
    seen: int = 0
    starts: int = 0


class Loop(Generic[Lesson]):
    """Trains named parameters by a loss; one rank's part of it."""

    def __init__(
        self,
        folder: Path,
        rank: Rank,
        budget: Budget,
        parameters: Mapping[str, Tensor],
        optimizers: Sequence[torch.optim.Optimizer],
        settings: Mapping[str, Any],
    ) -> None:
        """Prepare; `resume` goes on where a run stopped.

        Args:
            folder: of the checkpoint and the log.
            rank: this process.
            budget: when to stop.
            parameters: what is trained and kept.
            optimizers: their rates are the peaks of the schedule.
            settings: what a run that goes on must share with the one that stopped; plain values.
        """
        self._folder, self._rank, self._budget = folder, rank, budget
        self._parameters = dict(parameters)
        self._optimizers = list(optimizers)
        self._peaks = [[group["lr"] for group in one.param_groups] for one in optimizers]
        self._settings = dict(settings)
        self.done = Done()

    def resume(self) -> bool:
        """Go on from the checkpoint; False: there is none yet.

        Raises:
            TrainingError: it is another run's, or damaged.
        """
        state = read_checkpoint(self._folder)
        if state is None:
            return False
        check_settings(state["settings"], self._settings, self._folder)
        take_over(self._parameters, state)
        for optimizer, kept in zip(self._optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(kept)
        self.done = Done(**state["done"])
        if self._rank.leads:
            self._forget_later_lines()
        return True

    def _forget_later_lines(self) -> None:
        """Steps behind the checkpoint are made again, and told again."""
        path = self._folder / LOG
        kept = [entry for entry in read_log(path) if entry["step"] <= self.done.steps]
        text = "".join(json.dumps(entry) + "\n" for entry in kept)
        write_whole(path, lambda partial: partial.write_text(text, encoding="utf-8"))

    def run(
        self,
        lessons: Callable[[int], Iterator[Lesson]],
        loss_of: Callable[[Lesson], tuple[Tensor, int, dict[str, float]]],
    ) -> Done:
        """Train until the budget is spent.

        Args:
            lessons: from a step on, the batches of this rank.
            loss_of: gives the loss, the number of utterances in it, and figures for the log.
        """
        done = self.done
        done.starts += 1
        trained = list(self._parameters.values())
        started_s = time.monotonic() - done.elapsed_s
        saved_s = done.elapsed_s
        figures: dict[str, list[float]] = {}
        stream = lessons(done.steps)
        progress = self._budget.progress(done.elapsed_s, done.steps)
        while progress < 1.0:
            self._set_rates(rate_share(progress))
            for optimizer in self._optimizers:
                optimizer.zero_grad(set_to_none=True)
            loss, utterances, told = loss_of(next(stream))
            torch.autograd.backward(loss)
            # Every rank must agree when to stop, so the clocks are averaged, too.
            clock_s = time.monotonic() - started_s
            seen, clocks_s = self._rank.average(trained, float(utterances), clock_s)
            torch.nn.utils.clip_grad_norm_(trained, _LONGEST_GRADIENT)
            for optimizer in self._optimizers:
                optimizer.step()
            done.steps += 1
            done.seen += round(seen)
            done.elapsed_s = clocks_s / self._rank.count
            progress = self._budget.progress(done.elapsed_s, done.steps)
            for name, value in told.items():
                figures.setdefault(name, []).append(value)
            if done.steps % _LOG_EVERY_STEPS == 0 or progress >= 1.0:
                self._log(figures)
                figures = {}
            if done.elapsed_s - saved_s > _CHECKPOINT_EVERY_S or progress >= 1.0:
                saved_s = done.elapsed_s
                self._save()
        return done

    def _set_rates(self, share: float) -> None:
        for optimizer, peaks in zip(self._optimizers, self._peaks, strict=True):
            for group, peak in zip(optimizer.param_groups, peaks, strict=True):
                group["lr"] = peak * share

    def _log(self, figures: Mapping[str, Sequence[float]]) -> None:
        if not self._rank.leads:
            return
        entry = {
            "step": self.done.steps,
            "seen": self.done.seen,
            "elapsed_s": round(self.done.elapsed_s, 1),
            **{name: round(sum(values) / len(values), 4) for name, values in figures.items()},
        }
        line = json.dumps(entry)
        with (self._folder / LOG).open("a", encoding="utf-8") as log:
            log.write(line + "\n")
        print(line, flush=True)

    def _save(self) -> None:
        if not self._rank.leads:
            return
        state = {
            "parameters": {name: value.detach().cpu() for name, value in self._parameters.items()},
            "optimizers": [optimizer.state_dict() for optimizer in self._optimizers],
            "settings": self._settings,
            "done": {
                "steps": self.done.steps,
                "elapsed_s": self.done.elapsed_s,
                "seen": self.done.seen,
                "starts": self.done.starts,
            },
        }
        write_whole(self._folder / CHECKPOINT, lambda path: torch.save(state, path))


class RunPlan(Protocol):
    """What every plan of a training says of its run."""

    @property
    def out(self) -> Path:
        """What is made."""

    @property
    def folder(self) -> Path:
        """Of the checkpoint and the log."""

    @property
    def ranks(self) -> int:
        """How many processes train."""

    @property
    def resume(self) -> bool:
        """Go on from the checkpoint."""


def run_to_end(
    work: Callable[[Rank, Any], None], plan: RunPlan, settings: Mapping[str, Any]
) -> dict[str, Any]:
    """Train in as many processes as the plan wants; returns the last checkpoint.

    Args:
        work: one rank's part; a module's function.
        plan: what it is given.
        settings: what a run that goes on must share with the one that stopped.

    Raises:
        TrainingError: another run's checkpoint is in the way, or a rank failed.
    """
    plan.folder.mkdir(parents=True, exist_ok=True)
    kept = read_checkpoint(plan.folder)
    if kept is not None:
        if not plan.resume:
            raise TrainingError(
                f"{plan.out} holds a run already: go on with --resume, or choose another --out"
            )
        check_settings(kept["settings"], settings, plan.folder)
    run_ranks(work, plan, plan.ranks, plan.folder / "rendezvous")
    state = read_checkpoint(plan.folder)
    if state is None:
        raise TrainingError(f"the run in {plan.out} left no checkpoint: train again")
    return state


def take_over(parameters: Mapping[str, Tensor], state: Mapping[str, Any]) -> None:
    """Fill parameters with a checkpoint's."""
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(state["parameters"][name])


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file that is either the old one or the whole new one, whenever the power goes."""
    partial = path.with_name(f".{path.name}.partial")
    write(partial)
    with partial.open("rb+") as file:
        os.fsync(file.fileno())
    partial.replace(path)


def read_log(log: Path) -> list[dict[str, Any]]:
    """A log's entries by step; a line that a crash cut off is passed over."""
    entries: dict[int, dict[str, Any]] = {}
    try:
        lines = log.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    for line in lines:
        try:
            entry = json.loads(line)
            entries[int(entry["step"])] = entry
        except (ValueError, KeyError, TypeError):
            continue
    return [entries[step] for step in sorted(entries)]


def read_checkpoint(folder: Path) -> dict[str, Any] | None:
    """What a run has kept; None: nothing yet.

    Raises:
        TrainingError: it cannot be read.
    """
    path = folder / CHECKPOINT
    if not path.exists():
        return None
    try:
        state: dict[str, Any] = torch.load(path, weights_only=True, map_location="cpu")
    except Exception as error:  # the unpickler raises whatever it meets
        raise TrainingError(
            f"{path} is damaged ({type(error).__name__}): delete it and train again"
        ) from error
    return state


def check_settings(kept: Mapping[str, Any], wanted: Mapping[str, Any], folder: Path) -> None:
    """See that a run which goes on is the one that stopped.

    Raises:
        TrainingError: it is not; names what differs first.
    """
    for name, value in wanted.items():
        if kept.get(name) != value:
            raise TrainingError(
                f"the run in {folder} has another {name.replace('_', ' ')} ({kept.get(name)}, not "
                f"{value}): use the same, or another --out"
            )
