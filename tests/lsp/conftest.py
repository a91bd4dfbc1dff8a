"""One engine process for the whole run, and editors with a state folder of their own each."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lsp.scripted_editor import REPOSITORY, ScriptedEditor
from tests.rigs.speech import go_on, missing_speech, speak


@pytest.fixture(scope="session")
def engine_home() -> Iterator[Path]:
    """Runtime folder in which all tests share one engine; a short path, for its socket."""
    folder = Path(tempfile.mkdtemp(prefix="dictate-"))
    yield folder
    stop_engine(folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def home(engine_home: Path) -> Iterator[Path]:
    """A user's folders: state of their own, the shared engine."""
    folder = Path(tempfile.mkdtemp(prefix="dictate-"))
    (folder / "run").symlink_to(engine_home)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def own_engine_home() -> Iterator[Path]:
    """A user's folders with an engine that the test may kill."""
    folder = Path(tempfile.mkdtemp(prefix="dictate-"))
    yield folder
    if (folder / "run").exists():
        stop_engine(folder / "run")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def start_editor() -> AsyncIterator[Callable[..., Any]]:
    """Start editors that are stopped when the test ends."""
    editors: list[ScriptedEditor] = []

    async def start(home: Path, **options: Any) -> ScriptedEditor:
        editor = await ScriptedEditor(home, **options).start()
        editors.append(editor)
        return editor

    yield start
    for editor in editors:
        await editor.stop()


@pytest.fixture(scope="session")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Make a recording of a sentence, and of silence behind it: so long there is time to stop."""
    if (missing := missing_speech()) is not None:
        pytest.skip(missing)
    folder = tmp_path_factory.mktemp("spoken")

    def make(text: str, silence_s: int = 0) -> Path:
        path = folder / f"{abs(hash(text)):x}.wav"
        spoken = path if path.exists() else speak(text, path)
        if not silence_s:
            return spoken
        return go_on(spoken, path.with_name(f"{path.stem}-{silence_s}.wav"), silence_s)

    return make


@pytest.fixture
def silent(tmp_path: Path) -> Path:
    """Three seconds of very quiet noise."""
    import numpy as np
    import soundfile

    path = tmp_path / "silence.wav"
    noise = np.random.default_rng(1).normal(0, 3, 48_000).astype(np.int16)
    soundfile.write(path, noise, 16_000)
    return path


def stop_engine(runtime: Path) -> None:
    environment = dict(os.environ, PYTHONPATH=str(REPOSITORY / "server"))
    environment["XDG_RUNTIME_DIR"] = str(runtime)
    program = "from dictate.engine.control import stop; stop()"
    subprocess.run([sys.executable, "-c", program], env=environment, check=False, timeout=120)
