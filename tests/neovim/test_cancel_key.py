"""Escape in Normal mode cancels while something listens, and is the user's again afterwards."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.neovim.editor import Editor
from tests.neovim.scripted_server import ScriptedServer

# Everything Neovim knows about the buffer's mappings, functions by their names.
_MAPPINGS = """
  local found = {}
  for _, mode in ipairs({ 'n', 'x', 'o', 'i' }) do
    for _, map in ipairs(vim.api.nvim_buf_get_keymap(0, mode)) do
      map.callback = map.callback and tostring(map.callback)
      table.insert(found, map)
    end
  end
  return found
"""


def mappings(editor: Editor) -> list[dict[str, Any]]:
    """Of the current buffer, in full."""
    return editor.lua(_MAPPINGS)


def listen(editor: Editor, server: ScriptedServer) -> tuple[str, dict[str, Any]]:
    """Begin an utterance and wait until it is heard."""
    editor.command("Dictate start")
    utterance, place = server.begin()
    editor.wait("the indicator", lambda: editor.state == "listening")
    return utterance, place


def test_escape_cancels_what_is_being_spoken(editor: Editor, server: ScriptedServer) -> None:
    utterance, place = listen(editor, server)
    editor.keys("<Esc>")
    server.expect_command("dictate.cancel")
    server.finish(utterance, place["uri"], "cancelled")
    editor.wait("the end", lambda: editor.state == "idle")
    assert mappings(editor) == []
    assert editor.left_behind == []


def test_it_is_mapped_only_while_something_listens(editor: Editor, server: ScriptedServer) -> None:
    editor.command("Dictate start")
    utterance, place = server.begin("starting")
    editor.wait("the state", lambda: editor.state == "starting")
    assert mappings(editor) == []
    server.state(utterance, "listening", place["uri"])
    editor.wait("the mapping", lambda: mappings(editor))
    server.state(utterance, "finishing", place["uri"])
    editor.wait("its end", lambda: mappings(editor) == [])


def test_in_insert_mode_escape_is_escape(editor: Editor, server: ScriptedServer) -> None:
    editor.keys("i", "i")
    listen(editor, server)
    editor.keys("<Esc>")
    assert editor.state == "listening"
    assert server.commands == ["dictate.start"]
    editor.keys("<Esc>")
    server.expect_command("dictate.cancel")


def test_in_another_buffer_escape_is_the_users(editor: Editor, server: ScriptedServer) -> None:
    editor.command("set hidden")
    editor.lines = ["text"]
    utterance, place = listen(editor, server)
    editor.command("enew")
    assert mappings(editor) == []
    editor.keys("<Esc>")
    assert server.commands == ["dictate.start"]
    server.finish(utterance, place["uri"], "cancelled")
    editor.wait("the end", lambda: editor.state == "idle")
    editor.command("buffer 1")
    assert mappings(editor) == []


@pytest.mark.parametrize(
    "define",
    [
        "vim.cmd('nnoremap <buffer> <silent> <Esc> :let g:pressed = 1<CR>')",
        "vim.cmd('map <buffer> <Esc> :let g:pressed = 1<CR>')",
        "vim.cmd([[nmap <buffer> <expr> <nowait> <Esc> ':let g:pressed = 1<CR>']])",
        "vim.keymap.set('n', '<Esc>', function() vim.g.pressed = 1 end,"
        " { buffer = true, desc = 'of the user' })",
    ],
    ids=["plain", "of several modes", "an expression", "a function"],
)
def test_the_users_own_mapping_is_back_afterwards(
    editor: Editor, server: ScriptedServer, define: str
) -> None:
    editor.lua(define)
    before = mappings(editor)
    assert before
    utterance, place = listen(editor, server)
    assert mappings(editor) != before
    editor.keys("<Esc>")
    server.expect_command("dictate.cancel")
    assert editor.lua("return vim.g.pressed") is None
    server.finish(utterance, place["uri"], "cancelled")
    editor.wait("the end", lambda: editor.state == "idle")
    assert mappings(editor) == before
    editor.keys("<Esc>")
    assert editor.lua("return vim.g.pressed") == 1


def test_a_mapping_for_all_buffers_is_left_alone(editor: Editor, server: ScriptedServer) -> None:
    editor.command("nnoremap <Esc> <Cmd>let g:pressed = 1<CR>")
    utterance, place = listen(editor, server)
    editor.keys("<Esc>")
    server.expect_command("dictate.cancel")
    assert editor.lua("return vim.g.pressed") is None
    server.finish(utterance, place["uri"], "cancelled")
    editor.wait("the end", lambda: editor.state == "idle")
    assert mappings(editor) == []
    editor.keys("<Esc>")
    assert editor.lua("return vim.g.pressed") == 1


def test_whoever_maps_the_key_meanwhile_keeps_it(editor: Editor, server: ScriptedServer) -> None:
    utterance, place = listen(editor, server)
    editor.command("nnoremap <buffer> <Esc> :new<CR>")
    mapped = mappings(editor)
    server.finish(utterance, place["uri"], "cancelled")
    editor.wait("the end", lambda: editor.state == "idle")
    assert mappings(editor) == mapped


def test_a_buffer_that_is_closed_meanwhile_is_no_fault(
    editor: Editor, server: ScriptedServer
) -> None:
    utterance, place = listen(editor, server)
    editor.command("new | 1bwipeout!")
    server.finish(utterance, place["uri"], "cancelled")
    editor.wait("the end", lambda: editor.state == "idle")
    assert editor.notices == []
    assert editor.lua("return vim.v.errmsg") == ""


def test_the_key_is_the_users_choice(
    make_editor: Callable[..., Editor], server: ScriptedServer
) -> None:
    editor = make_editor({"cmd": server.command, "cancel_key": "<C-c>"})
    listen(editor, server)
    assert [mapping["lhs"] for mapping in mappings(editor)] == ["<C-C>"]
    editor.keys("<C-c>")
    server.expect_command("dictate.cancel")


def test_no_key_is_mapped_where_none_is_wanted(
    make_editor: Callable[..., Editor], server: ScriptedServer
) -> None:
    editor = make_editor({"cmd": server.command, "cancel_key": False})
    listen(editor, server)
    assert mappings(editor) == []
    assert editor.notices == []


def test_the_server_dies_and_the_mapping_goes(editor: Editor, server: ScriptedServer) -> None:
    listen(editor, server)
    server.crash()
    editor.wait("the end", lambda: editor.state == "idle")
    assert mappings(editor) == []
