"""The server as a process: how fast it answers, when it leaves, what it leaves behind."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.lsp.scripted_editor import ScriptedEditor

URI = "file:///work/notes.py"


async def test_the_server_announces_what_it_can(start_editor: Any, home: Path) -> None:
    editor = await start_editor(home)
    commands = editor.capabilities["executeCommandProvider"]["commands"]
    wanted = {"toggle", "start", "stop", "cancel", "handsFree", "place", "retry", "discard"}
    wanted |= {"raw", "alternatives", "choose", "mode", "vocabulary", "history"}
    wanted |= {"vibe", "microphone", "status", "stats"}
    models = {f"models.{name}" for name in ("list", "pull", "use", "cancel")}
    assert set(commands) == {f"dictate.{name}" for name in wanted | models}
    assert editor.capabilities["textDocumentSync"]["change"] == 2
    assert editor.capabilities["textDocumentSync"]["openClose"]


def test_initialize_needs_nothing_heavy_and_little_else() -> None:
    """What it takes in milliseconds is measured by `dictate bench latency`."""
    program = (
        "import sys; from dictate.lsp.server import create_server; create_server(); "
        "heavy = {'numpy', 'torch', 'transformers', 'websockets', 'sounddevice', 'soxr'}; "
        "heavy |= {'tree_sitter', 'jellyfish', 'urllib.request'}; "
        "print(len(sys.modules)); sys.exit(', '.join(sorted(heavy & set(sys.modules))) or None)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 400, "331 modules when this was written"


async def test_an_editor_that_leaves_politely_is_left_with_status_0(home: Path) -> None:
    editor = await ScriptedEditor(home).start()
    assert await editor.stop() == 0


async def test_a_closed_standard_input_ends_the_server(home: Path) -> None:
    editor = await ScriptedEditor(home).start()
    editor.close_stdin()
    assert await editor.wait_for_exit() == 1


async def test_a_dead_parent_ends_the_server(home: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    editor = await ScriptedEditor(home, process_id=parent.pid).start()
    await asyncio.sleep(0.2)
    parent.kill()
    parent.wait()
    assert await editor.wait_for_exit() == 1


@pytest.mark.parametrize("how", ["kill", "eof", "shutdown"])
async def test_sound_of_a_server_that_goes_away_is_offered_at_the_next_start(
    start_editor: Any, home: Path, spoken: Any, how: str
) -> None:
    editor = await ScriptedEditor(home).start()
    editor.open(URI, "")
    file = spoken("open the file and save it", 60)
    begun = await editor.command("start", uri=URI, file=str(file))
    await editor.wait_for_words(begun["utteranceId"], last="it")
    if how == "kill":
        editor.kill()
        await editor.wait_for_exit()
    elif how == "eof":
        editor.close_stdin()
        await editor.wait_for_exit()
    else:
        await editor.stop()
    again = await start_editor(home)
    (offer,) = [await again.wait_for("window/showMessage")]
    assert "kept 1 dictation" in offer.params["message"]
    assert ":Dictate retry" in offer.params["message"]
    assert (await again.status())["pending"] == 1
    again.open(URI, "x = \n", "python")
    assert again.edits == [], "what was kept is never inserted without being asked for"
    begun = await again.command("retry", uri=URI, position={"line": 0, "character": 4})
    final = await again.final(begun["utteranceId"])
    assert final["outcome"] == "inserted"
    assert again.buffers[URI].text == f"x = {final['text']}\n"
    assert (await again.status())["pending"] == 0


async def test_a_server_killed_between_edit_and_answer_names_the_doubt(
    start_editor: Any, home: Path, spoken: Any
) -> None:
    editor = await ScriptedEditor(home).start()
    editor.open(URI, "")

    async def die(_edit: Any) -> dict[str, Any]:
        editor.kill()
        await asyncio.sleep(60)
        return {}

    editor.on_edit = die
    await editor.command("start", uri=URI, file=str(spoken("save the file")), realtime=False)
    await editor.wait_for_exit()
    again = await start_editor(home)
    offer = await again.wait_for("window/showMessage")
    assert "look first whether the text is there" in offer.params["message"]
    assert again.edits == []


async def test_two_servers_share_one_engine_and_not_their_utterances(
    start_editor: Any, home: Path, spoken: Any
) -> None:
    first, second = await start_editor(home), await start_editor(home)
    for editor in (first, second):
        editor.open(URI, "")
    begun = await first.command("start", uri=URI, file=str(spoken("open the file and save it")))
    await first.wait_for_state("listening")
    third = await start_editor(home)
    assert (await third.status())["pending"] == 0, "a living server's utterance is not up for retry"
    final = await second.dictate(spoken("save the file"), URI, 0)
    assert final["outcome"] == "inserted"
    assert (await first.final(begun["utteranceId"]))["outcome"] == "inserted"
    pids = {(await editor.engine())["pid"] for editor in (first, second)}
    assert len(pids) == 1


async def test_invalid_settings_are_told_once_each_and_fall_back(
    start_editor: Any, home: Path
) -> None:
    editor = await start_editor(home, settings={"vad": {"threshold": 7}, "language": "en"})
    status = await editor.status()
    assert status["settings"]["vad"]["threshold"] == 0.5
    assert status["settings"]["language"] == "en"
    changed = {"dictate": {"vad": {"threshold": 7, "minSilenceMs": 300}, "wrong": 1}}
    editor.notify("workspace/didChangeConfiguration", {"settings": changed})
    editor.notify("workspace/didChangeConfiguration", {"settings": {}})
    status = await editor.status()
    assert status["settings"]["vad"] == {"threshold": 0.5, "minSilenceMs": 300}
    told = editor.messages()
    assert len([line for line in told if line.startswith("dictate.vad.threshold")]) == 1
    assert len([line for line in told if line.startswith("dictate.wrong")]) == 1


async def test_loading_is_shown_as_progress(start_editor: Any, own_engine_home: Path) -> None:
    editor = await start_editor(own_engine_home, progress=True)
    await editor.wait_for(
        lambda m: m.method == "$/progress" and m.params["value"]["kind"] == "begin"
    )
    await editor.wait_for(lambda m: m.method == "$/progress" and m.params["value"]["kind"] == "end")
    values = [progress["value"] for progress in editor.all("$/progress")]
    assert values[0]["title"] == "Dictate: loading models"
    assert [value["kind"] for value in values] == ["begin", "end"]
    assert (await editor.engine())["state"] == "ready"


async def test_an_editor_without_autostart_starts_no_engine(
    start_editor: Any, own_engine_home: Path
) -> None:
    editor = await start_editor(own_engine_home, settings={"engine": {"autostart": False}})
    await asyncio.sleep(0.5)
    assert (await editor.status())["engine"] is None
    assert not list((own_engine_home / "run").rglob("*.sock"))


async def test_nothing_that_was_said_or_written_is_in_the_log(
    start_editor: Any, home: Path, spoken: Any
) -> None:
    editor = await start_editor(home, settings={"logLevel": "debug"})
    editor.open(URI, "my_secret_identifier = 1\n", "python")
    final = await editor.dictate(spoken("open the file and save it"), URI, 25)
    assert final["outcome"] == "inserted"
    # Malformed messages end up in libraries' logs, too.
    editor.notify("textDocument/didChange", {"textDocument": {"uri": "my_secret_identifier"}})
    editor.notify("textDocument/didOpen", {"my_secret_identifier": final["text"]})
    status = await editor.status()
    log = Path(status["logFile"]).read_text()
    assert final["utteranceId"] in log, "it is the log of this dictation"
    assert final["text"] not in log
    assert "my_secret_identifier" not in log
    assert editor.process is not None
    await editor.stop()
    assert editor.process.stderr is not None
    stderr = (await editor.process.stderr.read()).decode()
    assert final["text"] not in stderr
    assert "my_secret_identifier" not in stderr


async def test_devices_are_listed_and_an_unknown_one_is_refused(
    start_editor: Any, home: Path
) -> None:
    editor = await start_editor(home)
    devices = await editor.request("dictate/devices", {})
    assert devices["selected"] is None
    assert all(set(device) == {"name", "isDefault"} for device in devices["devices"])
    answer = await editor.request("dictate/selectDevice", {"name": "no such thing"})
    assert answer == {"selected": None}
    assert "no such thing" in editor.messages()[-1]


async def test_a_microphone_that_is_not_there_is_one_clear_line(
    start_editor: Any, home: Path
) -> None:
    editor = await start_editor(home, settings={"microphone": {"device": "no such thing"}})
    editor.open(URI, "")
    begun = await editor.command("start", uri=URI)
    final = await editor.final(begun["utteranceId"])
    assert final["outcome"] == "failed"
    assert "\n" not in final["message"]
    assert "see its log" not in final["message"]
    assert "listening" not in editor.states()


async def test_history_keeps_the_sound_of_what_was_inserted(
    start_editor: Any, home: Path, spoken: Any
) -> None:
    editor = await start_editor(home, settings={"history": {"enabled": True}})
    editor.open(URI, "")
    final = await editor.dictate(spoken("save the file"), URI, 0)
    assert final["outcome"] == "inserted"
    (kept,) = (home / "state/dictate/history").iterdir()
    events = [
        json.loads(line)["event"] for line in (kept / "journal.jsonl").read_text().splitlines()
    ]
    assert events == ["created", "edit_sent", "inserted"]
    assert final["text"] not in (kept / "journal.jsonl").read_text()
    assert list((home / "state/dictate/spool").iterdir()) == []
