"""In a real terminal, as a user sees it: tmux draws the screen, its keys are typed."""

import shlex
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.neovim.editor import PLUGIN, isolated
from tests.neovim.scripted_server import ScriptedServer

TIMEOUT_S = 30.0


class Terminal:
    """A tmux server of its own with one window."""

    def __init__(self, home: Path, command: str, env: Mapping[str, str] | None = None) -> None:
        self._tmux = ["tmux", "-S", str(home / "tmux"), "-f", "/dev/null"]
        self._env = isolated(home) | {"LC_ALL": "C.UTF-8"} | dict(env or {})
        self._run("-u", "new-session", "-d", "-x", "100", "-y", "12", command)

    def _run(self, *arguments: str) -> str:
        return subprocess.run(
            [*self._tmux, *arguments], env=self._env, check=True, capture_output=True, text=True
        ).stdout

    @property
    def screen(self) -> str:
        """What is seen."""
        return self._run("capture-pane", "-p")

    def type(self, *keys: str) -> None:
        """Press keys, by tmux's names for them."""
        self._run("send-keys", *keys)

    def wait(self, text: str, timeout_s: float = TIMEOUT_S) -> None:
        """Wait until a text is seen."""
        deadline = time.monotonic() + timeout_s
        while text not in self.screen:
            assert time.monotonic() < deadline, f"no {text!r} in\n{self.screen}"
            time.sleep(0.02)

    def close(self) -> None:
        """End everything in it."""
        subprocess.run([*self._tmux, "kill-server"], check=False, capture_output=True)


def text_of(path: Path) -> str:
    """A file's text; Neovim takes a file away or empties it before it writes it."""
    try:
        return path.read_text()
    except FileNotFoundError:
        return ""


@pytest.fixture
def terminal(neovim: Path, home: Path, server: ScriptedServer) -> Iterator[Terminal]:
    """Neovim on a text, with the plugin and a statusline."""
    if shutil.which("tmux") is None:
        pytest.skip("tmux is missing: apt-get install tmux")
    (home / "text.txt").write_text("Say: .\n")
    command = ", ".join(f"[[{word}]]" for word in server.command)
    (home / "init.lua").write_text(
        f"""
        vim.opt.rtp:prepend([[{PLUGIN}]])
        vim.g.dictate = {{ cmd = {{ {command} }} }}
        vim.o.laststatus = 2
        vim.o.statusline = "<%{{v:lua.require'dictate'.statusline()}}>"
        vim.keymap.set({{ 'n', 'i' }}, '<F9>', '<Plug>(dictate-toggle)')
        """
    )
    started = Terminal(
        home, shlex.join([str(neovim), "-n", "-u", f"{home}/init.lua", f"{home}/text.txt"])
    )
    yield started
    started.close()


def test_the_user_sees_the_indicator_the_partial_and_the_text(
    terminal: Terminal, server: ScriptedServer, home: Path
) -> None:
    terminal.wait("Say: .")
    terminal.wait("<>")
    terminal.type("4", "l")
    terminal.type(":Dictate", "Enter")
    utterance, place = server.begin()
    terminal.wait("Say: ●▁.")
    terminal.wait("<● ▁ 0:")
    server.notify("dictate/level", {"utteranceId": utterance, "dbfs": -30.0, "speech": True})
    server.notify(
        "dictate/partial", {"utteranceId": utterance, "uri": place["uri"], "text": "hello wor"}
    )
    terminal.wait("Say: ●▅ hello wor.")
    terminal.type("F9")
    server.expect_command("dictate.stop")
    server.state(utterance, "finishing", place["uri"])
    terminal.wait("Say: … hello wor.")
    terminal.wait("<finishing…>")
    server.insert(utterance, place["uri"], place["position"], "hello world")
    terminal.wait("Say: hello world.")
    terminal.wait("<>")
    terminal.type("a", "!", "Escape", ":wq", "Enter")
    deadline = time.monotonic() + TIMEOUT_S
    while (text := text_of(home / "text.txt")) in ("", "Say: .\n"):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert text == "Say: hello world!.\n"
