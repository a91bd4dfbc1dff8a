"""Everything for an editor without our plugin, by LSP's own messages alone."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.lsp.scripted_editor import ScriptedEditor
from tests.lsp.test_spoken_words import words

URI = "file:///work/store.py"
SOURCE = "def openTheFile(path):\n    return path\n\n\ndef saveIt():\n    pass\n"
SENTENCE = "open the file and save it"


async def eventually(check: Callable[[], Any], timeout_s: float = 120.0) -> Any:
    async def poll() -> Any:
        while not (found := check()):
            await asyncio.sleep(0.02)
        return found

    return await asyncio.wait_for(poll(), timeout_s)


async def dictate(editor: ScriptedEditor, file: Path, line: int) -> str:
    """Dictate on a line; return what stands there then."""
    before = len(editor.edits)
    place = {"line": line, "character": 0}
    await editor.command("start", uri=URI, position=place, file=str(file), realtime=False)
    await eventually(lambda: len(editor.edits) > before)
    await editor.wait_for_edit()
    return editor.buffers[URI].text.split("\n")[line]


async def actions(
    editor: ScriptedEditor, line: int, character: int, **context: Any
) -> list[dict[str, Any]]:
    here = {"line": line, "character": character}
    asked = {
        "textDocument": {"uri": URI},
        "range": {"start": here, "end": here},
        "context": {"diagnostics": [], **context},
    }
    listed: list[dict[str, Any]] = await editor.request("textDocument/codeAction", asked)
    return listed


def progress_of_dictations(editor: ScriptedEditor) -> list[dict[str, Any]]:
    """What was shown of them, in order; an engine that loads is shown, too."""
    shown = editor.all("$/progress")
    tokens = {each["token"] for each in shown if each["value"].get("title") == "Dictate"}
    return [each for each in shown if each["token"] in tokens]


def titles(listed: list[dict[str, Any]]) -> list[str]:
    return [action["title"] for action in listed]


async def test_the_dictated_text_is_another_one_by_code_action(
    start_editor: Any, home: Path, spoken: Any
) -> None:
    source = "save_it = 1\nsaveIt = 2\nprint(saveIt)\n"
    editor = await start_editor(home, plugin=False)
    editor.open(URI, source, language_id="python")
    written = await dictate(editor, spoken("save it"), 3)
    other = {"saveIt": "save_it", "save_it": "saveIt"}[written]
    listed = await actions(editor, 3, 2)
    assert titles(listed)[0] == f"Dictate: {other} instead of {written}"
    assert titles(listed)[-1] == "Dictate here"
    assert {action["kind"] for action in listed} == {"refactor.rewrite.dictate", "refactor.dictate"}
    # Other servers' menus and idle requests list again in between: the choice stays what it was.
    await actions(editor, 0, 0)
    command = listed[0]["command"]
    await editor.request("workspace/executeCommand", command)
    await eventually(lambda: editor.buffers[URI].text == source + other)
    assert editor.edits[-1].version is not None
    files = await editor.command("vocabulary")
    vocabulary = Path(files["path"])
    await eventually(lambda: other in vocabulary.read_text())
    # It is done: choosing the same again is no second change.
    await editor.request("workspace/executeCommand", command)
    await eventually(lambda: any("no such alternative" in m for m in editor.messages()))
    assert editor.buffers[URI].text == source + other


async def test_what_was_heard_and_back_by_code_action(
    start_editor: Any, home: Path, spoken: Any
) -> None:
    editor = await start_editor(home, plugin=False)
    editor.open(URI, SOURCE, language_id="python")
    assert await dictate(editor, spoken(SENTENCE), 6) == "openTheFile and saveIt"
    for ending, expected in (
        ("(as it was heard)", SENTENCE),
        ("(as it was written)", "openTheFile and saveIt"),
    ):
        # The document tells of the change before it: until the editor has answered.
        while not (raw := [a for a in await actions(editor, 6, 0) if a["title"].endswith(ending)]):
            await asyncio.sleep(0.02)
        await editor.request("workspace/executeCommand", raw[0]["command"])
        wanted = [word.lower() for word in words(expected)]
        await eventually(
            lambda wanted=wanted: words(editor.buffers[URI].text[len(SOURCE) :]) == wanted
        )


async def test_elsewhere_in_the_document_dictating_comes_first(
    start_editor: Any, home: Path, spoken: Any
) -> None:
    editor = await start_editor(home, plugin=False)
    editor.open(URI, SOURCE, language_id="python")
    await dictate(editor, spoken(SENTENCE), 6)
    elsewhere = titles(await actions(editor, 0, 0))
    assert elsewhere[0] == "Dictate here"
    assert 1 < len(elsewhere) <= 4
    other = "file:///work/other.py"
    editor.open(other, "", language_id="python")
    asked = {
        "textDocument": {"uri": other},
        "range": {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}},
        "context": {"diagnostics": []},
    }
    assert titles(await editor.request("textDocument/codeAction", asked)) == ["Dictate here"]


async def test_only_the_kinds_that_are_asked_for_and_no_light_bulb_on_every_line(
    start_editor: Any, home: Path, spoken: Any
) -> None:
    editor = await start_editor(home, plugin=False)
    editor.open(URI, SOURCE, language_id="python")
    await dictate(editor, spoken(SENTENCE), 6)
    for only, expected in (
        (["quickfix"], 0),
        (["source.organizeImports"], 0),
        (["refactor.dict"], 0),
        (["refactor.dictate"], 1),
    ):
        assert len(await actions(editor, 6, 0, only=only)) == expected, only
    rewrites = await actions(editor, 6, 0, only=["refactor.rewrite"])
    assert rewrites
    assert len(await actions(editor, 6, 0, only=["refactor"])) == len(rewrites) + 1
    assert len(await actions(editor, 6, 0, only=[""])) == len(rewrites) + 1
    assert await actions(editor, 0, 0, triggerKind=2) == []
    assert await actions(editor, 6, 0, triggerKind=2) == rewrites


async def test_a_client_that_knows_commands_alone_gets_commands(
    start_editor: Any, home: Path, spoken: Any
) -> None:
    editor = await start_editor(home, plugin=False, client_capabilities={})
    editor.open(URI, SOURCE, language_id="python")
    (start,) = await actions(editor, 6, 0)
    assert (start["title"], start["command"]) == ("Dictate here", "dictate.start")
    (argument,) = start["arguments"]
    argument |= {"file": str(spoken(SENTENCE, 3)), "realtime": True}
    await editor.request(
        "workspace/executeCommand", {"command": start["command"], "arguments": [argument]}
    )
    await editor.wait_for_edit()
    assert editor.edits[-1].version is None, "it did not say that it knows versions"
    assert editor.buffers[URI].text == SOURCE + "openTheFile and saveIt"
    choice = (await actions(editor, 6, 0))[0]
    assert choice["command"] == "dictate.choose"
    assert any("listening" in line for line in editor.messages()), "it has no progress"


async def test_while_it_listens_the_actions_end_it(start_editor: Any, home: Path) -> None:
    import numpy as np
    import soundfile

    recording = home / "long.wav"
    soundfile.write(recording, np.zeros(16_000 * 60, np.int16), 16_000)
    editor = await start_editor(home, plugin=False)
    editor.open(URI, SOURCE, language_id="python")
    place = {"line": 0, "character": 0}
    await editor.command("start", uri=URI, position=place, file=str(recording), realtime=True)
    stop, cancel = await actions(editor, 0, 0)
    assert (stop["title"], cancel["title"]) == ("Stop dictating", "Cancel the dictation")
    await editor.request("workspace/executeCommand", cancel["command"])
    while (await editor.status())["state"] != "idle":
        await asyncio.sleep(0.02)


async def test_the_alternatives_are_asked_for_and_the_chosen_one_is_written(
    start_editor: Any, home: Path, spoken: Any
) -> None:
    editor = await start_editor(home, plugin=False)
    editor.open(URI, SOURCE, language_id="python")
    await editor.command("alternatives")
    await eventually(lambda: any("nothing was dictated" in m for m in editor.messages()))
    await dictate(editor, spoken(SENTENCE), 6)
    asked: list[dict[str, Any]] = []

    async def choose_the_last(params: dict[str, Any]) -> dict[str, Any]:
        asked.append(params)
        last: dict[str, Any] = params["actions"][-1]
        return last

    editor.on_question = choose_the_last
    listed = await editor.command("alternatives")
    assert listed["choices"], "answered before the user has chosen"
    await eventually(lambda: words(editor.buffers[URI].text[len(SOURCE) :]) == SENTENCE.split())
    assert "openTheFile and saveIt" in asked[0]["message"]
    assert 1 <= len(asked[0]["actions"]) <= 8


async def test_a_client_that_cannot_ask_is_shown_the_alternatives(
    start_editor: Any, home: Path, spoken: Any
) -> None:
    unknown = frozenset({"window/showMessageRequest"})
    editor = await start_editor(home, plugin=False, unknown=unknown)
    editor.open(URI, SOURCE, language_id="python")
    await dictate(editor, spoken(SENTENCE), 6)
    before = editor.buffers[URI].text
    await editor.command("alternatives")
    await eventually(lambda: any("code action" in line for line in editor.messages()))
    assert editor.buffers[URI].text == before


async def test_commands_that_return_data_show_it_in_one_line(
    start_editor: Any, home: Path, spoken: Any
) -> None:
    editor = await start_editor(home, plugin=False)
    editor.open(URI, SOURCE, language_id="python")
    assert (await editor.command("stats"))["count"] == 0
    assert editor.messages()[-1] == "Dictate: nothing was dictated yet"
    await editor.command("history")
    assert "nothing was dictated" in editor.messages()[-1]
    await dictate(editor, spoken(SENTENCE), 6)
    for name, expected in (
        ("stats", "1 dictated"),
        ("history", "openTheFile and saveIt"),
        ("status", "pair bundled"),
    ):
        await editor.command(name)
        line = editor.messages()[-1]
        assert line.startswith("Dictate: ") and expected in line and "\n" not in line, line
    editor.answer_questions("prose")
    assert (await editor.command("mode"))["effective"] == "code"
    await eventually(lambda: any("mode is prose" in m for m in editor.messages()))
    assert (await editor.command("mode"))["mode"] == "prose"
    await editor.command("vocabulary")
    await editor.wait_for("window/showDocument")


@pytest.mark.parametrize("plugin", [True, False], ids=["plugin", "plain"])
async def test_our_plugins_get_data_and_no_messages(
    start_editor: Any, home: Path, plugin: bool
) -> None:
    editor = await start_editor(home, plugin=plugin)
    editor.open(URI, SOURCE, language_id="python")
    for name in ("stats", "history", "status", "mode", "alternatives"):
        assert isinstance(await editor.command(name), dict)
    asked = [*editor.messages(), *editor.questions()]
    assert bool(asked) is not plugin


async def test_models_are_chosen_from_a_question(start_editor: Any, home: Path) -> None:
    editor = await start_editor(home, plugin=False)
    await editor.wait_for_engine()
    listed = await editor.request(
        "workspace/executeCommand", {"command": "dictate.models.list", "arguments": []}
    )
    assert any(each["name"] == "bundled" for each in listed)
    question = await editor.wait_for("window/showMessageRequest")
    shown = [action["title"] for action in question.params["actions"]]
    assert any(title.startswith("bundled") for title in shown) and len(shown) <= 8
    answer = await editor.request(
        "workspace/executeCommand", {"command": "dictate.models.use", "arguments": []}
    )
    assert answer["action"] == "none"
    await eventually(lambda: len(editor.questions()) == 2)


async def test_progress_shows_state_and_words_and_ends(
    start_editor: Any, home: Path, spoken: Any
) -> None:
    editor = await start_editor(home, plugin=False, progress=True)
    await editor.wait_for_engine()
    editor.open(URI, "", language_id="markdown")

    def shown() -> list[dict[str, Any]]:
        return [each["value"] for each in progress_of_dictations(editor)]

    file = str(spoken(f"{SENTENCE} and {SENTENCE}", 60))
    await editor.command("start", file=file, realtime=True)
    await eventually(lambda: any("file" in each.get("message", "") for each in shown()))
    await editor.command("stop")
    await editor.wait_for_edit()
    await eventually(lambda: shown() and shown()[-1]["kind"] == "end")
    begin, *reports, _end = shown()
    assert (begin["kind"], begin["title"], begin["cancellable"]) == ("begin", "Dictate", True)
    lines = [report["message"] for report in reports]
    assert "listening" in lines
    assert any(line.startswith("listening: ") and "file" in line for line in lines), lines
    assert all(len(line) < 80 and "\n" not in line for line in lines)
    assert len({each["token"] for each in progress_of_dictations(editor)}) == 1
    assert not any("listening" in line for line in editor.messages())


async def test_ending_the_progress_cancels_the_dictation(
    start_editor: Any, home: Path, spoken: Any
) -> None:
    editor = await start_editor(home, plugin=False, progress=True)
    editor.open(URI, "")
    await editor.wait_for_engine()
    await editor.command("start", file=str(spoken(SENTENCE, 60)), realtime=True)
    await eventually(lambda: progress_of_dictations(editor))
    token = progress_of_dictations(editor)[0]["token"]
    editor.notify("window/workDoneProgress/cancel", {"token": token})
    await eventually(lambda: progress_of_dictations(editor)[-1]["value"]["kind"] == "end")
    while (await editor.status())["state"] != "idle":
        await asyncio.sleep(0.02)
    assert editor.edits == []


async def test_settings_are_asked_for_where_the_editor_answers(
    start_editor: Any, home: Path
) -> None:
    known = {"workspace": {"configuration": True}}
    editor = await start_editor(
        home,
        plugin=False,
        client_capabilities=known,
        settings={"language": "de"},
        configuration={"language": "en"},
    )

    async def language() -> Any:
        settings = (await editor.status())["settings"]
        return settings["language"] if isinstance(settings, dict) else None

    async def wait_for(wanted: str) -> None:
        while await language() != wanted:
            await asyncio.sleep(0.02)

    await asyncio.wait_for(wait_for("en"), 30)
    editor.configuration = {"language": "fr"}
    editor.notify("workspace/didChangeConfiguration", {"settings": None})
    await asyncio.wait_for(wait_for("fr"), 30)
    editor.notify("workspace/didChangeConfiguration", {"settings": {"dictate": {"language": "es"}}})
    await asyncio.wait_for(wait_for("es"), 30)


async def test_settings_given_at_the_start_stay_where_the_editor_has_no_others(
    start_editor: Any, home: Path
) -> None:
    known = {"workspace": {"configuration": True}}
    editor = await start_editor(
        home, plugin=False, client_capabilities=known, settings={"language": "de"}
    )
    await editor.wait_for("workspace/configuration")
    await editor.wait_for_engine()
    assert (await editor.status())["settings"]["language"] == "de"


async def test_path_line_and_column_say_where(start_editor: Any, home: Path, spoken: Any) -> None:
    editor = await start_editor(home, plugin=False, encoding="utf-8")
    text = "eins\nzwei 👩‍👩‍👧 é drei\n"
    uri = "file:///work/two%20words.md"
    editor.open(uri, text)
    await editor.command(
        "start", path="/work/two words.md", line=2, column=len("zwei F é ") + 1,
        file=str(spoken("close the window")), realtime=False,
    )  # fmt: skip
    await editor.wait_for_edit()
    changed = editor.buffers[uri].text
    assert changed.startswith("eins\nzwei 👩‍👩‍👧 é ") and changed.endswith(" drei\n")
    await editor.command(
        "start", textDocument={"uri": uri}, position={"line": 0, "character": 4},
        file=str(spoken("close the window")), realtime=False,
    )  # fmt: skip
    await eventually(lambda: len(editor.edits) == 2)
    await editor.wait_for_edit()
    assert re.match(r"eins \S.*\nzwei", editor.buffers[uri].text)
    refused = await editor.command("start", path="/work/other.md", line=1)
    assert refused["utteranceId"] is None
    assert "/work/other.md is not open" in editor.messages()[-1]


async def test_a_command_without_arguments_goes_where_the_last_edit_was(
    start_editor: Any, home: Path, spoken: Any
) -> None:
    editor = await start_editor(home, plugin=False)
    editor.open(URI, "one\n\nthree\n", language_id="markdown")
    editor.type(URI, 4, 4, "x ")
    await editor.command("toggle", file=str(spoken("close the window")), realtime=False)
    await editor.wait_for_edit()
    assert editor.buffers[URI].text.startswith("one\nx ")
    assert editor.buffers[URI].text.endswith("\nthree\n")
    assert words(editor.buffers[URI].text)[2:-1] == ["close", "the", "window"]


async def test_where_the_place_is_unknown_nothing_is_written_anywhere(
    start_editor: Any, home: Path, spoken: Any
) -> None:
    editor = await start_editor(home, plugin=False)
    editor.open(URI, SOURCE, language_id="python")
    recording = str(spoken("close the window"))
    refused = await editor.command("toggle", file=recording, realtime=False)
    assert (refused["utteranceId"], refused["state"]) == (None, "idle")
    assert "has not told where the cursor is" in editor.messages()[-1]
    await actions(editor, 6, 0)
    await editor.command("toggle", file=recording, realtime=False)
    await editor.wait_for_edit()
    assert editor.buffers[URI].text.startswith(SOURCE)


async def test_a_block_cursor_is_a_place_and_not_a_selection(start_editor: Any, home: Path) -> None:
    editor = await start_editor(home, plugin=False)
    editor.open(URI, "a\n\nb\n", language_id="python")
    asked = {
        "textDocument": {"uri": URI},
        "range": {"start": {"line": 1, "character": 0}, "end": {"line": 2, "character": 0}},
        "context": {"diagnostics": []},
    }
    (start,) = await editor.request("textDocument/codeAction", asked)
    assert start["command"]["arguments"][0]["position"] == {"line": 1, "character": 0}
