"""How much memory is free for models: on a GPU, or on this machine within its container's limit."""

import contextlib
import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psutil
import torch

CGROUP_ROOT: Final = Path("/sys/fs/cgroup")
_OWN_CGROUPS: Final = Path("/proc/self/cgroup")
_OUT_OF_MEMORY: Final = (
    "can't allocate memory",  # DefaultCPUAllocator
    "not enough memory",  # the same on Windows
    "out of memory",  # CUDA's driver, MPS
    "cublas_status_alloc_failed",
    "cudnn_status_alloc_failed",
    "cusolver_status_alloc_failed",
)


def free_bytes(device: torch.device) -> int:
    """Bytes that can be allocated on `device` now.

    On CUDA that is what the driver has left once the runtime has begun, and what torch holds in
    spare blocks; on MPS what Metal recommends to use less what is used.
    """
    if device.type == "cuda":
        driver_bytes, _ = torch.cuda.mem_get_info(device)
        spare = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return int(driver_bytes) + spare
    if device.type == "mps":
        recommended = torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory()
        return max(0, min(recommended, _machine_bytes()))
    return _machine_bytes()


def _machine_bytes() -> int:
    return min([int(psutil.virtual_memory().available), *cgroup_bytes()])


def cgroup_bytes(root: Path = CGROUP_ROOT, own: Path = _OWN_CGROUPS) -> Iterator[int]:
    """What each control group around this process has left of its limit; see cgroups(7).

    Pages of files that nobody used lately are given back under pressure, so they count as free.

    Args:
        root: where control groups are mounted.
        own: lists the groups that this process is in.
    """
    try:
        lines = own.read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if not controllers:  # version 2
            names = ("memory.max", "memory.current", "inactive_file")
            top = root
        elif "memory" in controllers.split(","):
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
            top = root / "memory"
        else:
            continue
        # In a container the path may be the host's, while only the own group is mounted.
        group = top / path.strip("/")
        for folder in (group, *group.parents):
            if folder != top and top not in folder.parents:
                break
            with contextlib.suppress(OSError, ValueError):
                limit = int((folder / names[0]).read_text(encoding="ascii"))
                used = int((folder / names[1]).read_text(encoding="ascii"))
                yield max(0, limit - used + _reclaimable(folder, names[2]))


def _reclaimable(folder: Path, name: str) -> int:
    with contextlib.suppress(OSError, ValueError):
        for line in (folder / "memory.stat").read_text(encoding="ascii").splitlines():
            key, _, value = line.partition(" ")
            if key == name:
                return int(value)
    return 0


def is_out_of_memory(error: BaseException) -> bool:
    """Whether `error` says that memory ran out, in any of the words that torch has for it."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and any(words in text for words in _OUT_OF_MEMORY)


def give_back(device: torch.device) -> None:
    """Return what nothing refers to any more, so that something else fits."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()
