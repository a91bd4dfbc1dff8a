"""How many threads the models should use: one for each physical core that we may run on.

A second thread on a core's other half makes matrix products slower, and more threads than a
container's share of the processor make them much slower.
"""

from __future__ import annotations

import contextlib
import math
import os
import subprocess
import sys
from pathlib import Path


def physical_cores() -> int:
    """Physical cores that this process may use, at least 1."""
    logical = _allowed_logical()
    return max(1, min(_physical(logical), _quota(len(logical))))


def _allowed_logical() -> set[int]:
    if hasattr(os, "sched_getaffinity"):
        return set(os.sched_getaffinity(0))
    return set(range(os.cpu_count() or 1))


def _physical(logical: set[int]) -> int:
    """Distinct cores among logical processors; the logical count where the system does not say."""
    if sys.platform == "darwin":
        with contextlib.suppress(OSError, ValueError, subprocess.SubprocessError):
            answer = subprocess.run(
                ["sysctl", "-n", "hw.perflevel0.physicalcpu"], capture_output=True, timeout=2
            )
            return int(answer.stdout)
        return len(logical)
    cores = set()
    for number in logical:
        topology = Path(f"/sys/devices/system/cpu/cpu{number}/topology")
        with contextlib.suppress(OSError):
            cores.add((topology / "thread_siblings_list").read_text())
    return len(cores) or len(logical)


def _quota(limit: int) -> int:
    """Whole processors that the control group grants, rounded up; `limit` where it sets none."""
    with contextlib.suppress(OSError, ValueError):
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        return min(limit, math.ceil(int(quota) / int(period)))
    return limit
