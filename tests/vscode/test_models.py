"""A better pair of models from a hub on loopback: offered, shown as it comes, cancelled, used."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rigs import hub, published_pair
from tests.rigs.microphone import VirtualMicrophone
from tests.rigs.published_pair import NAME
from tests.vscode.code_server import DICTATE, CodeServer, serving
from tests.vscode.window import LONG_S, Window


@pytest.fixture(scope="module")
def published() -> Iterator[hub.FakeHub]:
    """A hub with a pair that suits this machine best."""
    with hub.serving() as served:
        published_pair.publish(served)
        yield served


@pytest.fixture(scope="module")
def code_server(
    program: Path,
    microphone: VirtualMicrophone,
    published: hub.FakeHub,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[CodeServer]:
    """VS Code whose user knows that pair."""
    env = microphone.env | published_pair.environment(published, tmp_path_factory.mktemp("hub"))
    with serving(program, env, {"dictate.server.path": str(DICTATE)}) as server:
        published_pair.know(server.home / "config" / "dictate", published)
        yield server


def test_a_download_is_shown_can_be_cancelled_and_is_used_when_it_is_there(
    window: Window, published: hub.FakeHub, sentence: Path
) -> None:
    published_pair.hold(published)
    window.open("text.txt", "")
    end = window.begin_dictation(sentence, realtime=False)
    # It may be offered before the text is there, and VS Code draws it for seconds.
    window.press_button(window.notice(f"download the pair {NAME}", LONG_S), "Download")
    shown = window.notice(f"downloading {NAME}", LONG_S)
    # Meanwhile the bundled pair serves.
    assert end()["outcome"] == "inserted"
    assert window.dictate(sentence)["outcome"] == "inserted"
    window.press_button(shown, "Cancel")
    window.wait("the download to end", lambda: not shown.is_visible(), LONG_S)
    published_pair.go_on(published)
    window.clear_notices()
    window.begin("dictate.chooseModel")
    window.wait("the choice", lambda: any(NAME in each for each in window.choices), LONG_S)
    window.type(NAME)
    window.wait("the only choice", lambda: len(window.choices) == 1)
    window.keys("Enter")
    window.notice(f"uses the pair {NAME}", LONG_S)
    window.focus()
    assert window.dictate(sentence)["outcome"] == "inserted"
