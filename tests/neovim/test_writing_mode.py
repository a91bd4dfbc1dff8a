"""`:Dictate mode`: how what is said is written; and the files of the vocabularies."""

from pathlib import Path
from typing import Any

import pytest

from tests.neovim.clock import stand_still
from tests.neovim.editor import Editor
from tests.neovim.scripted_server import Message, ScriptedServer


def answer(server: ScriptedServer, mode: str, effective: str) -> list[Any]:
    """Answer `dictate.mode`; returns its arguments."""
    command = server.expect_command("dictate.mode")
    server.reply(command, {"mode": mode, "effective": effective, "reason": "a function's body"})
    return command["params"]["arguments"]


def test_modes_are_completed(editor: Editor, server: ScriptedServer) -> None:
    def completed(line: str) -> list[str]:
        return editor.nvim.funcs.getcompletion(line, "cmdline")

    assert completed("Dictate mode ") == ["auto", "code", "prose", "raw", "vibe"]
    assert completed("Dictate mode c") == ["code"]
    assert completed("Dictate mode code ") == []
    assert server.pids == []


def test_the_mode_is_shown(editor: Editor, server: ScriptedServer) -> None:
    editor.command("Dictate mode")
    assert answer(server, "auto", "code") == []
    editor.wait("the word", lambda: editor.notices)
    assert editor.notices == ["Dictate: mode auto (here code: a function's body)"]
    assert editor.statusline == ""


def test_a_mode_is_chosen_and_stands_in_the_statusline(
    editor: Editor, server: ScriptedServer
) -> None:
    editor.command("Dictate mode code")
    assert answer(server, "code", "code") == [{"mode": "code"}]
    editor.wait("the word", lambda: editor.notices)
    assert editor.notices == ["Dictate: mode code"]
    assert editor.statusline == "code"
    editor.lua("require('dictate').mode('auto')")
    assert answer(server, "auto", "prose") == [{"mode": "auto"}]
    editor.wait("the statusline", lambda: editor.statusline == "")


def test_the_mode_stands_behind_what_is_done(editor: Editor, server: ScriptedServer) -> None:
    stand_still(editor)
    editor.command("Dictate mode raw")
    answer(server, "raw", "raw")
    editor.wait("the mode", lambda: editor.statusline == "raw")
    editor.command("Dictate start")
    utterance, place = server.begin()
    editor.wait("the meter", lambda: editor.statusline.endswith("0:00 · raw"))
    latency = {"count": 1, "lastMs": 34.0}
    server.finish(utterance, place["uri"], "cancelled", latency=latency)
    editor.wait("the latency", lambda: editor.statusline == "34 ms · raw")


def test_the_mode_of_a_place_is_asked_for_with_the_place_once_the_server_knows_the_buffer(
    editor: Editor, server: ScriptedServer
) -> None:
    editor.lines = ["x = 1", "# y"]
    editor.command("Dictate start")
    utterance, place = server.begin()
    server.finish(utterance, place["uri"], "cancelled")
    editor.wait("the end", lambda: editor.state == "idle")
    editor.cursor = (2, 2)
    editor.command("Dictate mode")
    assert answer(server, "auto", "prose") == [
        {"uri": place["uri"], "position": {"line": 1, "character": 3}}
    ]


def test_a_server_that_was_started_anew_is_told_the_mode(
    editor: Editor, server: ScriptedServer
) -> None:
    editor.command("Dictate mode prose")
    answer(server, "prose", "prose")
    editor.wait("the mode", lambda: editor.statusline == "prose")
    server.crash()
    editor.wait("the restart", lambda: len(server.pids) == 2)
    assert answer(server, "prose", "prose") == [{"mode": "prose"}]


def vocabulary(server: ScriptedServer, **paths: Any) -> Message:
    """Answer `dictate.vocabulary`."""
    command = server.expect_command("dictate.vocabulary")
    server.reply(command, paths)
    return command["params"]


@pytest.mark.parametrize(
    ("typed", "name"), [("vocabulary", "my words %#.toml"), ("vocabulary!", ".dictate.toml")]
)
def test_a_vocabulary_is_opened(
    editor: Editor, server: ScriptedServer, tmp_path: Path, typed: str, name: str
) -> None:
    path, project = tmp_path / "my words %#.toml", tmp_path / ".dictate.toml"
    path.write_text("mine = 1\n")
    project.write_text("ours = 1\n")
    editor.lines = ["text"]
    editor.command(f"Dictate {typed}")
    assert vocabulary(server, path=str(path), projectPath=str(project))["arguments"] == []
    editor.wait("the file", lambda: editor.nvim.current.buffer.name == str(tmp_path / name))
    assert editor.lines == (tmp_path / name).read_text().splitlines()
    assert len(editor.nvim.api.list_wins()) == 2


def test_where_there_is_no_project_one_line_says_so(
    editor: Editor, server: ScriptedServer, tmp_path: Path
) -> None:
    editor.command("Dictate vocabulary!")
    vocabulary(server, path=str(tmp_path / "mine.toml"), projectPath=None)
    editor.wait("the word", lambda: editor.notices)
    (notice,) = editor.notices
    assert "there is no project here" in notice
    assert editor.lines == [""]
