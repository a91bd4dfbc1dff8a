"""Texts that are begun and arrive in every mode of the editor."""

from collections.abc import Callable

import pytest

from tests.neovim.begun import Dictation
from tests.neovim.editor import Editor
from tests.neovim.scripted_server import ScriptedServer


def test_a_text_arrives_while_a_command_line_is_open(
    editor: Editor, begin: Callable[[], Dictation]
) -> None:
    editor.lines = ["one"]
    dictation = begin()
    editor.nvim.input(":echo 1")
    editor.wait("the command line", lambda: editor.mode == "c")
    dictation.arrive("X")
    editor.nvim.input("<Esc>")
    assert editor.lines == ["oXne"]


def test_a_text_arrives_amid_a_visual_selection(
    editor: Editor, begin: Callable[[], Dictation]
) -> None:
    editor.lines = ["one", "two"]
    dictation = begin()
    editor.keys("jvl", "v")
    dictation.arrive("X")
    editor.keys("d")
    assert editor.lines == ["oXne", "o"]


def test_a_text_arrives_while_the_command_line_window_is_open(
    editor: Editor, begin: Callable[[], Dictation]
) -> None:
    editor.lines = ["one"]
    dictation = begin()
    editor.keys("q:")
    dictation.arrive("X")
    editor.keys(":q<CR>")
    assert editor.lines == ["oXne"]


def test_a_text_arrives_amid_a_completion(editor: Editor, begin: Callable[[], Dictation]) -> None:
    editor.command("set completeopt=menu")
    editor.lines = ["format formula", ""]
    editor.keys("Go", "i")
    dictation = begin()
    editor.nvim.input("for<C-n>")
    editor.wait("the menu", lambda: editor.lua("return vim.fn.pumvisible()") == 1)
    assert editor.lines[2] == "format"
    dictation.arrive("X ")
    assert editor.lines[2] == "X format"
    editor.nvim.input("<C-n>")
    editor.keys("<C-e>.", "i")
    assert editor.lines == ["format formula", "", "X format."]
    editor.nvim.input("<C-w><C-w>for<C-n><C-n>")
    editor.keys("<C-y>!", "i")
    assert editor.lines == ["format formula", "", "X formula!"]


@pytest.mark.parametrize(
    ("line", "keys", "expected"),
    [
        ("one two", "0wi<C-o>:Dictate start<CR>", "one Xtwo"),
        ("one two", "A<C-o>:Dictate start<CR>", "one twoX"),
        ("one two", "0wR<F8>", "one Xtwo"),
        ("", ":Dictate start<CR>", "X"),
        ("one two", "$:Dictate start<CR>", "one twoX"),
        ("one two", "0:Dictate start<CR>", "oXne two"),
    ],
)
def test_the_place_in_every_mode(
    editor: Editor, server: ScriptedServer, line: str, keys: str, expected: str
) -> None:
    editor.command("noremap! <F8> <Cmd>Dictate start<CR>")
    editor.lines = [line]
    editor.nvim.input(keys)
    utterance, place = server.begin()
    server.insert(utterance, place["uri"], place["position"], "X")
    assert editor.lines == [expected]


def test_the_text_is_typed_on_from_where_it_ends_in_replace_mode(
    editor: Editor, begin: Callable[[], Dictation]
) -> None:
    editor.lines = ["abcdef"]
    editor.keys("0Rxy", "R")
    begin().arrive("SPOKEN")
    editor.keys("z", "R")
    assert editor.lines == ["xySPOKENzdef"]
