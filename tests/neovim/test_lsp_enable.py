"""`vim.lsp.enable("dictate")`, from Neovim 0.11 on: the one server, attached to the buffers."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.neovim.clock import Clock
from tests.neovim.conftest import find_once
from tests.neovim.editor import Editor
from tests.neovim.scripted_server import ScriptedServer


@pytest.fixture
def neovim() -> Path:
    """The program; 0.10 has no vim.lsp.enable."""
    program, reason = find_once("sid", "0.12")
    if program is None:
        pytest.skip(reason)
    return program


def open_file(editor: Editor, home: Path, name: str, text: str = "one\n") -> str:
    """Edit a file that exists; returns its URI."""
    path = home / name
    path.write_text(text)
    editor.command(f"edit {path}")
    return path.as_uri()


def enable(editor: Editor, server: ScriptedServer, home: Path) -> str:
    """Enable it while a file is open, and wait until it is attached."""
    editor.command("filetype on")
    uri = open_file(editor, home, "first.lua")
    editor.command("lua vim.lsp.enable('dictate')")
    editor.wait("the document", lambda: uri in server.documents)
    editor.wait("the client", lambda: attached(editor) == ["dictate"])
    return uri


def attached(editor: Editor) -> list[str]:
    """The names of the clients of the current buffer."""
    return editor.lua(
        "return vim.tbl_map(function(c) return c.name end, vim.lsp.get_clients({ bufnr = 0 }))"
    )


def language(server: ScriptedServer, uri: str) -> str | None:
    """The document's; None while it is closed, to be opened in another one."""
    document = server.documents.get(uri)
    return document and document.language_id


def clients(editor: Editor) -> int:
    return editor.lua("return #vim.lsp.get_clients()")


def test_every_file_is_known_to_the_one_server(
    editor: Editor, server: ScriptedServer, home: Path
) -> None:
    first = enable(editor, server, home)
    second = open_file(editor, home, "second.md", "two\n")
    editor.wait("the document", lambda: second in server.documents)
    editor.wait("the client", lambda: attached(editor) == ["dictate"])
    assert server.documents[first].language_id == "lua"
    assert server.documents[second].lines == ["two"]
    assert (clients(editor), len(server.pids)) == (1, 1)
    assert editor.notices == []


def test_dictation_goes_through_it_and_its_text_is_told_once(
    editor: Editor, server: ScriptedServer, home: Path
) -> None:
    uri = enable(editor, server, home)
    editor.command("Dictate start")
    utterance, place = server.begin()
    assert place["uri"] == uri
    editor.wait("the icon", lambda: editor.drawn)
    # The server's side would not take a change twice, nor a version that does not grow.
    editor.nvim.current.buffer.append("typed", 0)
    editor.wait("the change", lambda: server.documents[uri].lines == ["typed", "one"])
    server.insert(utterance, uri, {"line": 1, "character": 0}, "spoken ")
    editor.wait("the end", lambda: editor.state == "idle")
    assert editor.lines == ["typed", "spoken one"]
    editor.wait("the change", lambda: server.documents[uri].lines == editor.lines)
    editor.command("write | bdelete")
    editor.wait("didClose", lambda: server.closed == [uri])
    assert (clients(editor), len(server.pids)) == (1, 1)
    assert editor.notices == []


def test_a_server_that_runs_already_is_attached(
    editor: Editor, server: ScriptedServer, home: Path
) -> None:
    editor.command("Dictate start")
    utterance, place = server.begin()
    server.finish(utterance, place["uri"], "cancelled")
    enable(editor, server, home)
    assert (clients(editor), len(server.pids)) == (1, 1)


def test_the_code_actions_are_carried_out_by_the_plugin(
    editor: Editor, server: ScriptedServer, home: Path
) -> None:
    uri = enable(editor, server, home)
    editor.lua("vim.ui.select = function(items, _, choose) choose(items[1]) end")
    editor.lua("vim.lsp.buf.code_action()")
    asked = server.expect("textDocument/codeAction")
    assert asked["params"]["textDocument"]["uri"] == uri
    here = {"title": "Dictate here", "command": "dictate.start", "arguments": [{"uri": uri}]}
    server.reply(asked, [{"title": here["title"], "kind": "refactor.dictate", "command": here}])
    _, place = server.begin()
    assert place["uri"] == uri
    editor.wait("the icon", lambda: editor.drawn)


def test_after_a_crash_the_buffers_are_attached_again(
    editor: Editor, server: ScriptedServer, home: Path
) -> None:
    uri = enable(editor, server, home)
    server.crash()
    editor.wait("the new server", lambda: len(server.pids) == 2)
    editor.wait("the document", lambda: uri in server.documents)
    editor.wait("the client", lambda: attached(editor) == ["dictate"])
    assert clients(editor) == 1


@pytest.mark.parametrize("command", ["Dictate restart", "lsp restart dictate"])
def test_a_restart_leaves_one_server_attached(
    editor: Editor, server: ScriptedServer, home: Path, command: str
) -> None:
    # However long it takes to leave, it is not ended before.
    Clock(editor, 5000)
    uri = enable(editor, server, home)
    editor.command(command)
    server.expect("exit")
    server.expect("initialized")
    editor.wait("the document", lambda: uri in server.documents)
    editor.wait("the client", lambda: attached(editor) == ["dictate"])
    editor.command("Dictate start")
    server.begin()
    assert (clients(editor), len(server.pids)) == (1, 2)


def test_disabled_it_is_gone_until_the_next_dictation(
    editor: Editor, server: ScriptedServer, home: Path
) -> None:
    enable(editor, server, home)
    editor.command("lua vim.lsp.enable('dictate', false)")
    server.expect("exit")
    editor.wait("the end", lambda: clients(editor) == 0)
    editor.command("Dictate start")
    server.begin()
    assert len(server.pids) == 2
    assert attached(editor) == []


def test_another_file_type_and_another_name_are_told(
    editor: Editor, server: ScriptedServer, home: Path
) -> None:
    uri = enable(editor, server, home)
    editor.command("set filetype=python")
    editor.wait("the type", lambda: language(server, uri) == "python")
    editor.command(f"saveas {home}/other.md")
    other = (home / "other.md").as_uri()
    editor.wait("the name", lambda: other in server.documents)
    editor.command("set filetype=markdown")
    editor.wait("the type", lambda: language(server, other) == "markdown")
    assert server.closed == [uri, uri, other]


def test_what_is_no_file_is_left_alone(editor: Editor, server: ScriptedServer, home: Path) -> None:
    enable(editor, server, home)
    editor.command("new | set filetype=lua")
    editor.lua("vim.wait(50)")
    assert attached(editor) == []
    editor.command("Dictate start")
    _, place = server.begin()
    assert place["uri"].startswith("untitled:")


def test_options_in_vim_lsp_config_count(
    make_editor: Callable[..., Editor], server: ScriptedServer, home: Path
) -> None:
    editor = make_editor({})
    editor.lua(
        """
        vim.lsp.config('dictate', {
          cmd = ...,
          settings = { dictate = { logLevel = 'debug' } },
          on_attach = function(client, buffer) _G.attached = { client.name, buffer } end,
        })
        """,
        server.command,
    )
    enable(editor, server, home)
    assert server.initialize["initializationOptions"]["settings"] == {"logLevel": "debug"}
    buffer = editor.nvim.current.buffer.number
    assert editor.wait("on_attach", lambda: editor.lua("return _G.attached")) == ["dictate", buffer]


def test_a_missing_server_is_told_once(make_editor: Callable[..., Editor], home: Path) -> None:
    editor = make_editor({"cmd": "/nowhere/dictate"})
    editor.command("filetype on")
    editor.command("lua vim.lsp.enable('dictate')")
    for name in ("one.lua", "two.lua"):
        open_file(editor, home, name)
    editor.wait("the line", lambda: editor.notices)
    (notice,) = editor.notices
    assert "/nowhere/dictate" in notice


def test_a_missing_server_is_no_fault_of_an_autocommand(
    make_editor: Callable[..., Editor], home: Path
) -> None:
    editor = make_editor({"cmd": "/nowhere/dictate"})
    editor.lua(
        "vim.notify = function(line) vim.api.nvim_echo({ { line } }, true, { err = true }) end"
    )
    editor.command("filetype on | lua vim.lsp.enable('dictate')")
    open_file(editor, home, "one.lua")
    editor.wait("the line", lambda: editor.nvim.command_output("messages"))
    (line,) = editor.nvim.command_output("messages").splitlines()
    assert line.startswith("Dictate: cannot run '/nowhere/dictate'")
