"""What goes wrong is one line that says what to do, and the next dictation works."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.vscode.code_server import DICTATE
from tests.vscode.test_ghost_text import escape_leaves_one_caret
from tests.vscode.window import LONG_S, Window

FAKE = Path(__file__).parent / "fake_server.py"


@pytest.fixture(autouse=True)
def served(window: Window) -> Iterator[None]:
    """The settings and the server are as before, whatever a test did to them."""
    yield
    for name in (
        "restart.delayMs",
        "restart.limit",
        "restart.windowMs",
        "hold.firstMs",
        "engine.pair",
    ):
        window.set(f"dictate.{name}", None)
    window.set("dictate.server.path", str(DICTATE))
    window.command("dictate.restart")
    window.wait("the server", lambda: window.server_pid, LONG_S)


def kill(window: Window) -> int:
    """End the server without a word, as a crash would; returns its pid."""
    pid = window.wait("the server", lambda: window.server_pid, LONG_S)
    os.kill(pid, signal.SIGKILL)
    window.wait("the crash to be seen", lambda: window.server_pid != pid)
    return pid


def one_line(window: Window, text: str) -> str:
    """What the one notification with this text says, which is one line with our name once."""
    window.notice(text)
    (line,) = [notice for notice in window.notices if text in notice]
    assert "\n" not in line
    assert line.startswith("Dictate: ")
    assert not line.startswith("Dictate: Dictate")
    return line


def test_a_killed_server_is_said_and_starts_again(window: Window, sentence: Path) -> None:
    window.open("killed.txt", "")
    window.dictate(sentence)
    kill(window)
    one_line(window, "is starting again")
    window.wait("the next server", lambda: window.server_pid, LONG_S)
    before = window.text
    final = window.dictate(sentence)
    assert final["outcome"] == "inserted"
    assert window.text == f"{before} {final['text']}"


def test_a_server_killed_while_somebody_speaks_leaves_nothing_drawn(
    window: Window, sentence: Path, lasting_sentence: Path
) -> None:
    window.open("amid.txt", "unchanged\nx\n")
    window.begin_speaking(lasting_sentence)
    kill(window)
    window.wait("nothing drawn", lambda: window.drawn == [])
    window.wait("rest", lambda: window.state == "idle")
    assert window.text == "unchanged\nx\n"
    window.wait("the next server", lambda: window.server_pid, LONG_S)
    # Escape is the editor's own again, as soon as no message wants it.
    window.clear_notices()
    window.place((0, 0), (1, 0))
    escape_leaves_one_caret(window)
    assert window.dictate(sentence)["outcome"] == "inserted"


def test_a_server_that_crashes_again_and_again_stays_down_until_its_button_is_pressed(
    window: Window, sentence: Path
) -> None:
    window.set("dictate.restart.delayMs", 1)
    # However long the five take, they count together.
    window.set("dictate.restart.windowMs", 3_600_000)
    window.open("crashes.txt", "")
    window.dictate(sentence)
    # Earlier tests' crashes do not count.
    window.command("dictate.restart")
    for _ in range(5):
        kill(window)
    notice = window.notice("stays down")
    assert window.server_pid is None
    window.press_button(notice, "Restart")
    window.wait("the server", lambda: window.server_pid, LONG_S)
    assert window.dictate(sentence)["outcome"] == "inserted"


def test_a_killed_engine_costs_no_words(window: Window, sentence: Path) -> None:
    window.open("engine.txt", "")
    window.dictate(sentence)
    shown = subprocess.run(
        [str(DICTATE), "engine", "status", "--json"],
        env=window.server.env,
        check=True,
        capture_output=True,
        text=True,
    )
    os.kill(json.loads(shown.stdout)["pid"], signal.SIGKILL)
    before = window.text
    final = window.dictate(sentence)
    assert final["outcome"] == "inserted"
    assert window.text == f"{before} {final['text']}"


def use_server(window: Window, path: Path | str) -> None:
    """Name another program in the settings, and start it."""
    window.set("dictate.server.path", str(path))
    window.begin("dictate.restart")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/nowhere/dictate", "there is no such file or folder"),
        ("/usr", "there is no program dictate in that folder"),
        ("/etc/passwd", "is not a program"),
        ("dictate", "give the full path"),
        ("/bin/true", "another program"),
    ],
)
def test_a_wrong_path_is_said_with_its_setting(window: Window, path: str, said: str) -> None:
    use_server(window, path)
    line = one_line(window, said)
    assert "dictate.server.path" in line
    assert path in line


@pytest.fixture
def make_fake(tmp_path: Path) -> Callable[[str, str], Path]:
    """Makes the program of a server that says another name or version."""

    def make(name: str, version: str) -> Path:
        program = tmp_path / "dictate"
        program.write_text(f'#!/bin/sh\nexec {sys.executable} {FAKE} {name} {version} "$@"\n')
        program.chmod(0o755)
        return program

    return make


@pytest.mark.parametrize(
    ("name", "version", "said"),
    [
        ("dictate", "99.0.0", "update the extension"),
        ("dictate", "0.0.1", "update the server"),
        ("another", "0.1.0", "not Dictate"),
    ],
)
def test_a_server_that_does_not_fit_is_said_with_the_fix(
    window: Window, make_fake: Callable[[str, str], Path], name: str, version: str, said: str
) -> None:
    use_server(window, make_fake(name, version))
    line = one_line(window, said)
    assert version in line or name in line


def test_a_setting_of_the_wrong_type_is_said_once(window: Window, sentence: Path) -> None:
    window.open("settings.txt", "")
    window.dictate(sentence)
    window.set("dictate.hold.firstMs", "soon")
    window.set("dictate.engine.pair", 5)
    window.begin("dictate.restart")
    window.notice("dictate.hold.firstMs")
    window.notice("engine.pair")
    window.set("dictate.restart.limit", 6)
    assert window.dictate(sentence)["outcome"] == "inserted"
    # VS Code draws a message for seconds, and lists it as long as nobody closes it.
    notices = window.wait("the list", lambda: window.listed_notices)
    for name in ("hold.firstMs", "engine.pair"):
        assert sum(name in notice for notice in notices) == 1
