"""The server's process: found, missing, dying, coming back."""

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.neovim.clock import Clock
from tests.neovim.editor import PLUGIN, Editor
from tests.neovim.scripted_server import ScriptedServer

# Until a server that does not leave is ended.
STOP_MS = 5000


def program(folder: Path, command: list[str]) -> Path:
    """A program named `dictate` that serves when it is called as `dictate lsp`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "dictate"
    words = " ".join(f"'{word}'" for word in command)
    path.write_text(f'#!/bin/sh\n[ "$*" = lsp ] || exit 9\nexec {words}\n')
    path.chmod(0o755)
    return path


def test_the_server_is_found_on_the_path(
    make_editor: Callable[..., Editor], server: ScriptedServer, home: Path
) -> None:
    program(home / "bin", server.command)
    editor = make_editor(env={"PATH": f"{home / 'bin'}:{os.environ['PATH']}"})
    editor.command("Dictate")
    server.begin()


def test_the_named_server_comes_before_that_on_the_path(
    make_editor: Callable[..., Editor], server: ScriptedServer, home: Path
) -> None:
    program(home / "bin", ["false"])
    named = program(home / "named", server.command)
    editor = make_editor({"cmd": str(named)}, env={"PATH": f"{home / 'bin'}:{os.environ['PATH']}"})
    editor.command("Dictate")
    server.begin()


def checkout(home: Path) -> Path:
    """A checkout with the plugin where it lies in ours; returns the plugin's folder."""
    plugin = home / "checkout" / "editor" / "neovim"
    shutil.copytree(PLUGIN, plugin, ignore=shutil.ignore_patterns("node_modules", "tags"))
    return plugin


@pytest.mark.parametrize("linked", [False, True])
def test_the_checkout_the_plugin_lies_in_is_the_last_resort(
    make_editor: Callable[..., Editor], server: ScriptedServer, home: Path, linked: bool
) -> None:
    """A copy of the checkout, editor/neovim beside .venv/bin/dictate; or a link to its plugin."""
    plugin = checkout(home)
    program(home / "checkout" / ".venv" / "bin", server.command)
    if linked:
        (home / "dictate").symlink_to(plugin)
        plugin = home / "dictate"
    editor = make_editor(env={"PATH": "/usr/bin:/bin"})
    editor.command(f"set rtp-={PLUGIN} rtp^={plugin}")
    editor.command("Dictate")
    server.begin()


def test_a_missing_server_is_one_line_that_says_what_to_do(
    make_editor: Callable[..., Editor], home: Path
) -> None:
    editor = make_editor(env={"PATH": "/usr/bin:/bin"})
    editor.command(f"set rtp-={PLUGIN} rtp^={checkout(home)}")
    editor.command("Dictate")
    (notice,) = editor.notices
    assert "pip install dictate-ls" in notice
    assert editor.state == "idle"


def test_a_wrong_cmd_is_one_line(make_editor: Callable[..., Editor]) -> None:
    editor = make_editor({"cmd": "/nowhere/dictate"})
    editor.command("Dictate")
    (notice,) = editor.notices
    assert "/nowhere/dictate" in notice
    assert "vim.g.dictate.cmd" in notice


def test_a_server_that_cannot_start_is_one_line_and_is_not_tried_again(
    editor: Editor, server: ScriptedServer
) -> None:
    server.refuse_to_start = True
    editor.command("Dictate")
    editor.wait("the notice", lambda: any(":checkhealth" in text for text in editor.notices))
    assert "exit code 3" in editor.notices[-1]
    assert editor.state == "idle"
    assert len(server.pids) == 1
    server.refuse_to_start = False
    editor.command("Dictate")
    server.begin()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_server_that_dies_comes_back_and_the_user_is_told(
    editor: Editor, server: ScriptedServer, how: int
) -> None:
    editor.lines = ["text"]
    editor.command("Dictate")
    _, place = server.begin()
    editor.wait("the indicator", lambda: editor.drawn)
    server.crash(how)
    editor.wait("the new server", lambda: len(server.pids) == 2)
    notices = [text for text in editor.notices if text.startswith("Dictate: ")]
    assert len(notices) == 1
    assert ":Dictate retry" in notices[0]
    assert editor.drawn == []
    assert editor.state == "idle"
    editor.command("Dictate retry")
    command = server.expect_command("dictate.retry")
    again = server.place_of(command)
    assert again == place
    assert server.documents[again["uri"]].lines == ["text"]
    server.reply(command, {"utteranceId": "kept", "state": "finishing"})
    server.insert("kept", again["uri"], again["position"], "X")
    assert editor.lines == ["tXext"]


def test_a_server_that_dies_again_and_again_stays_down_until_asked(
    make_editor: Callable[..., Editor], server: ScriptedServer
) -> None:
    editor = make_editor({"cmd": server.command, "restart": {"delay_ms": 1, "limit": 3}})
    editor.command("Dictate")
    server.begin()
    for count in (1, 2, 3):
        editor.wait("the server", lambda count=count: len(server.pids) == count)
        editor.wait("its start", lambda: editor.lua("return require('dictate.client').is_ready()"))
        server.crash()
    editor.wait("the notice", lambda: any("stays down" in text for text in editor.notices))
    assert len(server.pids) == 3
    editor.command("Dictate")
    server.begin()
    assert len(server.pids) == 4


def test_a_server_that_is_told_to_stop_stays_away_until_it_is_needed(
    editor: Editor, server: ScriptedServer
) -> None:
    editor.command("Dictate")
    server.begin()
    editor.lua("vim.lsp.stop_client(vim.lsp.get_clients())")
    server.expect("exit")
    editor.wait("the end", lambda: editor.state == "idle")
    editor.lua("vim.wait(100)")
    assert len(server.pids) == 1
    assert editor.notices == []
    editor.command("Dictate")
    server.begin()
    assert len(server.pids) == 2


def test_the_wait_before_a_restart_doubles(
    make_editor: Callable[..., Editor], server: ScriptedServer
) -> None:
    editor = make_editor({"cmd": server.command, "restart": {"delay_ms": 7}})
    editor.lua("_G.waits = {}; vim.defer_fn = function(_, ms) table.insert(_G.waits, ms) end")
    for count in (1, 2, 3):
        editor.command("Dictate")
        server.begin()
        server.crash()
        editor.wait("the crash", lambda count=count: editor.lua("return #_G.waits") == count)
    assert editor.lua("return _G.waits") == [7, 14, 28]


def test_leaving_neovim_hangs_up(editor: Editor, server: ScriptedServer) -> None:
    editor.command("Dictate")
    server.begin()
    editor.nvim.command("qall!", async_=True)
    assert server.hung_up.wait(30)


def test_a_server_without_utf_8_positions_gets_what_it_speaks(
    make_editor: Callable[..., Editor], make_server: Callable[..., ScriptedServer]
) -> None:
    server = make_server("utf-16")
    editor = make_editor({"cmd": server.command})
    editor.lines = ["🎙🎙"]
    editor.keys("A", "i")
    editor.command("Dictate")
    _, place = server.begin()
    assert place["position"] == {"line": 0, "character": 4}


def test_the_environment_reaches_the_server(
    make_editor: Callable[..., Editor], server: ScriptedServer
) -> None:
    editor = make_editor({"cmd": server.command, "env": {"DICTATE_TEST": "yes"}})
    editor.command("Dictate")
    server.begin()
    environment = Path(f"/proc/{server.pids[0]}/environ")
    if not environment.exists():
        pytest.skip("only Linux shows a process's environment")
    assert b"DICTATE_TEST=yes" in environment.read_bytes().split(b"\0")


def test_restart_ends_the_server_and_starts_it_anew(editor: Editor, server: ScriptedServer) -> None:
    Clock(editor, STOP_MS)
    editor.lines = ["text"]
    editor.command("Dictate")
    server.begin()
    editor.wait("the state", lambda: editor.state == "listening")
    editor.command("Dictate restart")
    server.expect("exit")
    editor.wait("the word", lambda: "started anew" in "".join(editor.notices))
    assert editor.notices == ["Dictate: the server was started anew"]
    assert len(server.pids) == 2
    assert editor.state == "idle"
    assert editor.drawn == []
    editor.command("Dictate")
    server.begin()
    assert len(server.pids) == 2


def test_what_is_asked_meanwhile_waits_for_the_new_server(
    editor: Editor, server: ScriptedServer
) -> None:
    Clock(editor, STOP_MS)
    editor.command("Dictate")
    utterance, place = server.begin()
    server.finish(utterance, place["uri"], "cancelled")
    editor.wait("the end", lambda: editor.state == "idle")
    editor.command("Dictate restart | Dictate start")
    server.expect("exit")
    server.expect("initialized")
    server.begin()
    assert len(server.pids) == 2


def test_restart_starts_a_server_that_is_down(
    make_editor: Callable[..., Editor], server: ScriptedServer
) -> None:
    editor = make_editor({"cmd": server.command, "restart": {"delay_ms": 1, "limit": 1}})
    editor.command("Dictate")
    server.begin()
    server.crash()
    editor.wait("the notice", lambda: any("stays down" in text for text in editor.notices))
    editor.command("Dictate restart")
    editor.wait("the word", lambda: "started anew" in editor.notices[-1])
    assert len(server.pids) == 2


def test_a_server_that_does_not_leave_is_ended(editor: Editor, server: ScriptedServer) -> None:
    clock = Clock(editor, STOP_MS)
    editor.command("Dictate")
    server.begin()
    server.is_stubborn = True
    editor.command("Dictate restart")
    server.expect("shutdown")
    assert clock.passes(STOP_MS) == 1
    editor.wait("the word", lambda: "started anew" in "".join(editor.notices))
    assert len(server.pids) == 2
