"""One engine for all editors, the documents, and the microphone."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.lsp.conftest import engine_home, home, spoken
from tests.lsp.scripted_editor import REPOSITORY
from tests.rigs.microphone import VirtualMicrophone, missing_microphone

__all__ = ["engine_home", "home", "spoken"]

SOURCE = "def openTheFile(path):\n    return path\n\n\ndef saveIt():\n    pass\n\nlast = 1\n"
SENTENCE = "open the file and save it"
WRITTEN = "openTheFile and saveIt"


@pytest.fixture
def document(home: Path) -> Path:
    """A Python file whose seventh line is empty."""
    path = home / "store.py"
    path.write_text(SOURCE)
    return path


@pytest.fixture(scope="session")
def microphone() -> Iterator[VirtualMicrophone]:
    if (missing := missing_microphone()) is not None:
        pytest.skip(missing)
    with VirtualMicrophone() as microphone:
        yield microphone


@pytest.fixture
def unplugged() -> Iterator[VirtualMicrophone]:
    """A sound server without any microphone."""
    if (missing := missing_microphone()) is not None:
        pytest.skip(missing)
    with VirtualMicrophone(plugged=False) as microphone:
        yield microphone


@pytest.fixture(scope="session")
def unpacked() -> Callable[[str, str, str], Path]:
    """Get an editor of a Debian release: `unpacked("helix", "sid", "hx")` is its program."""

    def get(name: str, release: str, program: str) -> Path:
        folder = REPOSITORY / ".cache" / f"{name}-{release}"
        rig = REPOSITORY / f"tests/rigs/get_{name}.sh"
        done = subprocess.run(
            ["sh", str(rig), release, str(folder)], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            reason = (done.stderr.strip().splitlines() or [f"{rig.name} failed"])[-1]
            pytest.skip(f"no {name} of {release}: {reason}")
        return folder / program

    return get
