"""Times of several ways to do the same, taken in turns, and what is said of them."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import msgspec
import numpy as np
import torch

T = TypeVar("T")


class Spread(msgspec.Struct):
    """Milliseconds at the percentiles of one way's runs."""

    p50_ms: float
    p95_ms: float
    p99_ms: float
    min_ms: float
    runs: int

    @classmethod
    def of(cls, times_ms: Sequence[float]) -> "Spread":
        """The spread of at least one run."""
        p50, p95, p99 = np.percentile(times_ms, [50, 95, 99]).tolist()
        return cls(p50, p95, p99, min(times_ms), len(times_ms))


def interleaved(
    ways: Mapping[str, Callable[[T], object]],
    inputs: Sequence[T],
    rounds: int,
    device: str,
    *,
    warm_up_rounds: int = 1,
    rest_s: float = 0.0,
) -> dict[str, list[float]]:
    """Milliseconds per run of each way; the ways take turns, so that load hits all alike.

    Args:
        ways: what is timed, by name; each is given one input.
        inputs: every way does all of them in every round.
        rounds: how often.
        device: waited for behind every run, where work is queued there.
        warm_up_rounds: rounds over the inputs that are not counted.
        rest_s: pause before each run. Libraries with threads of their own need one: OpenMP's spin
            for up to 0.2 s behind a run, on the cores that the next library wants.
    """
    for _ in range(warm_up_rounds):
        for value in inputs:
            for way in ways.values():
                way(value)
    synchronise(device)
    times_ms: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(rounds):
        for value in inputs:
            # The order turns, too: no way always runs behind the same other one.
            names = list(ways)
            first = turn % len(names)
            for name in names[first:] + names[:first]:
                time.sleep(rest_s)
                begun = time.perf_counter()
                ways[name](value)
                synchronise(device)
                times_ms[name].append(1e3 * (time.perf_counter() - begun))
    return times_ms


def median_ratio(times_ms: Sequence[float], base_ms: Sequence[float]) -> float:
    """Median over the runs of one way's time divided by another's of the same round and input."""
    return statistics.median(
        time_ms / base for time_ms, base in zip(times_ms, base_ms, strict=True)
    )


def synchronise(device: str) -> None:
    """Wait for what was queued on `device`."""
    if device.startswith("cuda"):
        torch.cuda.synchronize(torch.device(device))
    elif device.startswith("mps"):
        torch.mps.synchronize()
