"""Dictating code through the real server and engine: names, modes, raw, vocabularies."""

import asyncio
from pathlib import Path
from typing import Any

import tomllib

from tests.lsp.test_spoken_words import words

URI = "file:///work/store.py"
SOURCE = "def openTheFile(path):\n    return path\n\n\ndef saveIt():\n    pass\n"
SENTENCE = "open the file and save it"


async def test_in_code_what_was_said_becomes_the_document_s_own_names(
    start_editor: Any, home: Path, spoken: Any
) -> None:
    editor = await start_editor(home)
    editor.open(URI, SOURCE, language_id="python")
    final = await editor.dictate(spoken(SENTENCE), URI, len(SOURCE))
    assert final["outcome"] == "inserted"
    assert words(final["heard"]) == SENTENCE.split()
    assert editor.buffers[URI].text == SOURCE + "openTheFile and saveIt"
    place = final["range"]
    assert place["start"] == {"line": 6, "character": 0}
    assert place["end"] == {"line": 6, "character": len("openTheFile and saveIt")}


async def test_raw_brings_what_was_heard_in_any_editor(
    start_editor: Any, home: Path, spoken: Any
) -> None:
    for plugin in (True, False):
        editor = await start_editor(home, plugin=plugin)
        editor.open(URI, SOURCE, language_id="python")
        if plugin:
            await editor.dictate(spoken(SENTENCE), URI, len(SOURCE))
        else:
            place = {"line": 6, "character": 0}
            await editor.command("start", uri=URI, position=place, file=str(spoken(SENTENCE)))
            await editor.wait_for_edit()
        written = editor.buffers[URI].text
        assert written == SOURCE + "openTheFile and saveIt"
        # An editor that may do nothing before its command is answered has its answer first.
        await editor.command("raw")
        while editor.buffers[URI].text == written:
            await asyncio.sleep(0.02)
        assert words(editor.buffers[URI].text[len(SOURCE) :]) == SENTENCE.split()
        await editor.command("raw")
        while editor.buffers[URI].text != written:
            await asyncio.sleep(0.02)


async def test_a_mode_by_hand_holds_until_another_is_chosen(
    start_editor: Any, home: Path, spoken: Any
) -> None:
    editor = await start_editor(home)
    editor.open(URI, SOURCE, language_id="python")
    shown = await editor.command("mode")
    assert (shown["mode"], shown["effective"]) == ("auto", "code")
    chosen = await editor.command("mode", mode="raw")
    assert (chosen["mode"], chosen["effective"]) == ("raw", "raw")
    await editor.dictate(spoken(SENTENCE), URI, len(SOURCE))
    assert words(editor.buffers[URI].text[len(SOURCE) :]) == SENTENCE.split()
    wrong = await editor.command("mode", mode="sideways")
    assert wrong["mode"] == "raw"
    assert "there is no such mode" in editor.messages()[-1]


async def test_a_choice_is_written_into_the_user_s_vocabulary(
    start_editor: Any, home: Path, spoken: Any
) -> None:
    source = "save_it = 1\nsaveIt = 2\nprint(saveIt)\n"
    editor = await start_editor(home)
    editor.open(URI, source, language_id="python")
    assert (await editor.command("alternatives"))["choices"] == []
    await editor.dictate(spoken("save it"), URI, len(source))
    written = editor.buffers[URI].text[len(source) :]
    listed = await editor.command("alternatives")
    other = {"saveIt": "save_it", "save_it": "saveIt"}[written]
    (index,) = [each["index"] for each in listed["choices"] if each["label"] == other]
    await editor.command("choose", utteranceId=listed["utteranceId"], index=index)
    assert editor.buffers[URI].text == source + other
    files = await editor.command("vocabulary")
    path = Path(files["path"])
    assert path == home / "config" / "dictate" / "vocabulary.toml"
    while other not in path.read_text():
        await asyncio.sleep(0.02)
    assert other in tomllib.loads(path.read_text())["learned"]


async def test_names_that_other_servers_know_are_written_right(
    start_editor: Any, home: Path, spoken: Any
) -> None:
    editor = await start_editor(home)
    editor.open(URI, "x = 1\n", language_id="python")
    editor.notify(
        "dictate/symbols",
        {"uri": URI, "symbols": [{"name": "openTheFile", "kind": 12}, {"name": 3}, {}]},
    )
    editor.notify("dictate/symbols", {"symbols": "nonsense"})
    final = await editor.dictate(spoken("open the file"), URI, 6)
    assert final["text"] == "openTheFile"


async def test_a_malformed_project_file_is_told_in_a_line_and_the_rest_goes_on(
    start_editor: Any, home: Path, spoken: Any
) -> None:
    work = home / "work"
    work.mkdir()
    (work / ".git").mkdir()
    (work / ".dictate.toml").write_text('[replacements]\n"open the file" = "o.t.f"\nbroken = = 1\n')
    uri = (work / "store.py").as_uri()
    editor = await start_editor(home)
    editor.open(uri, "x = 1\n", language_id="python")
    final = await editor.dictate(spoken("open the file"), uri, 6)
    assert final["text"] == "o.t.f"
    told = [line for line in editor.messages() if ".dictate.toml" in line]
    assert len(told) == 1
    assert "\n" not in told[0]
    assert "3" in told[0]
