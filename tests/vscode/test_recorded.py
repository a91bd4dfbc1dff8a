"""Recorded dictations, spoken to the real server from VS Code."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.rigs.recorded import Recorded, recorded
from tests.vscode.code_server import CodeServer
from tests.vscode.window import Window

SPOKEN = sorted((each for each in recorded() if each.has_sound), key=lambda each: each.mode)
_LANGUAGES = {"gitcommit": "git-commit"}
"""What VS Code calls languages that editors name otherwise."""


@pytest.fixture(scope="module", autouse=True)
def _no_vocabulary(code_server: CodeServer) -> None:
    """What tests before taught is no part of what was recorded."""
    (code_server.home / "config/dictate/vocabulary.toml").unlink(missing_ok=True)


@pytest.fixture(scope="module", autouse=True)
def _mode_taken_back(shared_window: Window) -> Iterator[None]:
    yield
    shared_window.set("dictate.writing.mode", None)


def document_after(window: Window, dictation: Recorded, spoken: Callable[[str], Path]) -> str:
    """What stands in the document when everything was said at the marked place."""
    language = _LANGUAGES.get(dictation.language, dictation.language)
    window.open_untitled(dictation.document, language)
    before = dictation.document[: dictation.offset]
    last_line = before.rpartition("\n")[2]
    window.place((before.count("\n"), len(last_line.encode("utf-16-le")) // 2))
    for said in dictation.said:
        window.dictate(spoken(said))
    text = window.text
    # Names of a document that is open may be meant in the next one, too.
    window.close_editors()
    return text


@pytest.mark.parametrize("dictation", SPOKEN, ids=lambda each: each.name)
def test_the_document_is_as_recorded(
    window: Window, spoken: Callable[[str], Path], dictation: Recorded
) -> None:
    window.set("dictate.writing.mode", dictation.mode)
    assert document_after(window, dictation, spoken) == dictation.after
