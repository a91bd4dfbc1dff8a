"""Engines that die, leave or cannot run: nothing is lost, and one line says what to do."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

URI = "file:///work/notes.md"
SENTENCE = "open the file and save it"


async def test_a_killed_engine_comes_back_and_the_text_lands_once(
    start_editor: Any, own_engine_home: Path, spoken: Any
) -> None:
    import numpy as np
    import soundfile

    # Something is left to be said, however late the words come that it is killed at.
    parts = [soundfile.read(spoken(SENTENCE, silence_s), dtype="int16") for silence_s in (5, 0)]
    file = own_engine_home / "twice.wav"
    soundfile.write(file, np.concatenate([sound for sound, _ in parts]), parts[0][1])
    editor = await start_editor(own_engine_home)
    editor.open(URI, "")
    reference = await editor.dictate(file, URI, 0)
    expected = reference["text"]
    editor.open("file:///work/two.md", "")
    begun = await editor.command("start", uri="file:///work/two.md", file=str(file))
    await editor.wait_for_words(begun["utteranceId"])
    pid = (await editor.engine())["pid"]
    os.kill(pid, signal.SIGKILL)
    final = await editor.final(begun["utteranceId"])
    assert final["outcome"] == "inserted"
    assert editor.buffers["file:///work/two.md"].text == final["text"] == expected
    assert (await editor.engine())["pid"] != pid


async def test_an_engine_killed_while_decoding_loses_nothing(
    start_editor: Any, own_engine_home: Path, spoken: Any
) -> None:
    editor = await start_editor(own_engine_home)
    editor.open(URI, "")
    expected = (await editor.dictate(spoken(SENTENCE), URI, 0))["text"]
    pid = (await editor.engine())["pid"]
    os.kill(pid, signal.SIGSTOP)
    editor.open("file:///work/two.md", "")
    begun = await editor.command(
        "start", uri="file:///work/two.md", file=str(spoken(SENTENCE)), realtime=False
    )
    await asyncio.sleep(0.5)
    os.kill(pid, signal.SIGKILL)
    final = await editor.final(begun["utteranceId"])
    assert (final["outcome"], final["text"]) == ("inserted", expected)
    assert editor.buffers["file:///work/two.md"].text == expected


async def test_an_unknown_pair_fails_in_one_line_and_keeps_the_sound(
    start_editor: Any, own_engine_home: Path, spoken: Any
) -> None:
    editor = await start_editor(
        own_engine_home, settings={"engine": {"pair": "nonsense", "autostart": False}}
    )
    editor.open(URI, "")
    final = await editor.dictate(spoken(SENTENCE), URI, 0)
    assert final["outcome"] == "failed"
    assert "nonsense" in final["message"]
    assert "\n" not in final["message"]
    configured = {"dictate": {"engine": {"pair": "bundled"}}}
    editor.notify("workspace/didChangeConfiguration", {"settings": configured})
    if (await editor.status())["pending"]:
        begun = await editor.command("retry", uri=URI)
        again = await editor.nth_final(begun["utteranceId"], 2)
        assert again["outcome"] == "inserted"


async def test_a_broken_pair_fails_in_one_line_and_keeps_the_sound(
    start_editor: Any, own_engine_home: Path, spoken: Any
) -> None:
    broken = own_engine_home / "broken"
    broken.mkdir()
    (broken / "config.json").write_text("{}")
    config = own_engine_home / "config/dictate"
    config.mkdir(parents=True)
    (config / "models.toml").write_text(
        f'[pair.broken]\ndescription = "x"\ntarget = "{broken}"\nlanguages = ["en"]\n'
        'licence = "MIT"\nshort_window = false\nfollows_prompts = false\n'
    )
    settings = {"engine": {"pair": "broken", "autostart": False}}
    editor = await start_editor(own_engine_home, settings=settings)
    editor.open(URI, "")
    final = await editor.dictate(spoken(SENTENCE), URI, 0, realtime=True)
    assert final["outcome"] == "failed"
    assert "\n" not in final["message"]
    assert "see its log" not in final["message"]
    assert (await editor.status())["pending"] == 1


async def test_an_engine_that_left_is_started_again_at_the_next_dictation(
    start_editor: Any, own_engine_home: Path, spoken: Any
) -> None:
    editor = await start_editor(own_engine_home, progress=True)
    editor.open(URI, "")
    first = await editor.dictate(spoken(SENTENCE), URI, 0)
    await editor.wait_for(lambda m: m.method == "$/progress" and m.params["value"]["kind"] == "end")
    pid = (await editor.engine())["pid"]
    os.kill(pid, signal.SIGTERM)
    while _runs(pid):
        await asyncio.sleep(0.05)
    editor.open("file:///work/two.md", "")
    second = await editor.dictate(spoken(SENTENCE), "file:///work/two.md", 0)
    assert (second["outcome"], second["text"]) == ("inserted", first["text"])
    begins = [p for p in editor.all("$/progress") if p["value"]["kind"] == "begin"]
    ends = [p for p in editor.all("$/progress") if p["value"]["kind"] == "end"]
    assert len(begins) == 2, "its loading is shown again"
    assert len(ends) >= 1


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
