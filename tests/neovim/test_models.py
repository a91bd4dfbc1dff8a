"""Models in Neovim: the question, the list, the progress in the statusline."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from tests.neovim.clock import be_patient, stand_still
from tests.neovim.editor import Editor
from tests.neovim.scripted_server import ScriptedServer

PAIRS = [
    {
        "name": "turbo",
        "models": "large-v3-turbo + tiny",
        "installed": False,
        "running": False,
        "fits": True,
        "reason": "fits the GPU",
        "downloadMb": 1778,
    },
    {
        "name": "large-v3",
        "models": "large-v3",
        "installed": False,
        "running": False,
        "fits": False,
        "reason": "needs more memory",
        "downloadMb": 950,
    },
    {
        "name": "bundled",
        "models": "target + draft",
        "installed": True,
        "running": True,
        "fits": True,
        "reason": "small",
        "downloadMb": None,
    },
]
# Until a completion gives up waiting for the server.
COMPLETION_MS = 1500
QUESTION = {
    "type": 3,
    "message": "Dictate: download the pair turbo?",
    "actions": [{"title": "Download"}, {"title": "Not now"}, {"title": "Never"}],
}

_CHOOSE = """
  local wanted = ...
  vim.ui.select = function(items, options, choose)
    _G.shown = vim.tbl_map(options.format_item, items)
    _G.prompt = options.prompt
    choose(items[wanted])
  end
"""


def serve(editor: Editor) -> None:
    """Start the server, as the first use does."""
    editor.lua("require('dictate.session'); require('dictate.client').ready(function() end)")
    editor.wait("the server", lambda: editor.lua("return require('dictate.client').is_ready()"))


def show(server: ScriptedServer, kind: str, token: str = "one", **value: Any) -> None:
    server.notify("$/progress", {"token": token, "value": {"kind": kind, **value}})


def test_a_pair_is_chosen_from_a_list(editor: Editor, server: ScriptedServer) -> None:
    editor.lua(_CHOOSE, 1)
    editor.command("Dictate models")
    server.reply(server.expect_command("dictate.models.list"), PAIRS)
    command = server.expect_command("dictate.models.use")
    assert server.place_of(command) == {"name": "turbo"}
    server.reply(command, {"pair": "turbo", "action": "download"})
    assert editor.lua("return _G.shown") == [
        "  turbo (large-v3-turbo + tiny), 1.8 GB to download: fits the GPU",
        "! large-v3 (large-v3), 950 MB to download: needs more memory",
        "* bundled (target + draft), on this machine: small",
    ]


@pytest.mark.parametrize("action", ["use", "pull"])
def test_a_pair_is_named(editor: Editor, server: ScriptedServer, action: str) -> None:
    editor.command(f"Dictate models {action} turbo")
    command = server.expect_command(f"dictate.models.{action}")
    assert server.place_of(command) == {"name": "turbo"}
    server.fail(command, "the server is tired")
    editor.wait("the fault", lambda: editor.notices)
    assert editor.notices == ["Dictate: the server is tired"]


def test_a_download_is_cancelled(editor: Editor, server: ScriptedServer) -> None:
    editor.command("Dictate models cancel")
    server.expect_command("dictate.models.cancel")


@pytest.mark.parametrize(
    ("command", "part"),
    [
        ("Dictate models use", "which pair? Say :Dictate models use {name}"),
        ("Dictate models pull", "which pair? Say :Dictate models pull {name}"),
        ("Dictate models explode", ":Dictate models takes no 'explode'"),
        ("Dictate models cancel now", ":Dictate models takes no 'cancel now'"),
    ],
)
def test_mistakes_are_one_line(
    editor: Editor, server: ScriptedServer, command: str, part: str
) -> None:
    editor.command(command)
    (notice,) = editor.notices
    assert part in notice and "\n" not in notice
    assert server.pids == []


def test_actions_and_pairs_are_completed(editor: Editor, server: ScriptedServer) -> None:
    complete: Callable[[str], list[str]] = lambda line: editor.nvim.funcs.getcompletion(  # noqa: E731
        line, "cmdline"
    )
    assert complete("Dictate models ") == ["cancel", "pull", "use"]
    assert complete("Dictate models p") == ["pull"]
    serve(editor)
    be_patient(editor, COMPLETION_MS)
    editor.lua(
        """
        vim.schedule(function()
          _G.found = vim.fn.getcompletion('Dictate models use ', 'cmdline')
        end)
        """
    )
    server.reply(server.expect_command("dictate.models.list"), PAIRS)
    found = editor.wait("the completion", lambda: editor.lua("return _G.found"))
    assert found == ["turbo", "large-v3", "bundled"]


@pytest.mark.parametrize(("choice", "answer"), [(1, "Download"), (3, "Never"), (4, None)])
def test_a_question_is_asked_by_the_users_own_selection(
    editor: Editor, server: ScriptedServer, choice: int, answer: str | None
) -> None:
    editor.lua(_CHOOSE, choice)
    serve(editor)
    result = server.request("window/showMessageRequest", QUESTION)
    assert (result or {}).get("title") == answer
    assert editor.lua("return _G.prompt") == QUESTION["message"]
    assert editor.lua("return _G.shown") == ["Download", "Not now", "Never"]


def test_who_types_is_asked_afterwards(editor: Editor, server: ScriptedServer) -> None:
    editor.lua(_CHOOSE, 1)
    serve(editor)
    editor.keys("i", "i")
    answers: list[Any] = []
    asking = threading.Thread(
        target=lambda: answers.append(server.request("window/showMessageRequest", QUESTION))
    )
    asking.start()
    editor.keys("some text", "i")
    assert editor.lua("return _G.prompt") is None
    editor.keys("<Esc>")
    asking.join()
    assert answers == [{"title": "Download"}]
    assert editor.lines == ["some text"]


def test_progress_stands_in_the_statusline(editor: Editor, server: ScriptedServer) -> None:
    stand_still(editor)
    assert editor.statusline == ""
    serve(editor)
    assert editor.statusline == ""
    show(server, "begin", title="Dictate: downloading turbo", cancellable=True, percentage=0)
    editor.wait("the begin", lambda: editor.statusline == "downloading turbo 0 %")
    assert editor.notices == ["Dictate: downloading turbo; :Dictate models cancel ends it"]
    show(server, "report", message="12 of 40 MB, 3.1 MB/s", percentage=30)
    editor.wait("the report", lambda: editor.statusline == "downloading turbo 30 %")
    # Whoever draws every server's progress draws this, too.
    assert "downloading turbo" in editor.lua("return vim.lsp.status()")
    show(server, "begin", "two", title="Dictate: loading models")
    editor.wait("the second", lambda: editor.statusline == "loading models…")
    show(server, "end", "two")
    editor.wait("the first again", lambda: editor.statusline == "downloading turbo 30 %")
    editor.command("Dictate")
    server.begin()
    editor.wait("the dictation", lambda: editor.state == "listening")
    assert editor.statusline == "● ▁ 0:00 · downloading turbo 30 %"
    show(server, "end", message="done")
    editor.wait("the end", lambda: editor.statusline == "● ▁ 0:00")
    assert len(editor.notices) == 1


def test_a_server_that_is_gone_is_busy_with_nothing(editor: Editor, server: ScriptedServer) -> None:
    serve(editor)
    show(server, "begin", title="Dictate: downloading turbo", cancellable=True, percentage=0)
    editor.wait("the begin", lambda: editor.statusline)
    server.crash()
    editor.wait("the end", lambda: editor.statusline == "")


def test_the_status_names_the_download(editor: Editor, server: ScriptedServer) -> None:
    editor.command("Dictate status")
    request = server.expect("dictate/status")
    server.reply(
        request,
        {
            "state": "idle",
            "engine": None,
            "microphone": None,
            "pending": 0,
            "logFile": "lsp.log",
            "version": "1.2.3",
            "download": {"pair": "turbo", "percentage": 43, "message": "…"},
        },
    )
    shown = editor.wait(
        "the status",
        lambda: (text := editor.nvim.funcs.execute("messages")) and "1.2.3" in text and text,
    )
    assert "download    turbo 43 %" in shown
