"""Dictation through the real server and engine: text lands once, at its place, come what may."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.lsp.scripted_editor import Edit

URI = "file:///work/notes.md"
EMOJI = "Grüße 👩‍💻 und 漢字: 😀 here, and there.\nSecond 🚀 line.\n"
SENTENCE = "open the file and save it"


def place(text: str, mark: str) -> int:
    return text.index(mark)


async def test_a_recording_lands_at_its_place(start_editor: Any, home: Path, spoken: Any) -> None:
    editor = await start_editor(home)
    editor.open(URI, "First line.\n\nLast line.\n")
    final = await editor.dictate(spoken(SENTENCE), URI, 12)
    assert final["outcome"] == "inserted"
    assert final["text"]
    assert editor.buffers[URI].text == f"First line.\n{final['text']}\nLast line.\n"
    assert final["uri"] == URI
    assert final["audioMs"] > 1000
    assert {"capture", "queue", "recognition", "engine", "edit", "total"} <= set(final["timingsMs"])
    await editor.wait_for_state("idle")
    assert editor.states() == ["starting", "listening", "finishing", "idle"]
    status = await editor.status()
    assert (status["state"], status["pending"]) == ("idle", 0)
    assert (await editor.engine())["state"] == "ready"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
@pytest.mark.parametrize("plugin", [True, False], ids=["plugin", "plain"])
async def test_positions_are_right_behind_emoji_in_every_encoding(
    start_editor: Any, home: Path, spoken: Any, encoding: str, plugin: bool
) -> None:
    editor = await start_editor(home, encoding=encoding, plugin=plugin)
    assert editor.capabilities["positionEncoding"] == encoding
    editor.open(URI, EMOJI)
    offset = place(EMOJI, " here,")
    position = editor.position(EMOJI, offset)
    await editor.command(
        "start", uri=URI, position=position, file=str(spoken(SENTENCE)), realtime=False
    )
    await editor.wait_for_edit()
    text = editor.buffers[URI].text
    assert text.startswith(EMOJI[:offset])
    assert text.endswith(EMOJI[offset:])
    assert len(editor.edits) == 1
    assert editor.edits[0].version == 1
    assert editor.edits[0].position == position


async def test_the_place_follows_what_the_user_types_meanwhile(
    start_editor: Any, home: Path, spoken: Any
) -> None:
    editor = await start_editor(home)
    editor.open(URI, EMOJI)
    offset = place(EMOJI, " here,")
    begun = await editor.command(
        "start", uri=URI, position=editor.position(EMOJI, offset), file=str(spoken(SENTENCE))
    )
    await editor.wait_for_state("listening")
    editor.type(URI, 0, 0, "Neu 😀\r\nzwei\n")
    await asyncio.sleep(0.1)
    editor.type(URI, len(editor.buffers[URI].text), len(editor.buffers[URI].text), "end")
    editor.type(
        URI,
        place(editor.buffers[URI].text, " here,"),
        place(editor.buffers[URI].text, " here,"),
        "!",
    )
    final = await editor.final(begun["utteranceId"])
    assert final["outcome"] == "inserted"
    # The last one: those before it were for a document that was typed in meanwhile.
    said = editor.edits[-1].new_text
    assert said.strip() == final["text"]
    before, after = EMOJI[:offset], EMOJI[offset:]
    assert editor.buffers[URI].text == f"Neu 😀\r\nzwei\n{before}{said}!{after}end"


async def test_a_full_text_client_keeps_the_place_too(
    start_editor: Any, home: Path, spoken: Any
) -> None:
    editor = await start_editor(home)
    editor.open(URI, "one\ntwo three\nfour\n")
    begun = await editor.command(
        "start", uri=URI, position={"line": 1, "character": 3}, file=str(spoken(SENTENCE))
    )
    buffer = editor.buffers[URI]
    buffer.text, buffer.version = "zero\none\ntwo three\nfour and more\n", 2
    editor.send_changes(URI, [{"text": buffer.text}])
    final = await editor.final(begun["utteranceId"])
    assert editor.buffers[URI].text == f"zero\none\ntwo {final['text']} three\nfour and more\n"


async def test_a_plain_editor_starts_from_the_code_action(
    start_editor: Any, home: Path, spoken: Any
) -> None:
    editor = await start_editor(home, plugin=False)
    editor.open(URI, "one two\n")
    here = {"line": 0, "character": 3}
    asked = {
        "textDocument": {"uri": URI},
        "range": {"start": here, "end": here},
        "context": {"diagnostics": []},
    }
    (action,) = await editor.request("textDocument/codeAction", asked)
    assert action["title"] == "Dictate here"
    (argument,) = action["command"]["arguments"]
    assert (argument["uri"], argument["position"]) == (URI, here)
    # Without a place: where the code action was asked for.
    await editor.command("toggle", file=str(spoken(SENTENCE)), realtime=False)
    await editor.wait_for_edit()
    assert editor.buffers[URI].text.startswith("one ")
    assert editor.buffers[URI].text.endswith(" two\n")
    assert editor.all("dictate/final") == []
    assert editor.all("dictate/state") == []


async def test_a_client_without_document_changes_gets_plain_changes(
    start_editor: Any, home: Path, spoken: Any
) -> None:
    editor = await start_editor(home, plugin=False, document_changes=False)
    editor.open(URI, "")
    await editor.command("start", uri=URI, file=str(spoken(SENTENCE)), realtime=False)
    await editor.wait_for_edit()
    assert editor.edits[0].version is None


async def test_texts_land_in_order_at_their_own_places(
    start_editor: Any, home: Path, spoken: Any
) -> None:
    editor = await start_editor(home)
    other = "file:///work/other.md"
    editor.open(URI, "one\n\nthree\n")
    editor.open(other, "")
    sentences = ["save the file", "open the window", "close the buffer"]
    ids = []
    all_spoken = asyncio.Event()

    async def when_all_is_spoken(edit: Edit) -> dict[str, Any]:
        await all_spoken.wait()
        return await editor.apply(edit)

    editor.on_edit = when_all_is_spoken
    for sentence, uri, line in zip(sentences, [URI, other, URI], [1, 0, 1], strict=True):
        place = {"line": line, "character": 0}
        file = str(spoken(sentence, 60))
        begun = await editor.command("start", uri=uri, position=place, file=file)
        ids.append(begun["utteranceId"])
        await editor.wait_for_words(ids[-1], last=sentence.split()[-1])
        await editor.command("stop")
    all_spoken.set()
    finals = [await editor.final(utterance_id) for utterance_id in ids]
    assert [final["outcome"] for final in finals] == ["inserted"] * 3
    assert [edit.utterance_id for edit in editor.edits] == ids
    assert editor.buffers[URI].text == f"one\n{finals[0]['text']} {finals[2]['text']}\nthree\n"
    assert editor.buffers[other].text == finals[1]["text"]


async def test_silence_gives_no_text(start_editor: Any, home: Path, silent: Path) -> None:
    editor = await start_editor(home)
    editor.open(URI, "one\n")
    final = await editor.dictate(silent, URI, 0)
    assert (final["outcome"], final["text"], final["message"]) == ("cancelled", "", "nothing heard")
    assert editor.edits == []
    assert (await editor.status())["pending"] == 0


async def test_what_was_not_understood_is_not_inserted_and_is_kept(
    start_editor: Any, home: Path, spoken: Any, tmp_path: Path
) -> None:
    import soundfile

    sentence, rate_hz = soundfile.read(spoken(SENTENCE), dtype="int16")
    backwards = tmp_path / "backwards.wav"
    soundfile.write(backwards, sentence[::-1], rate_hz)
    editor = await start_editor(home)
    editor.open(URI, "one\n")
    final = await editor.dictate(backwards, URI, 0)
    assert (final["outcome"], final["text"]) == ("failed", "")
    assert "not understood" in final["message"]
    assert "retry" in final["message"]
    assert editor.edits == []
    assert (await editor.status())["pending"] == 1


async def test_three_minutes_in_one_go_arrive_whole(
    start_editor: Any, home: Path, spoken: Any, tmp_path: Path
) -> None:
    import numpy as np
    import soundfile

    sentence, rate_hz = soundfile.read(spoken(SENTENCE), dtype="int16")
    sentence = np.concatenate((sentence, np.zeros(rate_hz, dtype=np.int16)))
    count = int(180 * rate_hz / len(sentence)) + 1
    long = tmp_path / "long.wav"
    soundfile.write(long, np.tile(sentence, count), rate_hz)
    editor = await start_editor(home)
    editor.open(URI, "")
    final = await editor.dictate(long, URI, 0)
    assert final["outcome"] == "inserted"
    assert final["audioMs"] >= 180_000
    assert editor.buffers[URI].text == final["text"]
    # Every sentence gives at least a word, whatever the model makes of it.
    assert len(final["text"].split()) >= count


async def test_cancel_gives_no_text_at_any_moment(
    start_editor: Any, home: Path, spoken: Any
) -> None:
    editor = await start_editor(home)
    editor.open(URI, "one\n")
    for pause_s in (0.0, 0.02, 0.1, 0.5):
        begun = await editor.command("start", uri=URI, file=str(spoken(SENTENCE, 60)))
        await asyncio.sleep(pause_s)
        await editor.command("cancel")
        final = await editor.final(begun["utteranceId"])
        assert final["outcome"] == "cancelled"
    begun = await editor.command("start", uri=URI, file=str(spoken(SENTENCE)))
    await editor.wait_for_state("listening")
    await asyncio.sleep(1)
    await editor.command("stop")
    await editor.command("cancel")
    final = await editor.final(begun["utteranceId"])
    text = editor.buffers[URI].text
    assert (final["outcome"] == "cancelled") == (text == "one\n"), "cancelled or inserted, not both"
    await editor.wait_for_state("idle")
    assert (await editor.status())["pending"] == 0


async def test_ten_rapid_toggles_end_idle_with_every_utterance_ended(
    start_editor: Any, home: Path, spoken: Any
) -> None:
    editor = await start_editor(home)
    editor.open(URI, "")
    file = str(spoken(SENTENCE, 60))
    results = await asyncio.gather(
        *(editor.command("toggle", uri=URI, file=file) for _ in range(10))
    )
    ids = {result["utteranceId"] for result in results}
    assert len(ids) == 5
    for utterance_id in ids:
        await editor.final(utterance_id)
    await editor.wait_for_state("idle")
    finals = editor.all("dictate/final")
    assert len(finals) == 5
    assert (await editor.status())["pending"] == 0


async def test_commands_out_of_turn_change_nothing(
    start_editor: Any, home: Path, spoken: Any
) -> None:
    editor = await start_editor(home)
    assert await editor.command("stop") == {"utteranceId": None, "state": "idle"}
    assert await editor.command("cancel") == {"utteranceId": None, "state": "idle"}
    refused = await editor.command("start")
    assert refused == {"utteranceId": None, "state": "idle"}
    assert "no open document" in editor.messages()[-1]
    refused = await editor.command("start", uri="file:///elsewhere")
    assert "not open" in editor.messages()[-1]
    editor.open(URI, "")
    first = await editor.command("start", uri=URI, file=str(spoken(SENTENCE, 60)))
    second = await editor.command("start", uri=URI, file=str(spoken(SENTENCE, 60)))
    assert second["utteranceId"] == first["utteranceId"]
    await editor.command("cancel")
    await editor.wait_for_state("idle")


async def test_a_malformed_argument_is_one_line(start_editor: Any, home: Path) -> None:
    editor = await start_editor(home)
    result = await editor.command("start", uri=7)
    assert result == {"utteranceId": None, "state": "idle"}
    assert "not understood" in editor.messages()[-1]


@pytest.mark.parametrize("name", ["missing.wav", "text.wav", "empty.wav", "."])
async def test_a_file_that_cannot_be_read_is_one_clear_line(
    start_editor: Any, home: Path, tmp_path: Path, name: str
) -> None:
    (tmp_path / "text.wav").write_text("this is no sound")
    (tmp_path / "empty.wav").write_bytes(b"")
    editor = await start_editor(home)
    editor.open(URI, "one\n")
    final = await editor.dictate(tmp_path / name, URI, 0)
    assert final["outcome"] == "failed"
    assert final["message"].count("\n") == 0
    assert "see its log" not in final["message"]
    assert (await editor.status())["pending"] == 0, "there is no sound to keep"


async def test_levels_stop_with_the_listening(
    start_editor: Any, home: Path, spoken: Any, tmp_path: Path
) -> None:
    import numpy as np
    import soundfile

    sentence, rate_hz = soundfile.read(spoken(SENTENCE), dtype="int16")
    file = tmp_path / "again.wav"
    soundfile.write(file, np.tile(sentence, 30), rate_hz)
    editor = await start_editor(home)
    editor.open(URI, "")
    begun = await editor.command("start", uri=URI, file=str(file))
    await editor.wait_for(lambda m: m.method == "dictate/level" and m.params["speech"])
    await editor.wait_for_words(begun["utteranceId"])
    await editor.command("stop")
    await editor.final(begun["utteranceId"])
    levels = [m for m in editor.received if m.method == "dictate/level"]
    ended = next(m.at_s for m in editor.received if m.method == "dictate/final")
    assert all(level.at_s < ended for level in levels)
    partials = editor.all("dictate/partial")
    assert all(partial["text"] for partial in partials)
    assert all(partial["uri"] == URI for partial in partials)
