"""Hold-to-talk: repeats keep it open, their end closes it."""

import time

import pytest

from tests.neovim.editor import Editor
from tests.neovim.scripted_server import ScriptedServer

FIRST_MS, REPEAT_MS = 400, 150


@pytest.fixture
def held(editor: Editor) -> Editor:
    """F9 is held to talk, in both modes."""
    editor.lua("require('dictate').setup({ hold = { first_ms = ..., repeat_ms = 150 } })", FIRST_MS)
    editor.command("nmap <F9> <Plug>(dictate-hold)")
    editor.command("imap <F9> <Plug>(dictate-hold)")
    return editor


def hold(editor: Editor, repeats: int) -> float:
    """Press as a keyboard does: the first repeat after a delay; returns when the last key came."""
    editor.nvim.input("<F9>")
    time.sleep(0.3)
    for _ in range(repeats):
        editor.nvim.input("<F9>")
        time.sleep(0.04)
    return time.monotonic() - 0.04


@pytest.mark.parametrize("mode", ["n", "i"])
def test_holding_dictates_once_and_the_release_ends_it(
    held: Editor, server: ScriptedServer, mode: str
) -> None:
    if mode == "i":
        held.keys("i", "i")
    last_key = hold(held, 15)
    utterance, place = server.begin()
    server.reply(
        server.expect_command("dictate.stop"), {"utteranceId": utterance, "state": "finishing"}
    )
    waited_ms = (time.monotonic() - last_key) * 1000
    assert waited_ms < REPEAT_MS + 400
    server.insert(utterance, place["uri"], place["position"], "spoken")
    held.wait("the end", lambda: held.state == "idle")
    assert held.lines == ["spoken"]
    assert held.notices == []
    assert held.mode == mode


def test_the_keyboards_first_delay_does_not_end_it(held: Editor, server: ScriptedServer) -> None:
    held.nvim.input("<F9>")
    server.begin()
    begun = time.monotonic()
    server.expect_command("dictate.stop")
    assert time.monotonic() - begun > (FIRST_MS - REPEAT_MS) / 2000


def test_a_busy_editor_does_not_end_it(held: Editor, server: ScriptedServer) -> None:
    """Nothing is worked off for longer than the longest wait, while the key goes on repeating."""
    held.nvim.input("<F9><F9>")
    server.begin()
    held.wait("the state", lambda: held.state == "listening")
    held.nvim.input("<F9>")
    held.lua("vim.schedule(function() vim.uv.sleep(...) end)".replace("...", str(2 * REPEAT_MS)))
    for _ in range(15):
        held.nvim.command("call nvim_input('<F9>')", async_=True)
        time.sleep(0.04)
    assert server.commands == ["dictate.start"]
    server.expect_command("dictate.stop")


def test_it_can_be_held_again(held: Editor, server: ScriptedServer) -> None:
    for text in ("one ", "two "):
        hold(held, 3)
        utterance, place = server.begin()
        server.reply(server.expect_command("dictate.stop"), {"utteranceId": None, "state": "x"})
        server.insert(utterance, place["uri"], place["position"], text)
        held.wait("the end", lambda: held.state == "idle")
    assert held.lines == ["one two "]


def test_holding_leaves_a_toggled_dictation_alone(held: Editor, server: ScriptedServer) -> None:
    held.command("Dictate")
    server.begin()
    held.wait("the state", lambda: held.state == "listening")
    hold(held, 3)
    time.sleep(2 * REPEAT_MS / 1000)
    assert held.state == "listening"
    held.command("Dictate")
    server.expect_command("dictate.stop")


def test_the_toggle_mapping_works_in_both_modes(editor: Editor, server: ScriptedServer) -> None:
    editor.command("map <F8> <Plug>(dictate-toggle)")
    editor.command("imap <F8> <Plug>(dictate-toggle)")
    editor.keys("<F8>")
    server.begin()
    editor.wait("the state", lambda: editor.state == "listening")
    editor.keys("i<F8>", "i")
    server.expect_command("dictate.stop")
    assert editor.lines == [""]


def test_nothing_is_mapped_by_default(editor: Editor) -> None:
    mapped = editor.lua(
        """
        local found = {}
        for _, mode in ipairs({ 'n', 'i', 'x', 'o', 'c', 't' }) do
          for _, map in ipairs(vim.api.nvim_get_keymap(mode)) do
            if not vim.startswith(map.lhs, '<Plug>') and tostring(map.rhs):find('dictate') then
              table.insert(found, map.lhs)
            end
          end
        end
        return found
        """
    )
    assert mapped == []
