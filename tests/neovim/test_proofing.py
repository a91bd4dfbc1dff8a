"""`:Dictate raw` and `:Dictate alternatives`: another text instead of the last one."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.neovim.begun import Dictation
from tests.neovim.editor import Editor
from tests.neovim.scripted_server import ScriptedServer

CHOICES = [
    {"label": "getUserById", "detail": "line 12", "index": 4},
    {"label": "get_user_by_id", "detail": None, "index": 7},
]


def choose(editor: Editor, number: int | None) -> None:
    """Have the picker choose an item, or nothing."""
    editor.lua(
        """
        local number = ...
        vim.ui.select = function(items, options, choose)
          _G.shown = { options.prompt, options.kind, vim.tbl_map(options.format_item, items) }
          choose(items[number])
        end
        """,
        number or 99,
    )


def offer(server: ScriptedServer, dictation: Dictation, **more: Any) -> None:
    """Play the server that is asked for alternatives."""
    command = server.expect_command("dictate.alternatives")
    assert command["params"]["arguments"] == []
    server.reply(
        command,
        {
            "utteranceId": dictation.utterance,
            "uri": dictation.uri,
            "text": "get user by id",
            "choices": CHOICES,
            **more,
        },
    )


def swap(dictation: Dictation, old: str, new: str) -> None:
    """Replace the text as the server does."""
    dictation.settle()
    answer = dictation.server.edit(
        dictation.utterance,
        dictation.uri,
        {"line": 0, "character": 0},
        new,
        end={"line": 0, "character": len(old)},
    )
    assert answer == {"applied": True}


@pytest.mark.parametrize("how", [":Dictate raw<CR>", "<F5>", ":lua require'dictate'.raw()<CR>"])
def test_raw_swaps_the_text_and_swaps_it_back(
    editor: Editor, server: ScriptedServer, begin: Callable[[], Dictation], how: str
) -> None:
    editor.command("map <F5> <Plug>(dictate-raw)")
    dictation = begin()
    dictation.arrive("getUser")
    for old, new in (("getUser", "get user"), ("get user", "getUser")):
        editor.keys(how)
        command = server.expect_command("dictate.raw")
        assert command["params"]["arguments"] == []
        swap(dictation, old, new)
        server.reply(command, {"utteranceId": dictation.utterance, "state": "idle"})
        assert editor.lines == [new]
    editor.keys("u")
    assert editor.lines == ["get user"]
    assert editor.notices == []


def test_an_alternative_is_chosen_and_stands_there_as_one_undo_step(
    editor: Editor, server: ScriptedServer, begin: Callable[[], Dictation]
) -> None:
    dictation = begin()
    dictation.arrive("get user by id")
    choose(editor, 2)
    editor.command("Dictate alternatives")
    offer(server, dictation)
    command = server.expect_command("dictate.choose")
    assert command["params"]["arguments"] == [{"utteranceId": dictation.utterance, "index": 7}]
    swap(dictation, "get user by id", "get_user_by_id")
    server.reply(command, {"utteranceId": dictation.utterance, "state": "idle"})
    assert editor.lua("return _G.shown") == [
        'Instead of "get user by id":',
        "dictate",
        ["getUserById  (line 12)", "get_user_by_id"],
    ]
    assert editor.lines == ["get_user_by_id"]
    editor.keys("u")
    assert editor.lines == ["get user by id"]
    assert editor.notices == []


def test_an_alternative_is_chosen_while_inserting(
    editor: Editor, server: ScriptedServer, begin: Callable[[], Dictation]
) -> None:
    editor.command("imap <F5> <Plug>(dictate-alternatives)")
    editor.lines = [";"]
    editor.keys("i", "i")
    dictation = begin()
    dictation.arrive("get user by id")
    choose(editor, 1)
    editor.keys("<F5>", "i")
    offer(server, dictation)
    command = server.expect_command("dictate.choose")
    swap(dictation, "get user by id", "getUserById")
    server.reply(command, {"utteranceId": dictation.utterance, "state": "idle"})
    editor.keys("()", "i")
    assert editor.lines == ["getUserById();"]


def test_neovims_own_picker_chooses(
    editor: Editor, server: ScriptedServer, begin: Callable[[], Dictation]
) -> None:
    dictation = begin()
    dictation.arrive("get user by id")
    editor.command("Dictate alternatives")
    offer(server, dictation)
    # It waits for keys, and lets nothing else be asked meanwhile.
    editor.wait("the picker", lambda: editor.mode != "n")
    editor.nvim.input("1<CR>")
    command = server.expect_command("dictate.choose")
    assert server.place_of(command) == {"utteranceId": dictation.utterance, "index": 4}


def test_nothing_is_chosen(
    editor: Editor, server: ScriptedServer, begin: Callable[[], Dictation]
) -> None:
    dictation = begin()
    dictation.arrive("get user by id")
    choose(editor, None)
    editor.command("Dictate alternatives")
    offer(server, dictation, text="words\n" * 50)
    editor.wait("the picker", lambda: editor.lua("return _G.shown"))
    prompt = editor.lua("return _G.shown[1]")
    assert prompt.startswith('Instead of "words words ')
    assert len(prompt) < 80
    editor.command("Dictate stats")
    server.expect("dictate/stats")
    assert server.commands == ["dictate.start", "dictate.alternatives"]


@pytest.mark.parametrize("utterance", ["utterance-1", None])
def test_no_alternatives_is_one_line(
    editor: Editor, server: ScriptedServer, begin: Callable[[], Dictation], utterance: str | None
) -> None:
    dictation = begin()
    dictation.arrive("get user by id")
    editor.command("Dictate alternatives")
    offer(server, dictation, choices=[], utteranceId=utterance, uri=None, text="")
    editor.wait("the word", lambda: editor.notices)
    assert editor.notices == ["Dictate: there are no alternatives"]


@pytest.mark.parametrize("name", ["raw", "alternatives"])
def test_a_fault_of_the_server_is_one_line(
    editor: Editor, server: ScriptedServer, begin: Callable[[], Dictation], name: str
) -> None:
    begin().arrive("one")
    editor.command(f"Dictate {name}")
    server.fail(server.expect_command(f"dictate.{name}"), "it went wrong\nhere")
    editor.wait("the word", lambda: editor.notices)
    assert editor.notices == ["Dictate: it went wrong here"]
