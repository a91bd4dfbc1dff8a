"""`dictate/select`: the server has a range selected."""

from collections.abc import Callable

import pytest

from tests.neovim.begun import Dictation
from tests.neovim.editor import Editor
from tests.neovim.scripted_server import Message, ScriptedServer


def select(dictation: Dictation, start: tuple[int, int], end: tuple[int, int]) -> Message:
    """Ask for a selection, in lines and characters."""
    dictation.settle()
    document = dictation.server.documents[dictation.uri]
    return dictation.server.request(
        "dictate/select",
        {
            "uri": dictation.uri,
            "range": {"start": document.position(*start), "end": document.position(*end)},
        },
    )


@pytest.fixture
def dictation(editor: Editor, begin: Callable[[], Dictation]) -> Dictation:
    """One whose text stands in the buffer."""
    editor.lines = ["x + y", "end"]
    editor.cursor = (1, 3)
    dictation = begin()
    dictation.arrive("größe\nvon 漢字")
    assert editor.lines == ["x + größe", "von 漢字y", "end"]
    return dictation


@pytest.mark.parametrize("selection", ["inclusive", "exclusive", "old"])
@pytest.mark.parametrize("mode", ["n", "i", "v"])
def test_what_is_selected_is_exactly_the_range(
    editor: Editor, dictation: Dictation, mode: str, selection: str
) -> None:
    editor.command(f"set selection={selection}")
    if mode != "n":
        editor.keys(mode, mode)
    assert select(dictation, (0, 4), (1, 6)) == {"selected": True}
    assert editor.mode == "v"
    editor.keys("d")
    assert editor.lines == ["x + y", "end"]


def test_a_range_that_ends_with_a_line_break(editor: Editor, dictation: Dictation) -> None:
    assert select(dictation, (0, 4), (1, 0)) == {"selected": True}
    editor.keys("d")
    assert editor.lines == ["x + von 漢字y", "end"]


def test_the_selection_is_typed_over(editor: Editor, dictation: Dictation) -> None:
    editor.keys("A", "i")
    assert select(dictation, (1, 4), (1, 6)) == {"selected": True}
    editor.keys("cX", "i")
    assert editor.lines == ["x + größe", "von Xy", "end"]


def test_a_menu_of_completions_is_no_obstacle(editor: Editor, dictation: Dictation) -> None:
    editor.command("set completeopt=menu,menuone")
    editor.keys("Go", "i")
    editor.nvim.input("vo<C-n>")
    editor.wait("the menu", lambda: editor.lua("return vim.fn.pumvisible()") == 1)
    assert select(dictation, (0, 4), (0, 9)) == {"selected": True}
    assert editor.mode == "v"
    editor.keys("d")
    assert editor.lines[0] == "x + "


def test_the_window_that_shows_the_buffer_becomes_the_current_one(
    editor: Editor, dictation: Dictation
) -> None:
    window = editor.nvim.api.get_current_win()
    editor.command("new")
    editor.keys("i", "i")
    assert select(dictation, (0, 4), (0, 9)) == {"selected": True}
    assert editor.nvim.api.get_current_win() == window
    assert editor.mode == "v"
    editor.keys("<Esc>")
    editor.command("tabnew")
    assert select(dictation, (0, 4), (0, 9)) == {"selected": True}
    assert editor.nvim.api.get_current_win() == window


def test_of_several_windows_it_is_the_current_one(editor: Editor, dictation: Dictation) -> None:
    editor.command("split | wincmd j")
    window = editor.nvim.api.get_current_win()
    assert select(dictation, (0, 4), (0, 9)) == {"selected": True}
    assert editor.nvim.api.get_current_win() == window


def test_a_buffer_that_is_shown_nowhere_is_not_selected(
    editor: Editor, dictation: Dictation
) -> None:
    editor.command("set hidden | buffer 1 | enew")
    answer = dictation.server.request(
        "dictate/select",
        {
            "uri": dictation.uri,
            "range": {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 1}},
        },
    )
    assert answer == {"selected": False}
    assert editor.mode == "n"


@pytest.mark.parametrize("range_", [((0, 4), (0, 4)), ((0, 4), (9, 0)), ((1, 1), (0, 0))])
def test_a_range_that_is_none_is_not_selected(
    server: ScriptedServer,
    editor: Editor,
    dictation: Dictation,
    range_: tuple[tuple[int, int], tuple[int, int]],
) -> None:
    start, end = ({"line": line, "character": character} for line, character in range_)
    answer = server.request(
        "dictate/select", {"uri": dictation.uri, "range": {"start": start, "end": end}}
    )
    assert answer == {"selected": False}
    assert editor.mode == "n"
    answer = server.request(
        "dictate/select", {"uri": "file:///nowhere", "range": {"start": start, "end": end}}
    )
    assert answer == {"selected": False}


@pytest.mark.parametrize(("keys", "mode"), [(":echo 1", "c"), ("q:", "n")])
def test_nobodys_command_line_is_taken_away(
    editor: Editor, dictation: Dictation, keys: str, mode: str
) -> None:
    editor.nvim.input(keys)
    editor.wait("the command line", lambda: editor.mode == mode)
    editor.wait("the keys", lambda: mode == "c" or editor.lua("return vim.fn.getcmdwintype()"))
    answer = dictation.server.request(
        "dictate/select",
        {
            "uri": dictation.uri,
            "range": {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 1}},
        },
    )
    assert answer == {"selected": False}
    assert editor.mode == mode


def test_folds_over_the_range_open(editor: Editor, dictation: Dictation) -> None:
    editor.command("set foldmethod=manual | 1,2fold | normal! G")
    assert select(dictation, (0, 4), (1, 6)) == {"selected": True}
    assert editor.lua("return vim.fn.foldclosed(1)") == -1
