"""How a text enters the buffer: its undo step, the cursors, and all that it leaves alone."""

from collections.abc import Callable

import pytest

from tests.neovim.begun import Dictation
from tests.neovim.editor import Editor
from tests.neovim.scripted_server import ScriptedServer


def test_one_undo_removes_exactly_the_text(editor: Editor, begin: Callable[[], Dictation]) -> None:
    editor.lines = ["one"]
    editor.keys("A two<Esc>")
    begin().arrive(" three")
    assert editor.lines == ["one two three"]
    editor.keys("u")
    assert editor.lines == ["one two"]
    editor.keys("u")
    assert editor.lines == ["one"]
    editor.keys("<C-r><C-r>")
    assert editor.lines == ["one two three"]


def test_one_undo_removes_exactly_the_text_amid_typing(
    editor: Editor, begin: Callable[[], Dictation]
) -> None:
    editor.lines = ["", "end"]
    editor.keys("iab", "i")
    dictation = begin()
    editor.keys("cd", "i")
    dictation.arrive("SPOKEN")
    editor.keys("ef", "i")
    assert editor.lines == ["abSPOKENcdef", "end"]
    editor.keys("<Esc>")
    editor.keys("u")
    assert editor.lines == ["abSPOKENcd", "end"]
    editor.keys("u")
    assert editor.lines == ["abcd", "end"]
    editor.keys("u")
    assert editor.lines == ["", "end"]
    editor.keys("3<C-r>")
    assert editor.lines == ["abSPOKENcdef", "end"]


def test_two_dictations_are_two_undo_steps(editor: Editor, begin: Callable[[], Dictation]) -> None:
    editor.keys("i", "i")
    begin().arrive("one ")
    begin().arrive("two")
    editor.keys("<Esc>u")
    assert editor.lines == ["one "]
    editor.keys("u")
    assert editor.lines == [""]


def test_one_undo_removes_a_text_that_arrived_in_a_hidden_buffer(
    editor: Editor, begin: Callable[[], Dictation]
) -> None:
    editor.command("set hidden")
    editor.lines = ["one"]
    editor.keys("A two<Esc>")
    dictation = begin()
    editor.command("enew")
    dictation.arrive(" three")
    assert editor.lines == [""]
    editor.command("buffer 1")
    assert editor.lines == ["one two three"]
    editor.keys("u")
    assert editor.lines == ["one two"]


def test_while_inserting_the_cursor_goes_behind_the_text(
    editor: Editor, begin: Callable[[], Dictation]
) -> None:
    editor.lines = ["f()"]
    editor.keys("f)i", "i")
    begin().arrive("größe")
    editor.keys("!", "i")
    assert editor.lines == ["f(größe!)"]


def test_in_normal_mode_the_text_goes_behind_the_cursor_as_with_a(
    editor: Editor, begin: Callable[[], Dictation]
) -> None:
    editor.lines = ["f(ü)"]
    editor.cursor = (1, 2)
    begin().arrive("möß")
    assert editor.lines == ["f(ümöß)"]
    assert editor.cursor == (1, len("f(ümö".encode()))
    begin().arrive("!")
    assert editor.lines == ["f(ümöß!)"]


def test_a_text_of_several_lines(editor: Editor, begin: Callable[[], Dictation]) -> None:
    editor.lines = ["a", "z"]
    editor.keys("A", "i")
    begin().arrive("1\n2\n3")
    assert editor.lines == ["a1", "2", "3", "z"]
    assert editor.cursor == (3, 1)
    editor.keys("<Esc>u")
    assert editor.lines == ["a", "z"]


def test_escape_while_the_text_is_on_its_way_is_no_move(
    editor: Editor, begin: Callable[[], Dictation]
) -> None:
    editor.lines = ["say: "]
    editor.keys("A", "i")
    dictation = begin()
    editor.keys("<Esc>")
    dictation.arrive("hello")
    assert editor.cursor == (1, len("say: hello") - 1)


def test_the_cursor_of_someone_who_went_on_typing_stays_at_their_text(
    editor: Editor, begin: Callable[[], Dictation]
) -> None:
    editor.lines = ["", "below"]
    editor.keys("i", "i")
    dictation = begin()
    editor.keys("typed", "i")
    dictation.arrive("SPOKEN ")
    editor.keys("!", "i")
    assert editor.lines == ["SPOKEN typed!", "below"]


def test_the_cursor_of_someone_who_went_elsewhere_stays(
    editor: Editor, begin: Callable[[], Dictation]
) -> None:
    editor.lines = ["one", "two"]
    editor.cursor = (1, 2)
    dictation = begin()
    editor.keys("jl")
    dictation.arrive("\nmore")
    assert editor.lines == ["one", "more", "two"]
    assert editor.cursor == (3, 2)


def test_the_cursor_in_another_window_stays_at_its_text(
    editor: Editor, begin: Callable[[], Dictation]
) -> None:
    editor.lines = ["one two"]
    editor.cursor = (1, 4)
    editor.command("split")
    editor.keys("0")
    begin().arrive("XX")
    assert editor.lines == ["oXXne two"]
    editor.command("wincmd j")
    assert editor.cursor == (1, 6)


def test_the_cursor_in_another_window_stays_on_the_character_at_the_place(
    editor: Editor, begin: Callable[[], Dictation]
) -> None:
    editor.lines = ["one two"]
    editor.cursor = (1, 4)
    editor.command("split")
    editor.keys("i", "i")
    begin().arrive("XX ")
    editor.keys("<Esc>")
    assert editor.lines == ["one XX two"]
    editor.command("wincmd j")
    assert editor.cursor == (1, 7)


def test_the_users_buffer_stays_the_current_one(
    editor: Editor, begin: Callable[[], Dictation]
) -> None:
    editor.lines = ["one"]
    dictation = begin()
    editor.command("new")
    editor.lines = ["elsewhere"]
    dictation.arrive("X")
    assert editor.lines == ["elsewhere"]
    assert editor.cursor == (1, 0)
    editor.command("wincmd p")
    assert editor.lines == ["oXne"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_columns_behind_wide_characters(
    make_editor: Callable[..., Editor],
    make_server: Callable[..., ScriptedServer],
    encoding: str,
) -> None:
    server = make_server(encoding)
    editor = make_editor({"cmd": server.command})
    before, behind = "a🎙️漢字e\u0301", "ß🎙z"
    editor.lines = ["🎙", before + behind]
    editor.cursor = (2, len(before.encode()))
    editor.keys("i", "i")
    dictation = Dictation(editor, server)
    document = server.documents[dictation.uri]
    assert dictation.start == document.position(1, len(before))
    dictation.arrive("größe🎙")
    assert editor.lines == ["🎙", before + "größe🎙" + behind]
    assert document.lines == editor.lines
    editor.keys("é", "i")
    assert editor.lines == ["🎙", before + "größe🎙é" + behind]
    dictation.settle()


def test_registers_and_repeat_are_left_alone(
    editor: Editor, begin: Callable[[], Dictation]
) -> None:
    editor.lines = ["one two three"]
    editor.keys("yiwwdiw")
    before = editor.lua("return { vim.fn.getreg('0'), vim.fn.getreg('-'), vim.fn.getreg('.') }")
    begin().arrive("SPOKEN")
    assert before == editor.lua(
        "return { vim.fn.getreg('0'), vim.fn.getreg('-'), vim.fn.getreg('.') }"
    )
    editor.lines = ["four five"]
    editor.keys("0.")
    assert editor.lines == [" five"]


def test_marks_and_folds_are_left_alone(editor: Editor, begin: Callable[[], Dictation]) -> None:
    editor.lines = ["one", "two", "three", "four"]
    editor.command("set foldmethod=manual | 3,4fold | 2mark a | 4mark b")
    editor.cursor = (1, 2)
    begin().arrive("\nmore")
    assert editor.lines == ["one", "more", "two", "three", "four"]
    assert editor.lua("return vim.api.nvim_buf_get_mark(0, 'a')[1]") == 3
    assert editor.lua("return vim.api.nvim_buf_get_mark(0, 'b')[1]") == 5
    assert editor.lua("return { vim.fn.foldclosed(4), vim.fn.foldclosedend(4) }") == [4, 5]


def test_what_mangles_typed_text_leaves_the_spoken_text_alone(
    editor: Editor, begin: Callable[[], Dictation]
) -> None:
    editor.command("set textwidth=10 autoindent cindent formatoptions+=atc expandtab")
    editor.command("inoremap ( ()<Left> | iabbrev teh the")
    editor.command("autocmd InsertCharPre * let v:char = 'X'")
    editor.lines = ["  if (x) {"]
    editor.keys("A", "i")
    begin().arrive(" teh call(\tof a long line }")
    assert editor.lines == ["  if (x) { teh call(\tof a long line }"]
    editor.keys("<Esc>")
    assert editor.lines == ["  if (x) { teh call(\tof a long line }"]


def test_a_text_planned_for_an_older_version_is_refused(
    editor: Editor, server: ScriptedServer, begin: Callable[[], Dictation]
) -> None:
    editor.lines = ["one"]
    dictation = begin()
    old = server.documents[dictation.uri].version
    editor.keys("xx")
    answer = server.edit(dictation.utterance, dictation.uri, dictation.start, "late", version=old)
    assert answer == {"applied": False, "reason": "stale"}
    assert editor.lines == ["e"]
    dictation.settle()
    dictation.start = {"line": 0, "character": 0}
    dictation.arrive("now ")
    assert editor.lines == ["now e"]


def test_a_place_that_does_not_exist_is_refused(
    editor: Editor, server: ScriptedServer, begin: Callable[[], Dictation]
) -> None:
    dictation = begin()
    answer = server.edit(dictation.utterance, dictation.uri, {"line": 7, "character": 0}, "nowhere")
    assert answer == {"applied": False, "reason": "stale"}


@pytest.mark.parametrize("option", ["nomodifiable", "readonly"])
def test_a_protected_buffer_refuses_the_text(
    editor: Editor, server: ScriptedServer, begin: Callable[[], Dictation], option: str
) -> None:
    editor.lines = ["one"]
    dictation = begin()
    editor.command(f"setlocal {option}")
    answer = server.edit(dictation.utterance, dictation.uri, dictation.start, "no")
    assert answer == {"applied": False, "reason": "readonly"}
    assert editor.lines == ["one"]


@pytest.mark.parametrize("how", ["bwipeout!", "bunload!", "bdelete!"])
def test_a_closed_buffer_refuses_the_text(
    editor: Editor, server: ScriptedServer, begin: Callable[[], Dictation], how: str
) -> None:
    editor.command("new")
    editor.lines = ["one"]
    dictation = begin()
    editor.command(how)
    server.expect("textDocument/didClose")
    assert dictation.uri in server.closed
    assert server.request(
        "dictate/edit",
        {
            "utteranceId": dictation.utterance,
            "edit": {
                "textDocument": {"uri": dictation.uri, "version": 1},
                "range": {"start": dictation.start, "end": dictation.start},
                "newText": "no",
            },
        },
    ) == {"applied": False, "reason": "closed"}


@pytest.mark.parametrize("prepare", ["setlocal nomodifiable", "setlocal readonly", "terminal true"])
def test_nothing_begins_where_nothing_can_be_written(
    editor: Editor, server: ScriptedServer, prepare: str
) -> None:
    editor.command(prepare)
    editor.command("Dictate")
    assert len(editor.notices) == 1
    assert editor.state == "idle"
    assert server.pids == []
