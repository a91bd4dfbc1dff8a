"""`dictate/symbols`: the names that the buffer's other language servers know."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.neovim.begun import Dictation
from tests.neovim.clock import Clock
from tests.neovim.editor import Editor
from tests.neovim.scripted_server import Message, ScriptedServer

QUIET_MS = 2000


class OtherServer:
    """A language server inside the editor, attached to the current buffer."""

    def __init__(self, editor: Editor, name: str = "other", *, symbols: bool = True) -> None:
        self.editor, self.name = editor, name
        self.id = editor.lua(
            """
            local name, symbols = ...
            _G.others = _G.others or {}
            local this = { asked = 0, waiting = {} }
            _G.others[name] = this
            local buffer = vim.api.nvim_get_current_buf()
            return vim.lsp.start({
              name = name,
              root_dir = vim.fn.getcwd(),
              cmd = function()
                return {
                  request = function(method, parameters, callback)
                    if method == 'initialize' then
                      callback(nil, { capabilities = { documentSymbolProvider = symbols } })
                    elseif method == 'textDocument/documentSymbol' then
                      this.asked = this.asked + 1
                      this.uri = parameters.textDocument.uri
                      if this.mute then
                        table.insert(this.waiting, callback)
                      elseif this.fault then
                        callback({ code = -32603, message = 'no' })
                      else
                        callback(nil, this.answer or vim.NIL)
                      end
                    else
                      callback(nil, vim.NIL)
                    end
                    return true, 1
                  end,
                  notify = function()
                    return true
                  end,
                  is_closing = function()
                    return false
                  end,
                  terminate = function() end,
                }
              end,
            }, { bufnr = buffer })
            """,
            name,
            symbols,
        )
        editor.wait(
            "the other server",
            lambda: editor.lua("return #vim.lsp.get_clients({ name = ..., bufnr = 0 })", name),
        )

    def answers(self, symbols: Any) -> None:
        """What it says from now on."""
        self.editor.lua("local name, s = ...; _G.others[name].answer = s", self.name, symbols)

    def does(self, what: str) -> None:
        """Be `mute` or at `fault` from now on."""
        self.editor.lua("local name, what = ...; _G.others[name][what] = true", self.name, what)

    @property
    def asked(self) -> int:
        """How often it was asked."""
        return self.editor.lua("return _G.others[...].asked", self.name)


def symbol(name: str, kind: int = 12, *children: Message) -> Message:
    """A DocumentSymbol; ranges do not matter here."""
    return {"name": name, "kind": kind, "children": list(children)}


def told(server: ScriptedServer) -> Message:
    """What the server is told next."""
    return server.expect("dictate/symbols")["params"]


def nothing_was_told(editor: Editor, server: ScriptedServer) -> None:
    """Nothing came before the answer to a request that is made now."""
    editor.command("Dictate stats")
    passed = []
    while (method := server.next().get("method")) != "dictate/stats":
        passed.append(method)
    assert "dictate/symbols" not in passed


def test_names_are_told_flat_when_a_dictation_begins(
    editor: Editor, server: ScriptedServer, begin: Callable[[], Dictation]
) -> None:
    other = OtherServer(editor)
    other.answers(
        [
            symbol("User", 5, symbol("get_by_id", 6, symbol("größe", 13)), symbol("漢字", 6)),
            {"name": "MAXIMUM", "kind": 14, "location": {"uri": "file:///a"}},
            symbol("MAXIMUM", 14),
        ]
    )
    assert other.asked == 0
    dictation = begin()
    assert told(server) == {
        "uri": dictation.uri,
        "symbols": [
            {"name": "User", "kind": 5},
            {"name": "get_by_id", "kind": 6},
            {"name": "größe", "kind": 13},
            {"name": "漢字", "kind": 6},
            {"name": "MAXIMUM", "kind": 14},
        ],
    }


def test_nobody_is_asked_twice_about_the_same_text(
    editor: Editor, server: ScriptedServer, begin: Callable[[], Dictation]
) -> None:
    other = OtherServer(editor)
    other.answers([symbol("one")])
    dictation = begin()
    told(server)
    server.finish(dictation.utterance, dictation.uri, "cancelled")
    editor.wait("the end", lambda: editor.state == "idle")
    begin()
    assert other.asked == 1
    nothing_was_told(editor, server)


def test_changes_are_told_after_a_pause_and_only_if_the_names_are_others(
    editor: Editor, server: ScriptedServer, begin: Callable[[], Dictation]
) -> None:
    clock = Clock(editor, QUIET_MS)
    other = OtherServer(editor)
    other.answers([symbol("one")])
    begin()
    told(server)
    editor.keys("ofirst<Esc>")
    other.answers([symbol("one"), symbol("two")])
    assert clock.passes(QUIET_MS - 1) == 0
    editor.keys("osecond<Esc>")
    assert clock.passes(QUIET_MS - 1) == 0, "each change begins the pause anew"
    assert other.asked == 1
    assert clock.passes(1) == 1
    assert [item["name"] for item in told(server)["symbols"]] == ["one", "two"]
    assert other.asked == 2
    editor.keys("othird<Esc>")
    clock.passes(QUIET_MS)
    editor.wait("the question", lambda: other.asked == 3)
    nothing_was_told(editor, server)


def test_a_dictation_asks_at_once_where_the_text_changed(
    editor: Editor, server: ScriptedServer, begin: Callable[[], Dictation]
) -> None:
    # A clock that stands still: nothing is asked because of a pause.
    Clock(editor, QUIET_MS)
    other = OtherServer(editor)
    other.answers([symbol("one")])
    dictation = begin()
    told(server)
    server.finish(dictation.utterance, dictation.uri, "cancelled")
    editor.wait("the end", lambda: editor.state == "idle")
    editor.keys("ox<Esc>")
    other.answers([symbol("two")])
    begin()
    assert [item["name"] for item in told(server)["symbols"]] == ["two"]


def test_names_that_are_gone_are_told_as_an_empty_list(
    editor: Editor, server: ScriptedServer, begin: Callable[[], Dictation]
) -> None:
    other = OtherServer(editor)
    other.answers([symbol("one")])
    begin()
    told(server)
    other.answers([])
    editor.keys("ox<Esc>")
    assert told(server)["symbols"] == []


def test_several_servers_are_told_together_and_a_mute_one_holds_nobody_up(
    editor: Editor, server: ScriptedServer, begin: Callable[[], Dictation]
) -> None:
    clock = Clock(editor, QUIET_MS)
    mute, good = OtherServer(editor, "mute"), OtherServer(editor, "good")
    faulty = OtherServer(editor, "faulty")
    unable = OtherServer(editor, "unable", symbols=False)
    mute.does("mute")
    faulty.does("fault")
    good.answers([symbol("one")])
    dictation = begin()
    assert [item["name"] for item in told(server)["symbols"]] == ["one"]
    assert unable.asked == 0
    dictation.arrive("text")
    editor.lua("_G.others.mute.waiting[1](nil, { { name = 'late', kind = 12 } })")
    assert {item["name"] for item in told(server)["symbols"]} == {"one", "late"}
    assert clock.passes(QUIET_MS) == 1
    assert (good.asked, mute.asked) == (2, 2)
    assert editor.notices == []


def test_a_server_that_is_still_loading_is_asked_again(
    editor: Editor, server: ScriptedServer, begin: Callable[[], Dictation]
) -> None:
    other = OtherServer(editor)
    dictation = begin()
    editor.wait("the question", lambda: other.asked == 1)
    server.finish(dictation.utterance, dictation.uri, "cancelled")
    editor.wait("the end", lambda: editor.state == "idle")
    other.answers([symbol("one")])
    begin()
    assert [item["name"] for item in told(server)["symbols"]] == ["one"]


def test_no_more_than_two_thousand_names_are_told(
    editor: Editor, server: ScriptedServer, begin: Callable[[], Dictation]
) -> None:
    other = OtherServer(editor)
    other.answers([symbol(f"name_{number}") for number in range(2500)])
    begin()
    names = [item["name"] for item in told(server)["symbols"]]
    assert names == [f"name_{number}" for number in range(2000)]


@pytest.mark.parametrize(
    "answer", ["text", 5, [1, None, "x", {"name": 5, "kind": 1}, {"name": "", "kind": 1}, {}]]
)
def test_an_answer_that_makes_no_sense_is_passed_over(
    editor: Editor, server: ScriptedServer, begin: Callable[[], Dictation], answer: Any
) -> None:
    other = OtherServer(editor)
    other.answers(answer)
    begin()
    editor.wait("the question", lambda: other.asked == 1)
    nothing_was_told(editor, server)
    assert editor.notices == []
    assert "rror" not in editor.nvim.funcs.execute("messages")


def test_a_server_that_was_started_anew_is_told_again(
    editor: Editor, server: ScriptedServer, begin: Callable[[], Dictation]
) -> None:
    other = OtherServer(editor)
    other.answers([symbol("one")])
    begin()
    told(server)
    server.crash()
    editor.wait("the end", lambda: editor.state == "idle")
    editor.wait("the restart", lambda: len(server.pids) == 2)
    begin()
    assert [item["name"] for item in told(server)["symbols"]] == ["one"]


def test_other_buffers_are_not_asked_about(
    editor: Editor, server: ScriptedServer, begin: Callable[[], Dictation]
) -> None:
    clock = Clock(editor, QUIET_MS)
    OtherServer(editor).answers([symbol("one")])
    begin()
    told(server)
    editor.command("new")
    elsewhere = OtherServer(editor, "elsewhere")
    elsewhere.answers([symbol("secret")])
    editor.keys("ix<Esc>")
    clock.passes(QUIET_MS)
    assert elsewhere.asked == 0
