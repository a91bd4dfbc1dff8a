import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest

from dictate.models import machine
from dictate.models.machine import this_machine


@pytest.fixture
def nvidia(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A machine whose `nvidia-smi` answers with given lines; returns what it was asked."""

    def answer(text: str, status: int = 0) -> Path:
        asked = tmp_path / "asked"
        program = tmp_path / "nvidia-smi"
        program.write_text(f'#!/bin/sh\necho "$@" > {asked}\nprintf "{text}"\nexit {status}\n')
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
        monkeypatch.setattr(importlib.metadata, "version", lambda _: "2.13.0+cu130")
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        return asked

    return answer


def test_this_machine_is_known_without_torch():
    code = (
        "import sys; from dictate.models.store import this_machine; found = this_machine();"
        "print(found.device, found.memory_mb > 100, found.free_memory_mb > 0,"
        " found.free_disk_mb > 0, found.cores > 0, {'torch', 'numpy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    device, *facts = done.stdout.split()
    assert device in ("cpu", "cuda", "mps")
    assert facts == ["True", "True", "True", "True", "set()"]


def test_a_gpu_is_named_with_its_memory(nvidia):
    nvidia("NVIDIA H200, 143771, 143000\\nNVIDIA H200, 143771, 1\\n")
    found = this_machine()
    assert (found.device, found.device_name) == ("cuda", "NVIDIA H200")
    assert found.memory_mb == 143771 * 2**20 // 10**6
    assert found.free_memory_mb == 143000 * 2**20 // 10**6


def test_memory_that_a_gpu_does_not_tell_is_unknown(nvidia):
    nvidia("NVIDIA GB10, [N/A], [N/A]\\n")
    found = this_machine()
    assert (found.device, found.memory_mb, found.free_memory_mb) == ("cuda", 0, 0)


@pytest.mark.parametrize(("text", "status"), [("", 0), ("No devices were found\\n", 6), ("x", 0)])
def test_a_driver_without_a_gpu_leaves_the_processor(nvidia, text: str, status: int):
    nvidia(text, status)
    assert this_machine().device != "cuda"


def test_the_gpu_that_cuda_may_use_is_asked(nvidia, monkeypatch: pytest.MonkeyPatch):
    asked = nvidia("NVIDIA H200, 10, 5\\n")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,1")
    assert this_machine().device == "cuda"
    assert asked.read_text().split()[-2:] == ["-i", "3"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert this_machine().device != "cuda"


def test_a_torch_without_cuda_leaves_the_processor(nvidia, monkeypatch: pytest.MonkeyPatch):
    nvidia("NVIDIA H200, 10, 5\\n")
    monkeypatch.setattr(importlib.metadata, "version", lambda _: "2.13.0+cpu")
    assert this_machine().device != "cuda"


def test_free_disk_is_that_of_the_nearest_folder_that_is_there(tmp_path: Path):
    assert machine._free_disk_mb(tmp_path / "not" / "yet" / "there") > 0


def test_an_apple_chip_shares_its_memory(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(machine, "_nvidia", lambda: None)
    monkeypatch.setattr(machine, "physical_cores", lambda: 8)
    monkeypatch.setattr(machine.sys, "platform", "darwin")
    monkeypatch.setattr(machine.platform, "machine", lambda: "arm64")
    found = this_machine()
    assert found.device == "mps"
    assert 0 < found.free_memory_mb <= found.memory_mb
