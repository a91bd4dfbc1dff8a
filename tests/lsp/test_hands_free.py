"""Hands-free: one dictation after the other, each ended by a pause, none lost or doubled."""

import asyncio
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from dictate.audio.file import read_audio
from dictate.bench.recordings import recordings
from tests.lsp.scripted_editor import ScriptedEditor
from tests.lsp.test_spoken_words import words

URI = "file:///work/notes.md"


def play(folder: Path, *parts: Any) -> Path:
    """One recording of bundled ones (by number) and pauses (in seconds, as floats)."""
    sounds = [
        read_audio(recordings()[part].path)
        if isinstance(part, int)
        else np.zeros(int(part * 16_000), np.int16)
        for part in parts
    ]
    path = folder / "played.wav"
    soundfile.write(path, np.concatenate(sounds), 16_000, subtype="PCM_16")
    return path


def said(*numbers: int) -> list[str]:
    return [recordings()[number].text for number in numbers]


async def listen(editor: ScriptedEditor, file: Path, **options: Any) -> dict[str, Any]:
    place = {"line": 0, "character": 0}
    return await editor.command("handsFree", uri=URI, position=place, file=str(file), **options)


async def finished(editor: ScriptedEditor) -> None:
    """Wait until nothing listens and nothing is under way."""
    await editor.wait_for(
        lambda message: (
            message.method == "dictate/state"
            and message.params["state"] == "idle"
            and message.params["mode"] == "manual"
        )
    )


def finals(editor: ScriptedEditor) -> list[dict[str, Any]]:
    return editor.all("dictate/final")


@pytest.mark.parametrize("realtime", [True, False], ids=["as spoken", "at once"])
async def test_each_pause_ends_a_dictation_and_all_land_in_order(
    start_editor: Any, home: Path, tmp_path: Path, realtime: bool
) -> None:
    editor = await start_editor(home)
    editor.open(URI, "")
    file = play(tmp_path, 0.4, 0, 1.0, 1, 0.9, 2, 1.2, 3, 1.0)
    await listen(editor, file, realtime=realtime)
    await finished(editor)
    assert [words(each["text"]) for each in finals(editor) if each["outcome"] == "inserted"] == [
        words(text) for text in said(0, 1, 2, 3)
    ]
    assert words(editor.buffers[URI].text) == words(" ".join(said(0, 1, 2, 3)))
    states = editor.all("dictate/state")
    assert all(each["mode"] == "handsFree" for each in states if each["state"] == "listening")
    assert editor.messages() == [], "silence at the end is nothing to be told of"
    latency = finals(editor)[-1]["latency"] or {}
    assert latency.get("count") == 4
    assert not list((home / "state/dictate/spool").glob("*"))


async def test_stop_listening_ends_it_and_is_not_written(
    start_editor: Any,
    home: Path,
    tmp_path: Path,
) -> None:
    """The phrase is one that the bundled pair hears right: what counts is that it is the phrase."""
    phrase = said(1)[0]
    editor = await start_editor(
        home, settings={"handsFree": {"stopPhrases": [phrase.upper() + "!"]}}
    )
    editor.open(URI, "")
    file = play(tmp_path, 0.3, 0, 1.0, 1, 1.0, 2, 1.0)
    await listen(editor, file)
    await finished(editor)
    assert words(editor.buffers[URI].text) == words(said(0)[0])


async def test_a_second_command_ends_it_behind_what_is_being_said(
    start_editor: Any, home: Path, tmp_path: Path
) -> None:
    editor = await start_editor(home)
    editor.open(URI, "")
    # So much that something is being said whenever the first text is there.
    await listen(editor, play(tmp_path, 0.3, 0, 1.5, *[1, 2, 3] * 10))
    first = (await editor.wait_for("dictate/final")).params["utteranceId"]
    await editor.wait_for(
        lambda message: (
            message.method == "dictate/level"
            and message.params["speech"]
            and message.params["utteranceId"] != first
        )
    )
    answer = await editor.command("handsFree", uri=URI)
    assert answer["state"] in ("finishing", "idle")
    await finished(editor)
    assert words(editor.buffers[URI].text)[: len(words(said(0)[0]))] == words(said(0)[0])
    ids = {each["utteranceId"] for each in finals(editor)}
    assert len(ids) == len(finals(editor)), "each ends once"


async def test_cancelling_drops_what_is_being_said_and_leaves_no_trace(
    start_editor: Any, home: Path, tmp_path: Path
) -> None:
    # It is still the first dictation when its first words are shown.
    editor = await start_editor(home, settings={"handsFree": {"pauseMs": 5000}})
    editor.open(URI, "")
    await listen(editor, play(tmp_path, 0.3, *[0, 1.0, 1, 1.0] * 10))
    await editor.wait_for("dictate/partial")
    await editor.command("cancel")
    await finished(editor)
    assert editor.buffers[URI].text == ""
    assert [each["outcome"] for each in finals(editor)] == ["cancelled"]
    assert not list((home / "state/dictate/spool").glob("*"))


async def test_the_next_text_goes_where_the_cursor_went_meanwhile(
    start_editor: Any, home: Path, tmp_path: Path
) -> None:
    editor = await start_editor(home)
    editor.open(URI, "\n\n")
    await listen(editor, play(tmp_path, 0.3, 0, 10.0, 1, 1.0))
    await editor.wait_for("dictate/final")
    placed = await editor.command("place", uri=URI, position={"line": 2, "character": 0})
    assert placed["placed"], "nobody speaks yet"
    await finished(editor)
    first, _, third = editor.buffers[URI].text.split("\n")
    assert (words(first), words(third)) == tuple(words(text) for text in said(0, 1))


async def test_vibe_writes_prose_in_a_file_of_code(
    start_editor: Any, home: Path, tmp_path: Path
) -> None:
    editor = await start_editor(home)
    uri = "file:///work/code.py"
    editor.open(uri, "x = 1\n", "python")
    await editor.command(
        "handsFree", uri=uri, position={"line": 1, "character": 0},
        file=str(play(tmp_path, 0.3, 0, 1.0)), preset="vibe",
    )  # fmt: skip
    await finished(editor)
    assert editor.all("dictate/state")[0]["mode"] == "vibe"
    written = editor.buffers[uri].text.removeprefix("x = 1\n")
    assert words(written) == words(said(0)[0])


async def test_a_file_that_cannot_be_read_ends_it_with_one_line(
    start_editor: Any, home: Path, tmp_path: Path
) -> None:
    editor = await start_editor(home)
    editor.open(URI, "")
    await listen(editor, tmp_path / "missing.wav")
    await finished(editor)
    assert len(finals(editor)) == 1
    assert "does not exist" in finals(editor)[0]["message"]


@pytest.mark.timeout(600)
async def test_a_thousand_random_sequences_of_keys_end_in_a_sane_state(
    start_editor: Any, home: Path, tmp_path: Path
) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    generator = random.Random(seed)
    editor = await start_editor(home)
    editor.open(URI, "")
    file = str(play(tmp_path, 0, 0.6, 1, 0.6))
    keys = ["handsFree", "start", "stop", "cancel", "toggle", "place"]
    discarded = 0
    for number in range(1000):
        for key in generator.choices(keys, k=generator.randint(1, 6)):
            argument = {"uri": URI, "position": {"line": 0, "character": 0}, "file": file}
            if key == "handsFree" and generator.random() < 0.3:
                argument["preset"] = "vibe"
            answer = await editor.command(key, **argument)
            assert answer["state"] in ("idle", "starting", "listening", "finishing")
            if generator.random() < 0.02:
                await asyncio.sleep(generator.uniform(0, 0.4))
        status = await editor.status()
        listens = status["state"] in ("starting", "listening")
        assert status["mode"] == "manual" or listens, f"{number}: {status}"
        if number % 20 == 19:
            await editor.command("cancel")
            while (status := await editor.status())["state"] != "idle":
                await asyncio.sleep(0.01)
            assert status["mode"] == "manual", f"{number}: {status}"
            # What a key cut off in the middle of a word may make no sense, and is kept then.
            kept = [each for each in finals(editor) if each["outcome"] == "failed"][discarded:]
            assert all("not understood" in each["message"] for each in kept), f"{number}: {kept}"
            assert status["pending"] == len(kept), f"{number}: {status}"
            await editor.command("discard")
            discarded += len(kept)
            assert not list((home / "state/dictate/spool").glob("*"))
    ended = [each["utteranceId"] for each in finals(editor)]
    assert len(ended) == len(set(ended)), "each ends once"
    begun = {each["utteranceId"] for each in editor.all("dictate/state")} - {None}
    assert begun <= set(ended), "each that was shown has ended"
    final = await editor.dictate(recordings()[0].path, URI, 0)
    assert words(final["text"]) == words(said(0)[0])
