"""Several processes that train one model: each makes its own batches, gradients are averaged.

On small models ranks of one thread each use two cores better than two threads in one process. On a
GPU there is one rank.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, distributed
from torch.multiprocessing.spawn import ProcessRaisedException, start_processes

from dictate.errors import DictateError

_KEEP_MEMORY: Final = {
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": str(1 << 36),
    "MALLOC_TOP_PAD_": str(1 << 26),
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
}


class TrainingError(DictateError):
    """A training cannot begin, or cannot go on."""


@dataclass(frozen=True, slots=True)
class Rank:
    """One of `count` processes; the first has index 0, and alone writes files."""

    index: int = 0
    count: int = 1

    @property
    def leads(self) -> bool:
        """Whether this is the one that writes and reports."""
        return self.index == 0

    def average(self, parameters: Sequence[Tensor], *facts: float) -> list[float]:
        """Average the parameters' gradients over the ranks; returns the sum of each fact.

        A parameter without a gradient counts as zeros.
        """
        if self.count == 1:
            return list(facts)
        grads = [
            torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
            for parameter in parameters
        ]
        flat = torch.cat(
            [*(grad.flatten() for grad in grads), torch.tensor(facts, dtype=torch.float32)]
        )
        distributed.all_reduce(flat)
        offset = 0
        for parameter, grad in zip(parameters, grads, strict=True):
            parameter.grad = flat[offset : offset + grad.numel()].view_as(grad) / self.count
            offset += grad.numel()
        return [float(fact) for fact in flat[offset:]]


def run_ranks(work: Callable[[Rank, Any], None], plan: object, count: int, meeting: Path) -> None:
    """Call `work(rank, plan)` in `count` processes; with one, in this one.

    Args:
        work: a module's function, for it is found by name.
        plan: what it is given; pickled.
        count: how many.
        meeting: a file by which the ranks find each other; this process's id is added to its name.

    Raises:
        TrainingError: a process failed; one line.
    """
    if count == 1:
        work(Rank(), plan)
        return
    # Step after step the same large tensors come and go: returning them to the system costs as much
    # as the arithmetic.
    os.environ.update(_KEEP_MEMORY)
    # Ranks meet in a file that must not exist yet, so it carries this process's id.
    rendezvous = meeting.with_name(f"{meeting.name}-{os.getpid()}")
    try:
        start_processes(  # type: ignore[no-untyped-call]
            _run_rank, args=(work, plan, count, str(rendezvous)), nprocs=count, start_method="spawn"
        )
    except ProcessRaisedException as error:
        # The child's traceback; its last line says what happened.
        raise TrainingError(
            f"training stopped ({str(error).strip().splitlines()[-1]}): go on with --resume"
        ) from error
    finally:
        rendezvous.unlink(missing_ok=True)


def _run_rank(
    index: int, work: Callable[[Rank, Any], None], plan: object, count: int, rendezvous: str
) -> None:
    # A rank whose parent was killed would train on, and write over a run that is resumed.
    threading.Thread(target=_leave_with_parent, name="dictate-parent", daemon=True).start()
    torch.set_num_threads(1)
    distributed.init_process_group(
        "gloo", init_method=f"file://{rendezvous}", rank=index, world_size=count
    )
    try:
        work(Rank(index, count), plan)
    finally:
        distributed.destroy_process_group()


def _leave_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
