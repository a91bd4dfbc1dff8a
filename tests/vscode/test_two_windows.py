"""Two windows of one user: two servers, one engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from tests.vscode.code_server import CodeServer
from tests.vscode.window import Window

pytestmark = pytest.mark.usefixtures("warm")


@pytest.fixture
def other(code_server: CodeServer, browser: BrowserContext) -> Iterator[Window]:
    """Another window of the same user."""
    window = Window(code_server, browser, code_server.home / "other")
    yield window
    window.tidy()
    window.close()


def test_both_dictate_at_once(
    window: Window, other: Window, sentence: Path, lasting_sentence: Path
) -> None:
    window.open("here.txt", "here: ")
    other.open("there.txt", "there: ")
    # Each has a server of its own, up before both speak.
    assert window.dictate(sentence)["outcome"] == "inserted"
    assert other.dictate(sentence)["outcome"] == "inserted"
    assert window.server_pid != other.server_pid
    before = window.text, other.text
    here, there = window.begin_speaking(lasting_sentence), other.begin_speaking(lasting_sentence)
    assert window.state == other.state == "listening"
    for each in (window, other):
        each.command("dictate.stop")
    first, second = here(), there()
    assert (first["outcome"], second["outcome"]) == ("inserted", "inserted")
    assert window.text == f"{before[0]} {first['text']}"
    assert other.text == f"{before[1]} {second['text']}"
