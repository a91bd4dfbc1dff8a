"""A real terminal for editors that need one: tmux, with keys and a screen."""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from tests.lsp.scripted_editor import REPOSITORY

PATIENCE_S = 60.0


def isolated(home: Path) -> dict[str, str]:
    """An environment whose every personal folder lies in `home`, with `dictate` on the PATH."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("TMUX", "HELIX", "EMACS", "DICTATE"))
    }
    for name, folder in (
        ("XDG_RUNTIME_DIR", "run"),
        ("XDG_STATE_HOME", "state"),
        ("XDG_CONFIG_HOME", "config"),
        ("XDG_CACHE_HOME", "cache"),
        ("XDG_DATA_HOME", "data"),
    ):
        path = home / folder
        path.mkdir(mode=0o700, exist_ok=True)
        environment[name] = str(path.resolve())  # a link is no runtime folder
    programs = home / "bin"
    programs.mkdir(exist_ok=True)
    dictate = programs / "dictate"
    python = REPOSITORY / ".venv/bin/python"
    dictate.write_text(
        f'#!/bin/sh\nPYTHONPATH="{REPOSITORY / "server"}" exec "{python}" -m dictate.cli "$@"\n'
    )
    dictate.chmod(0o755)
    return environment | {
        "HOME": str(home),
        "PATH": f"{programs}:{environment['PATH']}",
        "LC_ALL": "C.UTF-8",
        "TERM": "xterm-256color",
        # No test is asked whether to download anything.
        "HF_HUB_OFFLINE": "1",
    }


def eventually(check: Callable[[], object], what: str, timeout_s: float = PATIENCE_S) -> None:
    """Wait until `check` is true; fails with `what` was waited for."""
    deadline_s = time.monotonic() + timeout_s
    while not check():
        assert time.monotonic() < deadline_s, what
        time.sleep(0.05)


class Terminal:
    """One program in a tmux of its own."""

    def __init__(self, home: Path, environment: dict[str, str], command: list[str]) -> None:
        self._tmux = ["tmux", "-S", str(home / "tmux"), "-f", "/dev/null"]
        self._environment = environment
        self._run("-u", "new-session", "-d", "-x", "110", "-y", "30", *command)
        self._run("set", "-s", "escape-time", "0")

    def close(self) -> None:
        subprocess.run(
            [*self._tmux, "kill-server"], env=self._environment, check=False, capture_output=True
        )

    def keys(self, *names: str) -> None:
        """Press keys by tmux's names ("F9", "Escape", "C-x"), one after the other."""
        self._run("send-keys", *names)

    def type(self, text: str) -> None:
        self._run("send-keys", "-l", text)

    def screen(self) -> str:
        return self._run("capture-pane", "-p")

    def wait_for(self, text: str, timeout_s: float = PATIENCE_S) -> str:
        """Wait until the screen has a text, and return the screen."""
        deadline_s = time.monotonic() + timeout_s
        while text not in (screen := self.screen()):
            assert time.monotonic() < deadline_s, f"no {text!r} on the screen:\n{screen}"
            time.sleep(0.05)
        return screen

    def wait_for_absence(self, text: str, timeout_s: float = PATIENCE_S) -> None:
        """Wait until the screen has not got a text any more."""
        deadline_s = time.monotonic() + timeout_s
        while text in (screen := self.screen()):
            assert time.monotonic() < deadline_s, f"{text!r} stays on the screen:\n{screen}"
            time.sleep(0.05)

    def _run(self, *arguments: str) -> str:
        done = subprocess.run(
            [*self._tmux, *arguments],
            env=self._environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=30,
        )
        return done.stdout
