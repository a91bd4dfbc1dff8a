"""The first start as a user sees it: real Neovim in a terminal, real server, engine and hub."""

import re
import shlex
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.neovim.editor import PLUGIN, ROOT, engine_status, isolated, stop_engine
from tests.neovim.test_terminal import Terminal, text_of
from tests.rigs import published_pair
from tests.rigs.hub import FakeHub, serving
from tests.rigs.published_pair import NAME
from tests.rigs.speech import missing_speech, speak

pytestmark = pytest.mark.timeout(600)

# The engine starts and the models are warmed up behind the first dictation.
LONG_S = 150.0
SENTENCE = "open the file and return the first value"


@pytest.fixture
def hub(home: Path) -> Iterator[FakeHub]:
    """A hub with a pair that suits this machine best."""
    with serving() as served:
        isolated(home)
        published_pair.publish(served)
        published_pair.know(home / "config" / "dictate", served)
        yield served


@pytest.fixture
def terminal(neovim: Path, home: Path, hub: FakeHub) -> Iterator[Terminal]:
    """Neovim with the plugin, the real server and a statusline."""
    if shutil.which("tmux") is None:
        pytest.skip("tmux is missing: apt-get install tmux")
    if reason := missing_speech():
        pytest.skip(reason)
    recording = speak(SENTENCE, home / "sentence.wav")
    (home / "init.lua").write_text(
        f"""
        vim.opt.rtp:prepend([[{PLUGIN}]])
        vim.g.dictate = {{ cmd = {{ [[{sys.executable}]], '-m', 'dictate.lsp' }} }}
        vim.o.laststatus = 2
        vim.o.statusline = "<%{{v:lua.require'dictate'.statusline()}}>"
        vim.keymap.set('n', '<F8>', '<Cmd>Dictate file {recording}<CR>')
        """
    )
    environment = published_pair.environment(hub, home) | {"PYTHONPATH": str(ROOT / "server")}
    started = Terminal(
        home,
        shlex.join([str(neovim), "-n", "-u", f"{home}/init.lua", f"{home}/text.txt"]),
        environment,
    )
    yield started
    started.type(":qall!", "Enter")
    started.close()
    stop_engine(home)


def lines(home: Path) -> list[str]:
    return text_of(home / "text.txt").splitlines()


def written(terminal: Terminal, home: Path, count: int) -> list[str]:
    """The file's lines once there are so many."""
    deadline = time.monotonic() + LONG_S
    while len(found := lines(home)) < count or not found[-1]:
        assert time.monotonic() < deadline, terminal.screen
        terminal.type(":silent write", "Enter")
        time.sleep(0.3)
    return found


def test_the_first_start(terminal: Terminal, hub: FakeHub, home: Path) -> None:
    published_pair.hold(hub)
    terminal.wait("<>")
    # The first dictation starts the server; the question comes when it is done.
    terminal.type("F8")
    terminal.wait(f"download the pair {NAME}", LONG_S)
    terminal.wait("1: Download")
    terminal.wait("3: Never")
    terminal.type("1", "Enter")
    # Half of the target is there.
    deadline = time.monotonic() + LONG_S
    while not re.search(rf"<downloading {NAME} [1-9]\d %>", terminal.screen):
        assert time.monotonic() < deadline, terminal.screen
        time.sleep(0.05)
    print(terminal.screen)
    # Meanwhile the bundled pair serves.
    terminal.type("Enter")
    terminal.type("o", "Escape", "F8")
    first, second = written(terminal, home, 2)
    # The case is fitted to what stands around.
    assert first.lower().split() == second.lower().split()
    published_pair.go_on(hub)
    terminal.wait(f"dictation uses the pair {NAME}", LONG_S)
    print(terminal.screen)
    terminal.wait(" ms (p50 ")
    terminal.type("Enter", "o", "Escape", "F8")
    assert written(terminal, home, 3)[2].lower().split() == first.lower().split()
    engine = engine_status(home)
    assert engine is not None
    assert engine["pair"] == NAME
