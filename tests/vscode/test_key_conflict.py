"""Another extension binds the same key: said once, with the way to change it."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.vscode.code_server import DICTATE, CodeServer, packed_extension
from tests.vscode.window import LONG_S, Window

RIVAL = Path(__file__).parent / "rival"


@pytest.fixture(scope="module")
def code_server(program: Path) -> Iterator[CodeServer]:
    """VS Code with the packed extension and one that wants its key."""
    home = Path(tempfile.mkdtemp(prefix="dv"))
    settings = {"dictate.server.path": str(DICTATE)}
    with CodeServer(
        home, program, settings=settings, extension=packed_extension(), beside=[RIVAL]
    ) as server:
        yield server
    shutil.rmtree(home, ignore_errors=True)


def test_it_is_said_once_and_the_button_opens_the_keyboard_shortcuts(window: Window) -> None:
    window.open("keys.txt", "")
    window.command("dictate.stop")
    notice = window.notice("Rival")
    (line,) = [each for each in window.notices if "Rival" in each]
    assert "\n" not in line
    window.press_button(notice, "Open Keyboard Shortcuts")
    window.wait(
        "the keyboard shortcuts",
        lambda: window.page.locator(".keybindings-editor").count(),
    )
    window.clear_notices()
    window.command("dictate.stop")
    window.begin("dictate.status")
    window.wait("the status", lambda: window.choices, LONG_S)
    window.keys("Escape")
    assert not any("Rival" in each for each in window.notices)
