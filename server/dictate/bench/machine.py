"""Names the hardware and the libraries that a figure was measured on."""

import importlib.metadata
import os
import platform
from pathlib import Path

import msgspec
import psutil

_CPUINFO = Path("/proc/cpuinfo")
# What int8 and 16-bit arithmetic of a processor's own is called in /proc/cpuinfo.
_CPU_FEATURES = {
    "avx2": "AVX2",
    "avx512f": "AVX-512",
    "avx512_vnni": "VNNI",
    "avx_vnni": "AVX-VNNI",
    "avx512_bf16": "AVX-512 bfloat16",
    "amx_bf16": "AMX bfloat16",
    "amx_int8": "AMX int8",
    "asimddp": "Arm dot product",
    "i8mm": "Arm int8 matrices",
    "bf16": "Arm bfloat16",
    "sve": "SVE",
}
_LIBRARIES = (
    "dictate-ls",
    "torch",
    "torchao",
    "flash-attn",
    "transformers",
    "openai-whisper",
    "faster-whisper",
    "ctranslate2",
    "pywhispercpp",
    "numpy",
)
_GIB = 1024**3


class Machine(msgspec.Struct):
    """What a benchmark ran on.

    Attributes:
        cpu_features: instructions for narrow arithmetic that the processor has.
        accelerator: name, memory and compute capability of the device, empty on a CPU.
        accelerator_driver: the highest CUDA version of the installed driver and torch's own.
        cpu_capability: the vector instructions that torch chose.
        libraries: versions of what was measured, of those installed.
    """

    cpu: str
    physical_cores: int
    memory_gib: float
    system: str
    python: str
    cpu_features: list[str]
    cpu_capability: str
    torch_threads: int
    accelerator: str
    accelerator_driver: str
    libraries: dict[str, str]


def machine() -> str:
    """One line: processor, cores, system, Python."""
    system = f"{platform.system()} {platform.machine()}"
    return f"{_cpu_name()}, {_usable_cores()} cores, {system}, Python {platform.python_version()}"


def describe_machine(device: str) -> Machine:
    """All that a report says of the hardware and the libraries.

    Args:
        device: as torch names it, such as `cpu` or `cuda:0`.
    """
    import torch

    accelerator = driver = ""
    if device.startswith("cuda"):
        properties = torch.cuda.get_device_properties(torch.device(device))
        accelerator = (
            f"{properties.name}, {properties.total_memory / _GIB:.0f} GiB, "
            f"compute capability {properties.major}.{properties.minor}"
        )
        driver = f"driver {_nvidia_driver()}, torch built for CUDA {torch.version.cuda}"
    return Machine(
        cpu=_cpu_name(),
        physical_cores=physical_cores(),
        memory_gib=round(psutil.virtual_memory().total / _GIB, 1),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        cpu_features=_cpu_features(),
        cpu_capability=torch.backends.cpu.get_cpu_capability(),
        torch_threads=torch.get_num_threads(),
        accelerator=accelerator,
        accelerator_driver=driver,
        libraries=_versions(),
    )


def physical_cores() -> int:
    """Cores that this process may use, hyper-threads of one core counted once."""
    return min(_usable_cores(), psutil.cpu_count(logical=False) or _usable_cores())


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _cpu_name() -> str:
    return _cpuinfo("model name") or platform.processor() or platform.machine()


def _cpu_features() -> list[str]:
    flags = set((_cpuinfo("flags") or _cpuinfo("Features")).split())
    return [name for flag, name in _CPU_FEATURES.items() if flag in flags]


def _cpuinfo(field: str) -> str:
    """The first value of a field of /proc/cpuinfo; empty where there is none."""
    if _CPUINFO.is_file():
        for line in _CPUINFO.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == field:
                return value.strip()
    return ""


def _nvidia_driver() -> str:
    version = Path("/proc/driver/nvidia/version")
    if not version.is_file():
        return "unknown"
    words = version.read_text(encoding="utf-8").split("\n", 1)[0].split()
    numbers = [word for word in words if word[0].isdigit() and "." in word]
    return numbers[0] if numbers else "unknown"


def _versions() -> dict[str, str]:
    versions = {}
    for name in _LIBRARIES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions
