"""A dictated text that is replaced by another: raw, an alternative, scratched, formatted."""

import random
from collections.abc import Callable

import pytest

from tests.neovim.begun import Dictation
from tests.neovim.editor import Editor
from tests.neovim.scripted_server import Message, ScriptedServer


def replace(dictation: Dictation, old: str, new: str, *, version: int | None = None) -> Message:
    """Replace the one place where `old` stands, as the server does after it was dictated."""
    dictation.settle()
    document = dictation.server.documents[dictation.uri]
    before, behind = document.text.split(old)
    assert document.text == before + old + behind

    def position(offset: int) -> Message:
        rows = document.text[:offset].split("\n")
        return document.position(len(rows) - 1, len(rows[-1]))

    return dictation.server.edit(
        dictation.utterance,
        dictation.uri,
        position(len(before)),
        new,
        end=position(len(before + old)),
        version=version,
    )


def test_a_replacement_is_one_undo_step(editor: Editor, begin: Callable[[], Dictation]) -> None:
    editor.lines = ["x = ", "end"]
    editor.keys("A", "i")
    dictation = begin()
    dictation.arrive("get user by id")
    assert replace(dictation, "get user by id", "getUserById") == {"applied": True}
    editor.keys("()", "i")
    assert editor.lines == ["x = getUserById()", "end"]
    editor.keys("<Esc>u")
    assert editor.lines == ["x = getUserById", "end"]
    editor.keys("u")
    assert editor.lines == ["x = get user by id", "end"]
    editor.keys("u")
    assert editor.lines == ["x = ", "end"]
    editor.keys("2<C-r>")
    assert editor.lines == ["x = getUserById", "end"]


@pytest.mark.parametrize("new", ["longer than it was", "s", "", "of\nseveral\nlines 漢", "ends\n"])
def test_the_server_learns_of_exactly_what_stands_there(
    editor: Editor, begin: Callable[[], Dictation], new: str
) -> None:
    editor.lines = ["a ()", "z"]
    editor.keys("la", "i")
    dictation = begin()
    dictation.arrive("one\ntwo ü🎙")
    assert replace(dictation, "one\ntwo ü🎙", new) == {"applied": True}
    assert editor.lines == [*f"a {new}()".split("\n"), "z"]
    dictation.settle()


@pytest.mark.parametrize("new", ["different", "ü🎙", "three\nlines\nhere", ""])
def test_a_cursor_behind_the_text_stays_behind_it(
    editor: Editor, begin: Callable[[], Dictation], new: str
) -> None:
    editor.lines = ["f()"]
    editor.keys("f)i", "i")
    dictation = begin()
    dictation.arrive("spoken")
    replace(dictation, "spoken", new)
    editor.keys("!", "i")
    assert editor.lines == f"f({new}!)".split("\n")


@pytest.mark.parametrize("new", ["different", "ü🎙", "three\nlines\nhere"])
def test_in_normal_mode_the_cursor_stays_on_the_last_character(
    editor: Editor, begin: Callable[[], Dictation], new: str
) -> None:
    editor.lines = ["f()"]
    editor.cursor = (1, 1)
    dictation = begin()
    dictation.arrive("spoken")
    replace(dictation, "spoken", new)
    editor.keys("a!<Esc>")
    assert editor.lines == f"f({new}!)".split("\n")


@pytest.mark.parametrize(
    ("cursor", "expected"),
    [
        ((1, 2), (1, 2)),
        ((2, 0), (2, 0)),
        ((2, 1), (2, 1)),
        # In "get", on the "i" of "id", behind the text, and in the line below.
        ((2, 3), (2, 3)),
        ((2, 14), (2, 11)),
        ((2, 18), (2, 15)),
        ((3, 1), (3, 1)),
    ],
)
def test_a_cursor_elsewhere_stays_on_its_character(
    editor: Editor,
    begin: Callable[[], Dictation],
    cursor: tuple[int, int],
    expected: tuple[int, int],
) -> None:
    editor.lines = ["above", "x + y", "below"]
    editor.cursor = (2, 1)
    editor.keys("i", "i")
    dictation = begin()
    dictation.arrive("get user of (id)")
    editor.keys("<Esc>")
    editor.command("split")
    editor.cursor = cursor
    editor.command("wincmd j")
    editor.cursor = (1, 0)
    editor.command("wincmd k")
    replace(dictation, "get user of (id)", "getUserOf(id)")
    assert editor.lines == ["above", "xgetUserOf(id) + y", "below"]
    assert editor.cursor == expected
    editor.command("wincmd j")
    assert editor.cursor == (1, 0)


def test_a_replacement_in_a_hidden_buffer(editor: Editor, begin: Callable[[], Dictation]) -> None:
    editor.command("set hidden")
    dictation = begin()
    dictation.arrive("spoken")
    editor.command("enew")
    editor.lines = ["here"]
    version = dictation.server.documents[dictation.uri].version
    start = {"line": 0, "character": 0}
    answer = dictation.server.edit(
        dictation.utterance,
        dictation.uri,
        start,
        "raw",
        end={"line": 0, "character": 6},
        version=version,
    )
    assert answer == {"applied": True}
    assert editor.lines == ["here"]
    editor.command("buffer 1")
    assert editor.lines == ["raw"]
    editor.keys("u")
    assert editor.lines == ["spoken"]


def test_an_older_version_or_a_range_that_does_not_exist_is_refused(
    editor: Editor, server: ScriptedServer, begin: Callable[[], Dictation]
) -> None:
    dictation = begin()
    dictation.arrive("spoken")
    old = server.documents[dictation.uri].version
    editor.keys("A!<Esc>")
    assert replace(dictation, "spoken", "raw", version=old) == {"applied": False, "reason": "stale"}
    zero, three, far = ({"line": line, "character": n} for line, n in ((0, 0), (0, 3), (9, 0)))
    for start, end in ((zero, far), (three, zero)):
        answer = server.edit(dictation.utterance, dictation.uri, start, "raw", end=end)
        assert answer == {"applied": False, "reason": "stale"}
    assert editor.lines == ["spoken!"]
    editor.command("setlocal nomodifiable")
    assert replace(dictation, "spoken", "raw") == {"applied": False, "reason": "readonly"}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_columns_are_counted_as_the_server_counts(
    make_editor: Callable[..., Editor], make_server: Callable[..., ScriptedServer], encoding: str
) -> None:
    server = make_server(encoding)
    editor = make_editor({"cmd": server.command})
    editor.lines = ["🎙漢 end"]
    editor.cursor = (1, 4)
    dictation = Dictation(editor, server)
    dictation.arrive("ü🎙")
    assert replace(dictation, "ü🎙", "größe🎙🎙") == {"applied": True}
    assert editor.lines == ["🎙漢größe🎙🎙 end"]
    dictation.settle()


@pytest.mark.parametrize("new", ["a longer text", "", "two\nlines"])
@pytest.mark.parametrize("behind", [True, False])
def test_an_utterance_that_waits_beside_the_text_goes_along(
    editor: Editor,
    server: ScriptedServer,
    begin: Callable[[], Dictation],
    new: str,
    behind: bool,
) -> None:
    editor.lines = ["<>"]
    editor.keys("a", "i")
    dictation = begin()
    dictation.arrive("spoken")
    if not behind:
        editor.cursor = (1, 1)
    editor.command("Dictate start")
    waiting, _ = server.begin()
    server.partial(waiting, dictation.uri, "later")
    editor.wait("the partial", lambda: "later" in "".join(editor.drawn))
    replace(dictation, "spoken", new)
    before, after = f"<{new}", ">"
    if not behind:
        before, after = "<", f"{new}>"
    rows = before.split("\n")
    assert editor.marks == [[len(rows) - 1, len(rows[-1])]]
    assert "later" in "".join(editor.drawn)
    dictation.settle()
    server.insert(
        waiting, dictation.uri, {"line": len(rows) - 1, "character": len(rows[-1])}, "LATER"
    )
    assert editor.lines == f"{before}LATER{after}".split("\n")


def test_the_next_hands_free_text_goes_behind_the_new_one(
    editor: Editor, server: ScriptedServer
) -> None:
    editor.command("Dictate handsfree")
    first, place = server.begin(command="dictate.handsFree", mode="handsFree")
    uri = place["uri"]
    assert server.edit(first, uri, place["position"], "spoken") == {"applied": True}
    server.end(first, uri)
    end = {"line": 0, "character": 6}
    editor.wait("the end of the first", lambda: editor.drawn == [])
    assert server.edit(first, uri, place["position"], "ab", end=end) == {"applied": True}
    server.go_on(uri)
    editor.wait("the next", lambda: editor.drawn)
    assert editor.marks == [[0, 2], [0, 2]]


@pytest.mark.parametrize("seed", range(5))
def test_every_place_outside_keeps_its_neighbours_and_every_other_exists(
    make_editor: Callable[..., Editor], seed: int
) -> None:
    editor = make_editor()
    generator = random.Random(seed)

    def text() -> str:
        return "".join(generator.choices("ab ü漢\n", k=generator.randrange(8)))

    def places(whole: str) -> list[list[int]]:
        rows = whole.split("\n")
        return [
            [row, len(line[:column].encode())]
            for row, line in enumerate(rows)
            for column in range(len(line) + 1)
        ]

    def at(whole: str, length: int) -> list[int]:
        rows = whole[:length].split("\n")
        return [len(rows) - 1, len(rows[-1].encode())]

    for _ in range(60):
        before, old, new, behind = text(), text(), text(), text()
        whole, changed = before + old + behind, before + new + behind
        moved = editor.lua(
            """
            local carrying = require('dictate.carrying')
            local range, old, new, places = ...
            local carry = carrying.carrier(range, vim.split(old, '\\n'), vim.split(new, '\\n'))
            return vim.tbl_map(function(place)
              return { carry(place[1], place[2]) }
            end, places)
            """,
            [*at(whole, len(before)), *at(whole, len(before + old))],
            old,
            new,
            places(whole),
        )
        existing = places(changed)
        told = f"{before!r} {old!r} -> {new!r} {behind!r}"
        assert moved == sorted(moved), told
        for offset, place in enumerate(moved):
            assert place in existing, told
            if offset < len(before):
                assert existing.index(place) == offset, told
            elif offset >= len(before + old):
                assert len(changed) - existing.index(place) == len(whole) - offset, told
