"""How much memory is free for models: on a GPU, or on this machine within its container's limit."""

import gc
from typing import Final

import psutil
import torch

from dictate.control_groups import cgroup_bytes

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
