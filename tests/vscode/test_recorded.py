"""Recorded dictations, spoken to the real server from VS Code."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.rigs.recorded import Recorded, recorded
from tests.vscode.code_server import CodeServer
from tests.vscode.window import Window

SPOKEN = [each for each in recorded() if each.has_sound]
_LANGUAGES = {"gitcommit": "git-commit"}
"""What VS Code calls languages that editors name otherwise."""


@pytest.fixture(scope="module", autouse=True)
def _no_vocabulary(code_server: CodeServer) -> None:
    """What tests before taught is no part of what was recorded."""
    (code_server.home / "config/dictate/vocabulary.toml").unlink(missing_ok=True)


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


@pytest.mark.parametrize("mode", sorted({each.mode for each in SPOKEN}))
def test_the_documents_are_as_recorded(
    window: Window, spoken: Callable[[str], Path], mode: str
) -> None:
    window.set("dictate.writing.mode", mode)
    wrong = {}
    for dictation in SPOKEN:
        if dictation.mode == mode:
            after = document_after(window, dictation, spoken)
            if after != dictation.after:
                wrong[dictation.name] = after
    window.set("dictate.writing.mode", None)
    assert wrong == {}
