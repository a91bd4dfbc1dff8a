"""What this machine has to run a pair on, asked without importing torch."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import psutil

from dictate.control_groups import cgroup_bytes
from dictate.cores import physical_cores
from dictate.models import hub

_MB: Final = 10**6
_MIB: Final = 2**20
_ASK_S: Final = 5.0
# Metal recommends to use some three quarters of a machine's unified memory.
_UNIFIED_SHARE: Final = 0.75
_INT8_FLAGS: Final = frozenset({"avx512_vnni", "amx_tile"})


@dataclass(frozen=True)
class Machine:
    """Where a pair would run if nobody says where; memory and disk in units of 10^6 bytes.

    Attributes:
        device: "cpu", "cuda" or "mps".
        device_name: as its maker calls it, for people.
        memory_mb: of the device in total, 0: unknown.
        free_memory_mb: what of it is free, 0: unknown.
        free_disk_mb: where downloaded models are kept.
        cores: physical ones that this process may use.
        has_fast_int8: the processor multiplies 8-bit integers faster than floats.
    """

    device: Literal["cpu", "cuda", "mps"]
    device_name: str
    memory_mb: int
    free_memory_mb: int
    free_disk_mb: int
    cores: int = 1
    has_fast_int8: bool = False


def this_machine() -> Machine:
    """Look at this machine; what cannot be found out is 0.

    The first NVIDIA GPU that torch would use, the GPU of an Apple chip, else the processor.
    """
    free_disk_mb = _free_disk_mb(hub.cache_folder())
    cores = physical_cores()
    gpu = _nvidia()
    if gpu is not None:
        name, memory_mb, free_mb = gpu
        return Machine("cuda", name, memory_mb, free_mb, free_disk_mb, cores)
    memory = psutil.virtual_memory()
    free_mb = min([int(memory.available), *cgroup_bytes()]) // _MB
    memory_mb = int(memory.total) // _MB
    if sys.platform == "darwin" and platform.machine() == "arm64":
        memory_mb = int(memory_mb * _UNIFIED_SHARE)
        free_mb = min(free_mb, memory_mb)
        return Machine("mps", "Apple GPU", memory_mb, free_mb, free_disk_mb, cores)
    name, flags = _processor()
    has_fast_int8 = not _INT8_FLAGS.isdisjoint(flags)
    return Machine("cpu", name, memory_mb, free_mb, free_disk_mb, cores, has_fast_int8)


def _nvidia() -> tuple[str, int, int] | None:
    """Name, memory and free memory of the first GPU that CUDA would use, None: none."""
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        if "+cpu" in importlib.metadata.version("torch"):
            return None
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    first = None if visible is None else visible.split(",")[0].strip()
    if first in ("", "-1"):
        return None
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    command = [
        program,
        "--query-gpu=name,memory.total,memory.free",
        "--format=csv,noheader,nounits",
    ]
    # A part of a GPU cannot be asked for by its name: its whole answers.
    if first is not None and not first.startswith("MIG-"):
        command += ["-i", first]
    try:
        answer = subprocess.run(
            command, capture_output=True, text=True, timeout=_ASK_S, check=True
        ).stdout
        name, total_mib, free_mib = (part.strip() for part in answer.splitlines()[0].split(","))
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None

    # Some GPUs, those that share the machine's memory among them, answer "[N/A]".
    def in_mb(mib: str) -> int:
        return int(mib) * _MIB // _MB if mib.isdigit() else 0

    return name, in_mb(total_mib), in_mb(free_mib)


def _processor() -> tuple[str, frozenset[str]]:
    """Name and instruction sets of the processor, as Linux tells them."""
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        pairs = (line.partition(":") for line in lines)
        facts = {key.strip(): value.strip() for key, _, value in pairs}
        name = facts.get("model name") or platform.processor() or platform.machine()
        return name, frozenset(facts.get("flags", "").split())
    return platform.processor() or platform.machine(), frozenset()


def _free_disk_mb(folder: Path) -> int:
    """What is free where `folder` is or will be; 0 if nobody knows."""
    for place in (folder, *folder.parents):
        with contextlib.suppress(OSError):
            return shutil.disk_usage(place).free // _MB
    return 0
