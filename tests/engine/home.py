"""The folders that an engine of a test's own and its clients use."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from dictate.models.registry import Registry


@dataclass(frozen=True)
class Home:
    """The folders that one engine and its clients use."""

    root: Path

    @property
    def runtime(self) -> Path:
        return self.root / "run" / "dictate"

    @property
    def log(self) -> str:
        path = self.root / "state" / "dictate" / "log" / "engine.log"
        return path.read_text() if path.exists() else ""

    @property
    def models_file(self) -> Path:
        path = self.root / "config" / "dictate" / "models.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def enter(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name, folder in (
            ("RUNTIME_DIR", "run"),
            ("STATE_HOME", "state"),
            ("CONFIG_HOME", "config"),
        ):
            (self.root / folder).mkdir(mode=0o700, exist_ok=True)
            monkeypatch.setenv(f"XDG_{name}", str(self.root / folder))
        monkeypatch.delenv("DICTATE_ENGINE_TRANSPORT", raising=False)

    def remove(self) -> None:
        """Delete it; an engine that has just left may be writing its last file."""
        end_s = time.monotonic() + 30.0
        while self.root.exists():
            shutil.rmtree(self.root, ignore_errors=time.monotonic() < end_s)


def copy_bundled(home: Home, more: str = "") -> Path:
    """The bundled pair as a user's pair named `copy`; returns its folder.

    Args:
        home: where.
        more: of the user's `models.toml`, behind the pair's table.
    """
    source = Registry.load().pair("bundled")
    assert source.draft is not None
    folder = home.models_file.parent
    shutil.copytree(source.target, folder / "target")
    shutil.copytree(source.draft, folder / "draft")
    follows = str(source.follows_prompts).lower()
    home.models_file.write_text(
        f'[pair.copy]\ntarget = "target"\ndraft = "draft"\nshort_window = true\n'
        f"follows_prompts = {follows}\n{more}"
    )
    return folder


def outside_the_loop(function: Callable[..., object], *arguments: object) -> None:
    """Call something that runs a loop of its own, from wherever pytest sets this fixture up."""
    with ThreadPoolExecutor(1) as executor:
        executor.submit(function, *arguments).result()
