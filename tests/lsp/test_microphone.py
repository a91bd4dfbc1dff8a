"""The whole way from a real (virtual) microphone to the document."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lsp.test_spoken_words import words
from tests.rigs.microphone import VirtualMicrophone, missing_microphone

URI = "file:///work/notes.md"


@pytest.fixture
def microphone() -> Iterator[VirtualMicrophone]:
    if (missing := missing_microphone()) is not None:
        pytest.skip(missing)
    with VirtualMicrophone() as microphone:
        yield microphone


async def closed(microphone: VirtualMicrophone) -> None:
    """Wait until nothing listens any more."""
    while microphone.recorders():
        await asyncio.sleep(0.02)


async def test_what_is_spoken_into_the_microphone_lands_in_the_document(
    start_editor: Any, home: Path, spoken: Any, microphone: VirtualMicrophone
) -> None:
    editor = await start_editor(home, environment=microphone.env)
    editor.open(URI, "First.\n\nLast.\n")
    begun = await editor.command("toggle", uri=URI, position={"line": 1, "character": 0})
    assert begun["state"] == "starting"
    await editor.wait_for_state("listening")
    assert editor.all("dictate/state")[-1]["device"]
    await asyncio.to_thread(microphone.play, spoken("open the file and save it"))
    stopped = await editor.command("toggle")
    assert stopped == {"utteranceId": begun["utteranceId"], "state": "finishing"}
    final = await editor.final(begun["utteranceId"])
    assert final["outcome"] == "inserted"
    assert editor.buffers[URI].text == f"First.\n{final['text']}\nLast.\n"
    assert any(level["speech"] for level in editor.all("dictate/level"))
    await editor.wait_for_state("idle")
    await closed(microphone)


async def test_hands_free_the_microphone_stays_open_and_each_pause_brings_a_text(
    start_editor: Any, home: Path, spoken: Any, microphone: VirtualMicrophone
) -> None:
    sentences = ["open the file and save it", "close the window", "go to the next line"]
    editor = await start_editor(home, environment=microphone.env)
    editor.open(URI, "")
    expected = [(await editor.dictate(spoken(each), URI, 0))["text"] for each in sentences]
    before = len(editor.all("dictate/final"))

    def heard() -> list[str]:
        # Nobody says anything for a while where the texts are slow to come.
        return [each["text"] for each in editor.all("dictate/final")[before:] if each["text"]]

    await editor.command("handsFree", uri=URI, position={"line": 0, "character": 0})
    await editor.wait_for_state("listening")
    for count, sentence in enumerate(sentences, start=1):
        await asyncio.to_thread(microphone.play, spoken(sentence))
        while len(heard()) < count:
            await asyncio.sleep(0.02)
        assert microphone.recorders() == 1
    answer = await editor.command("handsFree")
    assert answer["state"] in ("finishing", "idle")
    await editor.wait_for_state("idle")
    assert [words(text) for text in heard()] == [words(text) for text in expected]
    await closed(microphone)


async def test_a_microphone_taken_away_hands_free_ends_it_with_what_was_said(
    start_editor: Any, home: Path, spoken: Any, microphone: VirtualMicrophone
) -> None:
    editor = await start_editor(home, environment=microphone.env)
    editor.open(URI, "")
    await editor.command("handsFree", uri=URI)
    await editor.wait_for_state("listening")
    await asyncio.to_thread(microphone.play, spoken("open the file and save it"))
    await asyncio.to_thread(microphone.unplug)
    await editor.wait_for_state("idle")
    assert words(editor.buffers[URI].text), "what was said is there"
    told = [each["message"] for each in editor.all("dictate/final") if each.get("message")]
    assert len(told) == 1, "the user is told once"
    assert (await editor.status())["mode"] == "manual"


async def test_a_microphone_taken_away_while_speaking_leaves_what_was_said(
    start_editor: Any, home: Path, spoken: Any, microphone: VirtualMicrophone
) -> None:
    editor = await start_editor(home, environment=microphone.env)
    editor.open(URI, "")
    begun = await editor.command("start", uri=URI)
    await editor.wait_for_state("listening")
    await asyncio.to_thread(microphone.play, spoken("open the file and save it"))
    await asyncio.to_thread(microphone.unplug)
    final = await editor.final(begun["utteranceId"])
    assert final["outcome"] == "inserted"
    assert editor.buffers[URI].text == final["text"] != ""
    assert final["message"], "the user is told"
    assert "\n" not in final["message"]
    await editor.wait_for_state("idle")


async def test_without_a_microphone_there_is_one_clear_line(start_editor: Any, home: Path) -> None:
    if (missing := missing_microphone()) is not None:
        pytest.skip(missing)
    with VirtualMicrophone(plugged=False) as microphone:
        editor = await start_editor(home, environment=microphone.env)
        editor.open(URI, "")
        begun = await editor.command("start", uri=URI)
        final = await editor.final(begun["utteranceId"])
        assert final["outcome"] == "failed"
        assert "\n" not in final["message"]
        assert "see its log" not in final["message"]
        assert "listening" not in editor.states()
        assert (await editor.status())["pending"] == 0


async def test_rapid_toggles_on_the_microphone_end_idle_and_closed(
    start_editor: Any, home: Path, microphone: VirtualMicrophone
) -> None:
    editor = await start_editor(home, environment=microphone.env)
    editor.open(URI, "")
    for pause_s in (0.0, 0.01, 0.05, 0.3, 0.0):
        begun = await editor.command("toggle", uri=URI)
        await asyncio.sleep(pause_s)
        await editor.command("toggle", uri=URI)
        await asyncio.sleep(pause_s / 2)
    await editor.final(begun["utteranceId"])
    await editor.wait_for_state("idle")
    finals = editor.all("dictate/final")
    assert [final["outcome"] for final in finals] == ["cancelled"] * 5
    assert len({final["utteranceId"] for final in finals}) == 5
    await closed(microphone)


async def test_a_server_that_dies_while_listening_leaves_the_microphone(
    start_editor: Any, home: Path, spoken: Any, microphone: VirtualMicrophone
) -> None:
    editor = await start_editor(home, environment=microphone.env)
    editor.open(URI, "")
    await editor.command("start", uri=URI)
    await editor.wait_for_state("listening")
    await asyncio.to_thread(microphone.play, spoken("save the file"))
    editor.close_stdin()
    assert await editor.wait_for_exit() == 1
    again = await start_editor(home, environment=microphone.env)
    await closed(microphone)
    offer = await again.wait_for("window/showMessage")
    assert "kept 1 dictation" in offer.params["message"]
    again.open(URI, "")
    begun = await again.command("retry", uri=URI)
    final = await again.final(begun["utteranceId"])
    assert final["outcome"] == "inserted"
    assert again.buffers[URI].text == final["text"]
