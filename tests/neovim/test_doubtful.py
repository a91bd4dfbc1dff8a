"""Words that were hardly understood: underlined for a moment, in the buffer as it is by then."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.neovim.begun import Dictation
from tests.neovim.clock import Clock
from tests.neovim.editor import Editor
from tests.neovim.scripted_server import Document, Message, ScriptedServer

MakeEditor = Callable[..., Editor]


@pytest.fixture
def editor(make_editor: MakeEditor, server: ScriptedServer) -> Editor:
    """No machine is too slow to see the marks before they go by themselves."""
    return make_editor({"cmd": server.command, "doubtful_ms": 600_000})


def range_of(document: Document, word: str) -> Message:
    """Where a word stands that stands there once."""
    before, _ = document.text.split(word)
    rows = before.split("\n")
    line, column = len(rows) - 1, len(rows[-1])
    return {
        "start": document.position(line, column),
        "end": document.position(line, column + len(word)),
    }


def arrive(dictation: Dictation, text: str, *words: str) -> None:
    """Let a text arrive with these words doubtful."""
    server, uri = dictation.server, dictation.uri
    dictation.settle()
    assert server.edit(dictation.utterance, uri, dictation.start, text) == {"applied": True}
    dictation.settle()
    document = server.documents[uri]
    server.finish(
        dictation.utterance,
        uri,
        text=text,
        heard=text,
        range=range_of(document, text),
        doubtful=[range_of(document, word) for word in words],
    )
    dictation.editor.wait("the end", lambda: dictation.editor.state == "idle")


def test_doubtful_words_are_underlined(editor: Editor, begin: Callable[[], Dictation]) -> None:
    editor.lines = ["x = ", "end"]
    editor.keys("A", "i")
    arrive(begin(), "one two three\nfour", "two", "four")
    assert editor.doubtful == ["two", "four"]
    assert editor.look_of("two") != editor.look_of("one")
    assert editor.look_of("three") == editor.look_of("one")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_columns_are_those_of_the_server(
    make_editor: MakeEditor, make_server: Callable[..., ScriptedServer], encoding: str
) -> None:
    server = make_server(encoding)
    editor = make_editor({"cmd": server.command, "doubtful_ms": 600_000})
    editor.lines = ["🎙漢"]
    editor.cursor = (1, 4)
    arrive(Dictation(editor, server), "ü🎙 größe é\n漢 straße!", "größe", "straße")
    assert editor.doubtful == ["größe", "straße"]


def test_the_marks_go_by_themselves(make_editor: MakeEditor, server: ScriptedServer) -> None:
    editor = make_editor({"cmd": server.command, "doubtful_ms": 301})
    clock = Clock(editor, 301)
    arrive(Dictation(editor, server), "one two", "two")
    assert clock.passes(300) == 0
    assert editor.doubtful == ["two"]
    assert clock.passes(1) == 1
    assert editor.doubtful == []
    assert editor.left_behind == []


def test_none_are_marked_where_none_are_wanted(
    make_editor: MakeEditor, server: ScriptedServer
) -> None:
    editor = make_editor({"cmd": server.command, "doubtful_ms": 0})
    arrive(Dictation(editor, server), "one two", "two")
    assert editor.doubtful == []
    assert editor.left_behind == []


@pytest.mark.parametrize(
    ("keys", "left"),
    [
        ("0rX", ["three"]),
        ("wx", ["one", "three"]),
        # A letter beside the word makes another of it; a bracket, a blank or another line does not.
        ("eas<Esc>", ["three"]),
        ("0iX<Esc>", ["three"]),
        ("A()<Esc>", ["one", "three"]),
        ("O# above<Esc>", ["one", "three"]),
        ("dd", []),
        ("u", []),
    ],
)
def test_a_mark_goes_at_once_with_an_edit_of_its_word(
    editor: Editor, begin: Callable[[], Dictation], keys: str, left: list[str]
) -> None:
    arrive(begin(), "one two three", "one", "three")
    assert editor.doubtful == ["one", "three"]
    editor.cursor = (1, 0)
    editor.keys(keys)
    # What is checked later than the keys is checked by then.
    editor.lua("vim.wait(20)")
    assert editor.doubtful == left


def test_typing_and_undoing_elsewhere_leaves_the_marks(
    editor: Editor, begin: Callable[[], Dictation]
) -> None:
    editor.lines = ["above", ""]
    editor.cursor = (2, 0)
    dictation = begin()
    arrive(dictation, "one two", "two")
    editor.cursor = (1, 0)
    editor.keys("oa line<Esc>")
    editor.keys("yyP")
    editor.keys("uu")
    dictation.settle()
    editor.lua("vim.wait(20)")
    assert editor.lines == ["above", "one two"]
    assert editor.doubtful == ["two"]


def test_the_marks_go_when_the_next_text_lands(
    editor: Editor, server: ScriptedServer, begin: Callable[[], Dictation]
) -> None:
    arrive(begin(), "one two", "two")
    second = begin()
    assert editor.doubtful == ["two"]
    assert server.edit(second.utterance, second.uri, second.start, " more") == {"applied": True}
    assert editor.doubtful == []
    server.finish(second.utterance, second.uri)
    editor.wait("the end", lambda: editor.state == "idle")
    assert editor.left_behind == []


@pytest.mark.parametrize("server_counts_anew", [False, True])
def test_the_words_are_found_where_they_went_before_their_end_was_told(
    editor: Editor, server: ScriptedServer, begin: Callable[[], Dictation], server_counts_anew: bool
) -> None:
    editor.lines = ["x + y"]
    editor.cursor = (1, 0)
    dictation = begin()
    uri, text = dictation.uri, "one\ntwo three"
    assert server.edit(dictation.utterance, uri, dictation.start, text) == {"applied": True}
    document = server.documents[uri]
    dictation.settle()
    more: dict[str, Any] = {}

    def count() -> None:
        more["range"] = range_of(document, text)
        more["doubtful"] = [range_of(document, "one"), range_of(document, "three")]

    count()
    editor.cursor = (1, 0)
    editor.keys("Oab<Esc>j0icd<Esc>")
    dictation.settle()
    if server_counts_anew:
        count()
    server.finish(dictation.utterance, uri, text=text, **more)
    editor.wait("the marks", lambda: editor.doubtful == ["one", "three"])
    assert editor.lines == ["ab", "cdxone", "two three + y"]


def test_a_text_that_was_edited_before_its_end_was_told_is_left_alone(
    editor: Editor, server: ScriptedServer, begin: Callable[[], Dictation]
) -> None:
    dictation = begin()
    uri = dictation.uri
    assert server.edit(dictation.utterance, uri, dictation.start, "one two") == {"applied": True}
    dictation.settle()
    doubtful = [range_of(server.documents[uri], "two")]
    editor.keys("0dw")
    server.finish(dictation.utterance, uri, doubtful=doubtful)
    editor.wait("the end", lambda: editor.state == "idle")
    assert editor.doubtful == []
    assert editor.left_behind == []


@pytest.mark.parametrize("how", ["bwipeout!", "bunload!", "bdelete!"])
def test_the_marks_go_with_the_buffer(
    make_editor: MakeEditor, server: ScriptedServer, how: str
) -> None:
    editor = make_editor({"cmd": server.command, "doubtful_ms": 201})
    clock = Clock(editor, 201)
    editor.command("new")
    arrive(Dictation(editor, server), "one two", "two")
    editor.command(how)
    server.expect("textDocument/didClose")
    clock.passes(201)
    assert editor.left_behind == []
    assert editor.notices == []


def test_the_marks_go_when_the_file_is_read_again(
    editor: Editor, begin: Callable[[], Dictation], tmp_path: Any
) -> None:
    file = tmp_path / "a.txt"
    file.write_text("one two\n")
    editor.command(f"edit {file}")
    editor.keys("$")
    arrive(begin(), " three", "three")
    editor.command("edit!")
    assert editor.lines == ["one two"]
    editor.wait("the marks", lambda: editor.doubtful == [])


@pytest.mark.parametrize(
    "doubted",
    [
        {"start": {"line": 7, "character": 0}, "end": {"line": 7, "character": 3}},
        {"start": {"line": 0, "character": 3}, "end": {"line": 0, "character": 3}},
        {"start": {"line": 0, "character": 4}, "end": {"line": 0, "character": 1}},
    ],
)
def test_a_range_that_is_none_marks_nothing(
    editor: Editor, server: ScriptedServer, begin: Callable[[], Dictation], doubted: Message
) -> None:
    dictation = begin()
    uri = dictation.uri
    assert server.edit(dictation.utterance, uri, dictation.start, "one two") == {"applied": True}
    server.finish(dictation.utterance, uri, doubtful=[doubted])
    editor.wait("the end", lambda: editor.state == "idle")
    assert editor.doubtful == []
    assert editor.notices == []


def test_nothing_of_a_text_is_left_when_the_server_dies_before_its_end(
    editor: Editor, server: ScriptedServer, begin: Callable[[], Dictation]
) -> None:
    dictation = begin()
    assert server.edit(dictation.utterance, dictation.uri, dictation.start, "one two") == {
        "applied": True
    }
    server.crash()
    editor.wait("the end", lambda: editor.state == "idle")
    assert editor.left_behind == []
