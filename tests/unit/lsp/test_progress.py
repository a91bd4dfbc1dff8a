"""A progress bar in an editor that takes its time, or has none after all."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from lsprotocol import types

from dictate.lsp import progress, status_line
from dictate.lsp.progress import EditorProgress
from dictate.lsp.status_line import OwnPlaces, StatusLine


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

    def answer(self) -> None:
        self.asked[-1].set_result(None)

    def said(self) -> list[str]:
        """What was told since the last look, in short."""
        told, self.told = self.told, []
        return [getattr(value, "title", None) or value.kind for value in told]

    def write(self, line: str) -> None:
        """A line for the user."""
        self.told.append(SimpleNamespace(kind=line))


@pytest.fixture
def editor(monkeypatch: pytest.MonkeyPatch) -> Editor:
    monkeypatch.setattr(progress, "_CREATE_S", 0.0)
    return Editor()


def shown_in(editor: Editor, line: StatusLine | None = None) -> EditorProgress:
    server: Any = SimpleNamespace(protocol=editor)
    return EditorProgress(server, {}, line or StatusLine(), supported=True)


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


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


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> StatusLine:
    """Lines with as much time to be read as the test wants to give: for ever, unless told."""
    monkeypatch.setattr(progress, "_CREATE_S", 3_600.0)
    monkeypatch.setattr(status_line, "READING_S", 3_600.0)
    return StatusLine()


async def begun(editor: Editor, shown: EditorProgress, **options: bool) -> None:
    beginning = asyncio.ensure_future(shown.begin("title", **options))
    await turns()
    editor.answer()
    await beginning


async def told_while_it_begins(
    editor: Editor, line: StatusLine
) -> tuple[EditorProgress, asyncio.Future[None]]:
    """A progress that the editor was asked for, with its beginning, and a line told meanwhile."""
    shown = shown_in(editor, line)
    beginning = asyncio.ensure_future(shown.begin("title"))
    await turns()
    line.tell(lambda: editor.write("line"))
    return shown, beginning


async def test_a_line_is_not_cleared_by_the_end_of_a_progress(
    editor: Editor, line: StatusLine
) -> None:
    shown = shown_in(editor, line)
    await begun(editor, shown)
    line.tell(lambda: editor.write("line"))
    shown.report("late", 1)
    shown.end()
    await turns()
    assert editor.said() == ["title", "end", "line"]


async def test_a_progress_that_goes_on_comes_back_when_the_line_was_read(
    editor: Editor, line: StatusLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status_line, "READING_S", 0.01)
    shown = shown_in(editor, line)
    await begun(editor, shown)
    line.tell(lambda: editor.write("line"))
    assert shown.is_shown, "a line is in its place"
    shown.report("half", 50)
    while len(editor.asked) == 1:
        await asyncio.sleep(0.01)
    editor.answer()
    await turns()
    back = editor.told[-1]
    assert editor.said() == ["title", "end", "line", "title"]
    assert (back.message, back.percentage) == ("half", 50)
    shown.end()
    assert editor.said() == ["end"]


async def test_a_line_waits_for_a_progress_that_the_editor_has_not_begun(
    editor: Editor, line: StatusLine
) -> None:
    shown, beginning = await told_while_it_begins(editor, line)
    shown.end()
    assert editor.said() == []
    editor.answer()
    await beginning
    # Without its end the editor would show for ever that something is being done.
    assert editor.said() == ["begin", "end", "line"]


@pytest.mark.parametrize("answer", ["never", "refused"])
async def test_a_line_does_not_wait_for_long(
    editor: Editor, line: StatusLine, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.setattr(progress, "_CREATE_S", 0.05 if answer == "never" else 3_600.0)
    shown, beginning = await told_while_it_begins(editor, line)
    if answer == "refused":
        editor.asked[0].set_exception(ValueError("no such method"))
    await beginning
    assert (editor.said(), shown.is_shown) == (["line"], False)


async def test_a_line_is_told_though_whoever_began_is_gone(
    editor: Editor, line: StatusLine
) -> None:
    shown, beginning = await told_while_it_begins(editor, line)
    beginning.cancel()
    await turns()
    shown.end()
    editor.answer()
    await turns()
    assert editor.said() == ["begin", "end", "line"]


async def test_a_progress_right_behind_a_line_waits_unless_the_user_asked_for_it(
    editor: Editor, line: StatusLine
) -> None:
    line.tell(lambda: editor.write("line"))
    patient, at_once = shown_in(editor, line), shown_in(editor, line)
    await patient.begin("patient")
    assert (patient.is_shown, editor.asked, editor.said()) == (True, [], ["line"])
    await begun(editor, at_once, at_once=True)
    assert editor.said() == ["title"]
    for shown in (patient, at_once):
        shown.end()
    assert editor.said() == ["end"]


@pytest.mark.usefixtures("editor", "line")
async def test_where_lines_have_a_place_of_their_own_no_progress_leaves_it(editor: Editor) -> None:
    line = OwnPlaces()
    shown, beginning = await told_while_it_begins(editor, line)
    editor.answer()
    await beginning
    line.tell(lambda: editor.write("another"))
    shown.end()
    assert editor.said() == ["line", "title", "another", "end"]
