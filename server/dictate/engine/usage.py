"""How much memory this process holds, now and at its peak: its own, and a GPU's."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Final

import psutil

_MIB: Final = 2**20


def resident_mb() -> float:
    """Resident memory of this process in MiB."""
    return float(psutil.Process().memory_info().rss) / _MIB


def peak_resident_mb() -> float:
    """The most that it ever was, in MiB."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        # Not `getrusage`: its peak is inherited from the process that started this one.
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return float(status.partition("VmHWM:")[2].split()[0]) / 1024
    info = psutil.Process().memory_info()
    if hasattr(info, "peak_wset"):
        return float(info.peak_wset) / _MIB
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / _MIB


def device_mb(device: str) -> tuple[float, float]:
    """What torch holds of an accelerator's memory now and held at its peak, in MiB.

    Args:
        device: as torch names it; torch is loaded.

    Returns:
        Bytes in use, and the most that was reserved; zeros on a processor. MPS keeps no peak.
    """
    import torch

    kind = device.partition(":")[0]
    if kind == "cuda":
        return torch.cuda.memory_allocated(device) / _MIB, torch.cuda.max_memory_reserved(
            device
        ) / _MIB
    if kind == "mps":
        return torch.mps.current_allocated_memory() / _MIB, torch.mps.driver_allocated_memory() / (
            _MIB
        )
    return 0.0, 0.0
