"""`:Dictate history`: a text that was dictated, once more."""

from typing import Any

import pytest

from tests.neovim.editor import Editor
from tests.neovim.scripted_server import ScriptedServer


def entry(number: int, text: str, **more: Any) -> dict[str, Any]:
    return {
        "utteranceId": str(number), "uri": "file:///notes.md", "text": text, "heard": text,
        "outcome": "inserted", "spokenAt": f"2026-11-29T1{number}:30:00.000Z", "audioMs": 900.0,
        "latencyMs": 40.0, **more,
    }  # fmt: skip


ENTRIES = [
    entry(2, "the newest\nof two lines"),
    entry(1, "", outcome="failed", latencyMs=None, message="the engine died"),
    entry(0, "the oldest"),
]


@pytest.fixture
def ready(editor: Editor, server: ScriptedServer) -> Editor:
    """An editor whose server runs; the test says which item is chosen."""
    editor.lua(
        """
        require('dictate.client').ready(function() end)
        vim.ui.select = function(items, options, choose)
          _G.prompt, _G.shown = options.prompt, vim.tbl_map(options.format_item, items)
          _G.choose = function(index) choose(items[index]) end
        end
        """
    )
    server.expect("initialized")
    editor.wait("the server", lambda: editor.lua("return require('dictate.client').is_ready()"))
    return editor


def ask(
    editor: Editor, server: ScriptedServer, choice: int | None, argument: str = ""
) -> list[str]:
    """Give the command, answer it, choose; returns the items that were shown."""
    editor.command(f"Dictate history {argument}")
    server.reply(server.expect_command("dictate.history"), {"entries": ENTRIES})
    shown = editor.wait("the items", lambda: editor.lua("return _G.shown"))
    editor.lua("_G.choose(...)", choice)
    return shown


def test_the_newest_stands_first_with_its_time(ready: Editor, server: ScriptedServer) -> None:
    ready.lua("vim.uv.os_setenv('TZ', 'UTC')")
    newest, failed, oldest = ask(ready, server, None)
    assert newest.endswith("  the newest ⏎ of two lines")
    assert failed.endswith("  ! (the engine died)")
    assert oldest.endswith("  the oldest")
    assert newest.split()[0].endswith(":30")
    assert ready.lines == [""]
    assert ready.marks == []


@pytest.mark.parametrize(("mode", "expected"), [("n", "a[b"), ("i", "[ab")])
def test_a_choice_is_inserted_at_the_cursor_as_one_undo_step(
    ready: Editor, server: ScriptedServer, mode: str, expected: str
) -> None:
    ready.lines = ["ab"]
    if mode == "i":
        ready.keys("i", "i")
    ask(ready, server, 3)
    assert ready.lines == [expected.replace("[", "the oldest")[: len("the oldestab")]]
    assert ready.mode == mode
    assert ready.marks == []
    if mode == "i":
        ready.keys("<Esc>")
    ready.command("undo")
    assert ready.lines == ["ab"]


def test_the_place_is_that_of_the_command(ready: Editor, server: ScriptedServer) -> None:
    ready.lines = ["one", "two"]
    first = ready.nvim.current.buffer
    ready.command("Dictate history")
    server.reply(server.expect_command("dictate.history"), {"entries": ENTRIES})
    ready.wait("the items", lambda: ready.lua("return _G.shown"))
    first.append("zero", 0)
    ready.command("new")
    ready.lua("_G.choose(1)")
    assert first[:] == ["zero", "othe newest", "of two linesne", "two"]
    assert ready.lines == [""]


def test_a_choice_goes_into_a_register(ready: Editor, server: ScriptedServer) -> None:
    ready.lines = ["ab"]
    ask(ready, server, 1, "x")
    assert ready.nvim.funcs.getreg("x") == "the newest\nof two lines"
    assert ready.lines == ["ab"]
    assert ready.notices == ["Dictate: register x holds: the newest ⏎ of two lines"]
    assert ready.marks == []


def test_one_without_a_text_says_how_to_get_it(ready: Editor, server: ScriptedServer) -> None:
    ask(ready, server, 2)
    assert ":Dictate retry" in ready.notices[-1]
    assert ready.lines == [""]


def test_a_protected_buffer_is_one_line(ready: Editor, server: ScriptedServer) -> None:
    ready.command("setlocal nomodifiable")
    ask(ready, server, 3)
    assert ":set modifiable" in ready.notices[-1]
    assert ready.lines == [""]


def test_nothing_to_choose_from_is_said(ready: Editor, server: ScriptedServer) -> None:
    ready.command("Dictate history")
    server.reply(server.expect_command("dictate.history"), {"entries": []})
    ready.wait("the word", lambda: "nothing was dictated yet" in "".join(ready.notices))


def test_the_mapping_does_the_same(ready: Editor, server: ScriptedServer) -> None:
    ready.command("nmap <F7> <Plug>(dictate-history)")
    ready.keys("<F7>")
    server.expect_command("dictate.history")


def test_registers_are_completed(editor: Editor) -> None:
    assert editor.nvim.funcs.getcompletion("Dictate history ", "cmdline") == ['"', "+"]
