"""`:Dictate`: subcommands, completion, and one line for each mistake."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.neovim.clock import be_patient
from tests.neovim.editor import Editor
from tests.neovim.scripted_server import ScriptedServer

# Until a completion gives up waiting for the server.
COMPLETION_MS = 1500
DEVICES = {
    "devices": [
        {"name": "Built-in Audio", "isDefault": True},
        {"name": "Blue Snowball", "isDefault": False},
    ],
    "selected": None,
}


def completions(editor: Editor, line: str) -> list[str]:
    return editor.nvim.funcs.getcompletion(line, "cmdline")


def answer(server: ScriptedServer, method: str, result: Any) -> dict[str, Any]:
    """Answer the editor's next request of this kind; returns its parameters."""
    request = server.expect(method)
    server.reply(request, result)
    return request["params"]


def test_subcommands_are_completed(editor: Editor) -> None:
    assert completions(editor, "Dictate ") == [
        "alternatives", "cancel", "device", "discard", "doctor", "file", "handsfree", "history",
        "hold", "log", "mappings", "mode", "models", "raw", "restart", "retry", "settings", "start",
        "stats", "status", "stop", "toggle", "vibe", "vocabulary", "vocabulary!",
    ]  # fmt: skip
    assert completions(editor, "Dictate st") == ["start", "stats", "status", "stop"]
    assert completions(editor, "Dictate stop ") == []


def test_files_are_completed(editor: Editor, tmp_path: Path) -> None:
    (tmp_path / "hello world.wav").touch()
    assert completions(editor, f"Dictate file {tmp_path}/he") == [f"{tmp_path}/hello world.wav"]


def test_devices_are_completed_by_the_server(editor: Editor, server: ScriptedServer) -> None:
    editor.command("Dictate")
    server.begin()
    # It waits for the server, and this test must answer meanwhile.
    be_patient(editor, COMPLETION_MS)
    editor.lua(
        """
        vim.schedule(function()
          _G.found = vim.fn.getcompletion('Dictate device B', 'cmdline')
        end)
        """
    )
    answer(server, "dictate/devices", DEVICES)
    found = editor.wait("the completion", lambda: editor.lua("return _G.found"))
    assert found == ["Built-in Audio", "Blue Snowball"]


@pytest.mark.parametrize(
    ("command", "part"),
    [
        ("Dictate nonsense", "there is no ':Dictate nonsense'"),
        ("Dictate stop now", "takes no argument"),
        ("Dictate file", ":Dictate file {path}"),
        ("Dictate stop", "not listening"),
        ("Dictate cancel", "nothing to cancel"),
        ("Dictate raw", "nothing was dictated yet"),
        ("Dictate alternatives", "nothing was dictated yet"),
        ("Dictate history", "nothing was dictated yet"),
        ("Dictate history abc", "there is no register 'abc'"),
        ("Dictate settings", "run :helptags ALL"),
        ("Dictate mode loud", "there is no mode 'loud': auto, code, prose, raw, vibe"),
    ],
)
def test_mistakes_are_one_line_and_start_nothing(
    editor: Editor, server: ScriptedServer, command: str, part: str
) -> None:
    editor.command(command)
    (notice,) = editor.notices
    assert part in notice
    assert "\n" not in notice
    assert server.pids == []


def test_toggle_has_a_name(editor: Editor, server: ScriptedServer) -> None:
    editor.command("Dictate toggle")
    server.begin()
    editor.wait("the state", lambda: editor.state == "listening")
    editor.command("Dictate toggle")
    server.expect_command("dictate.stop")


def test_a_recording_is_dictated(editor: Editor, server: ScriptedServer, tmp_path: Path) -> None:
    recording = tmp_path / "hello world.wav"
    recording.touch()
    for typed in (str(recording), str(recording).replace(" ", "\\ ")):
        editor.command(f"Dictate file {typed}")
        place = server.place_of(command := server.expect_command("dictate.start"))
        assert place["file"] == str(recording)
        assert place["realtime"] is True
        server.fail(command, "cannot read it")
        editor.wait("the end", lambda: editor.state == "idle")
    editor.lua("require('dictate').setup({ realtime_files = false })")
    editor.command(f"cd {tmp_path} | Dictate file hello world.wav")
    place = server.place_of(server.expect_command("dictate.start"))
    assert place["file"] == str(recording)
    assert place["realtime"] is False


def test_a_microphone_is_named_or_chosen(editor: Editor, server: ScriptedServer) -> None:
    editor.command("Dictate device Blue Snowball")
    assert answer(server, "dictate/selectDevice", {"selected": "Blue Snowball"}) == {
        "name": "Blue Snowball"
    }
    editor.wait("the word", lambda: "Blue Snowball" in "".join(editor.notices))
    editor.lua(
        """
        vim.ui.select = function(items, options, choose)
          _G.shown = vim.tbl_map(options.format_item, items)
          choose(items[1])
        end
        """
    )
    editor.command("Dictate device")
    answer(server, "dictate/devices", {**DEVICES, "selected": "Blue Snowball"})
    answer(server, "dictate/selectDevice", {"selected": "Built-in Audio"})
    assert editor.lua("return _G.shown") == ["  Built-in Audio (default)", "* Blue Snowball"]


def test_an_unknown_microphone_is_one_line(editor: Editor, server: ScriptedServer) -> None:
    editor.command("Dictate device Nothing")
    request = server.expect("dictate/selectDevice")
    server.notify(
        "window/showMessage", {"type": 1, "message": "Dictate: no 'Nothing'; there is: Blue"}
    )
    server.reply(request, {"selected": None})
    editor.wait("the word", lambda: editor.notices)
    assert editor.notices == ["Dictate: no 'Nothing'; there is: Blue"]


def test_the_status_is_shown(editor: Editor, server: ScriptedServer, tmp_path: Path) -> None:
    editor.command("Dictate status")
    answer(
        server,
        "dictate/status",
        {
            "state": "idle",
            "engine": {
                "state": "ready",
                "target": "a-target",
                "draft": "a-draft",
                "device": "cpu",
                "dtype": "float32",
                "changingTo": "turbo",
                "notices": ["one notice"],
            },
            "microphone": None,
            "pending": 2,
            "logFile": str(tmp_path / "lsp.log"),
            "version": "1.2.3",
        },
    )
    shown = editor.wait(
        "the status",
        lambda: (text := editor.nvim.funcs.execute("messages")) and "1.2.3" in text and text,
    )
    for part in (
        "a-target + a-draft on cpu, float32, changing to turbo",
        "kept        2",
        "one notice",
    ):
        assert part in shown


def test_the_log_is_opened(editor: Editor, server: ScriptedServer, tmp_path: Path) -> None:
    log = tmp_path / "the log.txt"
    for expected in (False, True):
        if expected:
            log.write_text("one\ntwo\n")
        editor.command("Dictate log")
        answer(server, "dictate/status", {"logFile": str(log)})
        editor.wait("an answer", lambda: editor.notices or len(editor.lines) == 2)
        if expected:
            editor.wait("the log", lambda: editor.lines == ["one", "two"])
            assert editor.cursor[0] == 2
        else:
            assert "nothing was logged yet" in editor.notices[0]
            editor.lua("_G.notices = {}")


@pytest.mark.parametrize("name", ["cancel", "stop"])
def test_commands_reach_the_server(editor: Editor, server: ScriptedServer, name: str) -> None:
    editor.command("Dictate start")
    server.begin()
    editor.wait("the state", lambda: editor.state == "listening")
    editor.command(f"Dictate {name}")
    server.expect_command(f"dictate.{name}")


@pytest.mark.parametrize("first", ["status", "stats", "device", "models", "discard", "mode"])
def test_a_dictation_works_whatever_started_the_server(
    editor: Editor, server: ScriptedServer, first: str
) -> None:
    editor.command(f"Dictate {first}")
    editor.wait("the server", lambda: server.initialize)
    editor.command("Dictate start")
    while server.next().get("params", {}).get("command") != "dictate.start":
        pass
    server.state("utterance", "listening", "")
    editor.wait("the state", lambda: editor.state == "listening")


def test_discard_reaches_the_server(editor: Editor, server: ScriptedServer) -> None:
    editor.command("Dictate discard")
    server.expect_command("dictate.discard")


def test_retry_without_anything_kept_leaves_nothing(editor: Editor, server: ScriptedServer) -> None:
    editor.command("Dictate retry")
    command = server.expect_command("dictate.retry")
    server.notify("window/showMessage", {"type": 3, "message": "Dictate: there is no kept one"})
    server.reply(command, {"utteranceId": None, "state": "idle"})
    editor.wait("the end", lambda: editor.state == "idle")
    assert editor.notices == ["Dictate: there is no kept one"]


def test_retry_with_only_another_under_way_leaves_that_alone(
    editor: Editor, server: ScriptedServer
) -> None:
    editor.command("Dictate start")
    other, place = server.begin()
    editor.wait("the state", lambda: editor.state == "listening")
    editor.command("Dictate retry")
    command = server.expect_command("dictate.retry")
    server.reply(command, {"utteranceId": other, "state": "listening"})
    server.insert(other, place["uri"], place["position"], "text")
    editor.wait("the end", lambda: editor.state == "idle")


def test_a_kept_utterance_comes_back_under_its_name(editor: Editor, server: ScriptedServer) -> None:
    editor.command("Dictate start")
    utterance, place = server.begin()
    server.finish(utterance, place["uri"], "failed", message="kept")
    editor.wait("the end", lambda: editor.state == "idle")
    editor.command("Dictate retry")
    command = server.expect_command("dictate.retry")
    server.state(utterance, "finishing", place["uri"])
    server.reply(command, {"utteranceId": utterance, "state": "finishing"})
    server.notify(
        "dictate/partial", {"utteranceId": utterance, "uri": place["uri"], "text": "again"}
    )
    editor.wait("the partial", lambda: editor.drawn == ["… again"])
    server.insert(utterance, place["uri"], place["position"], "text")
    editor.wait("the end", lambda: editor.state == "idle" and editor.drawn == [])
    assert editor.lines == ["text"]


def test_several_kept_texts_land_in_their_order(editor: Editor, server: ScriptedServer) -> None:
    editor.keys("i", "i")
    editor.command("Dictate retry")
    command = server.expect_command("dictate.retry")
    place = server.place_of(command)
    server.reply(command, {"utteranceId": "first", "state": "finishing"})
    server.insert("first", place["uri"], place["position"], "one ")
    server.insert("second", place["uri"], {"line": 0, "character": 4}, "two ")
    assert editor.lines == ["one two "]
    assert editor.cursor == (1, 8)


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"hold": 5}, "option 'hold' must be a table"),
        ({"hold": {"first_ms": "x"}}, "option 'hold.first_ms' must be a number"),
        ({"colour": "red"}, "unknown option 'colour'"),
        ({"cmd": 5}, "option 'cmd' must be a string or a list"),
        ({"cancel_key": 5}, "option 'cancel_key' must be a string"),
        ({"doubtful_ms": "long"}, "option 'doubtful_ms' must be a number"),
        ({"indicator": {"icon": 5}}, "option 'indicator.icon' must be a string"),
    ],
)
def test_a_wrong_option_is_named_once_and_falls_back(
    make_editor: Callable[..., Editor], server: ScriptedServer, options: dict[str, Any], part: str
) -> None:
    editor = make_editor({"cmd": server.command, **options})
    for _ in range(2):
        config = editor.lua("return require('dictate.config').get()")
        assert config["hold"] == {"first_ms": 750, "repeat_ms": 150}
    assert len(editor.notices) == 1
    assert part in editor.notices[0]
