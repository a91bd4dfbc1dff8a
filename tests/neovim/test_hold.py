"""Hold-to-talk: a terminal says only that the key repeats.

Repeats keep a dictation open, their end closes it. The waits end when the test says so; one test
lets real time pass.
"""

import pytest

from tests.neovim.clock import Clock
from tests.neovim.editor import Editor
from tests.neovim.scripted_server import ScriptedServer

# Waits that nothing else has.
FIRST_MS, REPEAT_MS = 751, 151


@pytest.fixture
def held(editor: Editor) -> Editor:
    """F9 is held to talk, in both modes."""
    editor.lua(
        "local first, again = ...; "
        "require('dictate').setup({ hold = { first_ms = first, repeat_ms = again } })",
        FIRST_MS,
        REPEAT_MS,
    )
    editor.command("nmap <F9> <Plug>(dictate-hold)")
    editor.command("imap <F9> <Plug>(dictate-hold)")
    return editor


@pytest.fixture
def clock(held: Editor) -> Clock:
    return Clock(held, FIRST_MS, REPEAT_MS)


def hold(editor: Editor, clock: Clock, repeats: int, mode: str = "n") -> None:
    """Press as a keyboard does: the first repeat after a delay, the others quickly."""
    editor.keys("<F9>", mode)
    assert clock.passes(FIRST_MS - 1) == 0
    for _ in range(repeats):
        editor.keys("<F9>", mode)
        assert clock.passes(REPEAT_MS - 1) == 0


@pytest.mark.parametrize("mode", ["n", "i"])
def test_holding_dictates_once_and_the_release_ends_it(
    held: Editor, clock: Clock, server: ScriptedServer, mode: str
) -> None:
    if mode == "i":
        held.keys("i", "i")
    hold(held, clock, 15, mode)
    utterance, place = server.begin()
    held.wait("the state", lambda: held.state == "listening")
    assert server.commands == ["dictate.start"]
    assert clock.passes(1) == 1
    server.reply(
        server.expect_command("dictate.stop"), {"utteranceId": utterance, "state": "finishing"}
    )
    server.insert(utterance, place["uri"], place["position"], "spoken")
    held.wait("the end", lambda: held.state == "idle")
    assert held.lines == ["spoken"]
    assert held.notices == []
    assert held.mode == mode


def test_a_tap_ends_after_the_first_wait(
    held: Editor, clock: Clock, server: ScriptedServer
) -> None:
    held.keys("<F9>")
    server.begin()
    held.wait("the state", lambda: held.state == "listening")
    assert clock.passes(FIRST_MS - 1) == 0
    assert held.state == "listening"
    assert clock.passes(1) == 1
    server.expect_command("dictate.stop")


def test_a_busy_editor_does_not_end_it(held: Editor, clock: Clock, server: ScriptedServer) -> None:
    """The wait is over, but keys that were pressed meanwhile are worked off first."""
    hold(held, clock, 1)
    server.begin()
    held.wait("the state", lambda: held.state == "listening")
    ended = held.lua("local n = _G.pass(...); require('dictate.hold').press(); return n", REPEAT_MS)
    assert ended == 1
    clock.settle()
    assert held.state == "listening"
    assert clock.passes(REPEAT_MS) == 1
    server.expect_command("dictate.stop")
    assert server.commands == ["dictate.start", "dictate.stop"]


def test_it_can_be_held_again(held: Editor, clock: Clock, server: ScriptedServer) -> None:
    for text in ("one ", "two "):
        hold(held, clock, 3)
        utterance, place = server.begin()
        held.wait("the state", lambda: held.state == "listening")
        clock.passes(1)
        server.reply(server.expect_command("dictate.stop"), {"utteranceId": None, "state": "x"})
        server.insert(utterance, place["uri"], place["position"], text)
        held.wait("the end", lambda: held.state == "idle")
    assert held.lines == ["one two "]


def test_holding_leaves_a_toggled_dictation_alone(
    held: Editor, clock: Clock, server: ScriptedServer
) -> None:
    held.command("Dictate")
    server.begin()
    held.wait("the state", lambda: held.state == "listening")
    hold(held, clock, 3)
    assert clock.passes(2 * REPEAT_MS) == 1
    assert held.state == "listening"
    held.command("Dictate")
    server.expect_command("dictate.stop")
    assert server.commands == ["dictate.start", "dictate.stop"]


def test_the_command_is_what_the_key_does(
    held: Editor, clock: Clock, server: ScriptedServer
) -> None:
    held.command("nmap <F9> <Cmd>Dictate hold<CR>")
    hold(held, clock, 2)
    server.begin()
    held.wait("the state", lambda: held.state == "listening")
    clock.passes(1)
    server.expect_command("dictate.stop")
    assert server.commands == ["dictate.start", "dictate.stop"]


def test_real_time_ends_it_too(held: Editor, server: ScriptedServer) -> None:
    # All at once: however long the machine takes, nothing comes between the keys.
    held.nvim.input("<F9><F9><F9>")
    server.begin()
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
