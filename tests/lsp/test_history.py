"""dictate.history through the real server: what was dictated lately, whoever asks."""

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

URI = "file:///work/notes.md"
SENTENCE = "open the file and save it"


@pytest.mark.parametrize("plugin", [True, False], ids=["plugin", "plain"])
async def test_dictations_are_listed_the_newest_first(
    start_editor: Any, home: Path, spoken: Any, plugin: bool
) -> None:
    editor = await start_editor(home, plugin=plugin)
    assert (await editor.command("history"))["entries"] == []
    for sentence in (SENTENCE, "close the window"):
        editor.edits.clear()
        editor.open(URI, "")
        await editor.command("start", uri=URI, file=str(spoken(sentence)), realtime=False)
        await editor.wait_for_edit()
    newest, oldest = (await editor.command("history"))["entries"]
    assert newest["text"] == editor.buffers[URI].text.strip()
    assert (newest["uri"], newest["outcome"]) == (URI, "inserted")
    assert oldest["heard"]
    assert oldest["text"] != newest["text"]
    assert newest["latencyMs"] > 0
    assert newest["audioMs"] > 500
    spoken_at = datetime.fromisoformat(newest["spokenAt"].replace("Z", "+00:00"))
    age = datetime.now(timezone.utc) - spoken_at
    assert timedelta(0) <= age < timedelta(hours=1)
    assert oldest["spokenAt"] <= newest["spokenAt"]


async def test_a_failed_one_is_listed_with_its_text_until_a_retry_inserts_it(
    start_editor: Any, home: Path, spoken: Any
) -> None:
    editor = await start_editor(home)
    editor.open(URI, "")

    async def refuse(_edit: Any) -> dict[str, Any]:
        return {"applied": False, "reason": "readonly"}

    editor.on_edit = refuse
    failed = await editor.dictate(spoken(SENTENCE), URI, 0)
    assert failed["outcome"] == "failed"
    (entry,) = (await editor.command("history"))["entries"]
    assert (entry["outcome"], entry["utteranceId"]) == ("failed", failed["utteranceId"])
    assert entry["text"]
    assert entry["message"] == failed["message"]
    spoken_at = entry["spokenAt"]
    editor.on_edit = editor.apply
    begun = await editor.command("retry", uri=URI)
    assert (await editor.nth_final(begun["utteranceId"], 2))["outcome"] == "inserted"
    (entry,) = (await editor.command("history"))["entries"]
    assert (entry["outcome"], entry["spokenAt"][:19]) == ("inserted", spoken_at[:19])


async def test_a_cancelled_one_is_not_listed(start_editor: Any, home: Path, spoken: Any) -> None:
    editor = await start_editor(home)
    editor.open(URI, "")
    begun = await editor.command("start", uri=URI, file=str(spoken(SENTENCE, 60)))
    await editor.wait_for_state("listening")
    await editor.command("cancel")
    assert (await editor.final(begun["utteranceId"]))["outcome"] == "cancelled"
    assert (await editor.command("history"))["entries"] == []
