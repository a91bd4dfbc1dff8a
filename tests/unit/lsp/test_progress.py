"""A progress bar in an editor that takes its time, or has none after all."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from lsprotocol import types

from dictate.lsp import progress
from dictate.lsp.progress import EditorProgress


class Editor:
    """Answers when the test says so."""

    def __init__(self) -> None:
        self.asked: list[asyncio.Future[None]] = []
        self.told: list[Any] = []

    def send_request_async(self, _method: str, _params: object) -> asyncio.Future[None]:
        self.asked.append(asyncio.get_running_loop().create_future())
        return self.asked[-1]

    def notify(self, method: str, params: types.ProgressParams) -> None:
        assert method == types.PROGRESS
        self.told.append(params.value)


@pytest.fixture
def editor(monkeypatch: pytest.MonkeyPatch) -> Editor:
    monkeypatch.setattr(progress, "_CREATE_S", 0.0)
    return Editor()


def shown_in(editor: Editor) -> EditorProgress:
    server: Any = SimpleNamespace(protocol=editor)
    return EditorProgress(server, {}, supported=True)


async def test_an_editor_that_answers_late_is_asked_again_and_never_twice_at_once(
    editor: Editor,
) -> None:
    shown = shown_in(editor)
    await shown.begin("one")
    await shown.begin("two")
    assert (len(editor.asked), shown.is_shown) == (1, False)
    editor.asked[0].set_result(None)
    beginning = asyncio.ensure_future(shown.begin("three"))
    await asyncio.sleep(0)
    editor.asked[1].set_result(None)
    await beginning
    assert shown.is_shown
    assert [value.title for value in editor.told] == ["three"]


async def test_an_editor_that_refuses_is_not_asked_again(editor: Editor) -> None:
    shown = shown_in(editor)
    beginning = asyncio.ensure_future(shown.begin("one"))
    await asyncio.sleep(0)
    editor.asked[0].set_exception(ValueError("no such method"))
    await beginning
    await shown.begin("two")
    assert (len(editor.asked), editor.told) == (1, [])
