"""Editors that drop, refuse, delay or fail at edits: every text is inserted once or kept."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.lsp.scripted_editor import Edit

URI = "file:///work/notes.md"
SENTENCE = "open the file and save it"


async def test_a_stale_edit_is_planned_again_on_the_newer_document(
    start_editor: Any, home: Path, spoken: Any
) -> None:
    editor = await start_editor(home)
    editor.open(URI, "one two\n")

    async def type_first(edit: Edit) -> dict[str, Any]:
        if len(editor.edits) <= 3:
            editor.type(URI, 0, 0, "x")
        return await editor.apply(edit)

    editor.on_edit = type_first
    final = await editor.dictate(spoken(SENTENCE), URI, 3)
    assert final["outcome"] == "inserted"
    assert editor.buffers[URI].text == f"xxxone {final['text']} two\n"
    assert [edit.version for edit in editor.edits] == [1, 2, 3, 4]


async def test_applied_is_not_believed_when_the_edit_was_dropped(
    start_editor: Any, home: Path, spoken: Any
) -> None:
    """As Neovim does: it answers "applied" to an edit for an old version, which it drops."""
    editor = await start_editor(home, plugin=False)
    editor.open(URI, "one two\n")

    async def drop_the_first(edit: Edit) -> dict[str, Any]:
        if len(editor.edits) == 1:
            change = editor.type(URI, 0, 0, "x", silently=True)
            asyncio.get_running_loop().call_later(0.15, editor.send_changes, URI, [change])
            return {"applied": True}
        return await editor.apply(edit)

    editor.on_edit = drop_the_first
    await editor.command(
        "start", uri=URI, position={"line": 0, "character": 3}, file=str(spoken(SENTENCE))
    )
    await editor.wait_for_edit(2)
    assert len(editor.edits) == 2
    text = editor.buffers[URI].text
    assert text.startswith("xone ")
    assert text.endswith(" two\n")
    assert (await editor.status())["pending"] == 0


@pytest.mark.parametrize("reported_s", [0.15, 1.0], ids=["soon", "late"])
@pytest.mark.parametrize("plugin", [True, False], ids=["plugin", "plain"])
async def test_an_editor_that_fails_after_it_made_the_edit_gets_no_second_one(
    start_editor: Any, home: Path, spoken: Any, plugin: bool, reported_s: float
) -> None:
    editor = await start_editor(home, plugin=plugin)
    editor.open(URI, "one two\n")

    async def insert_and_fail(edit: Edit) -> dict[str, Any]:
        change = editor.insert(edit, silently=True)
        asyncio.get_running_loop().call_later(reported_s, editor.send_changes, URI, [change])
        return {"fault": "E1: something went wrong"}

    editor.on_edit = insert_and_fail
    place = {"line": 0, "character": 3}
    await editor.command(
        "start", uri=URI, position=place, file=str(spoken(SENTENCE)), realtime=False
    )
    await editor.wait_for_edit()
    # A change that was reported late is found, too.
    while (await editor.status())["pending"]:
        await asyncio.sleep(0.05)
    assert len(editor.edits) == 1


async def test_an_editor_that_fails_without_the_edit_is_one_line(
    start_editor: Any, home: Path, spoken: Any
) -> None:
    editor = await start_editor(home)
    editor.open(URI, "one two\n")

    async def fail(_edit: Edit) -> dict[str, Any]:
        return {"fault": "E1: something went wrong"}

    editor.on_edit = fail
    final = await editor.dictate(spoken(SENTENCE), URI, 3)
    assert (final["outcome"], len(editor.edits)) == ("failed", 1)
    assert "refused" in final["message"]
    assert (await editor.status())["pending"] == 1


async def test_an_edit_that_never_showed_is_inserted_once_by_a_retry_at_its_place(
    start_editor: Any, home: Path, spoken: Any
) -> None:
    editor = await start_editor(home)
    editor.open(URI, "one two\n")

    async def lie_first(edit: Edit) -> dict[str, Any]:
        return {"applied": True} if len(editor.edits) == 1 else await editor.apply(edit)

    editor.on_edit = lie_first
    final = await editor.dictate(spoken(SENTENCE), URI, 3)
    assert final["outcome"] == "failed"
    await editor.command("retry", uri=URI, position={"line": 0, "character": 3})
    again = await editor.nth_final(final["utteranceId"], 2)
    assert again["outcome"] == "inserted"
    assert editor.buffers[URI].text == f"one {again['text']} two\n"
    assert (await editor.status())["pending"] == 0


@pytest.mark.parametrize("plugin", [True, False], ids=["plugin", "plain"])
async def test_an_edit_that_never_shows_is_kept_and_told_once(
    start_editor: Any, home: Path, spoken: Any, plugin: bool
) -> None:
    editor = await start_editor(home, plugin=plugin)
    editor.open(URI, "one two\n")

    async def lie(_edit: Edit) -> dict[str, Any]:
        return {"applied": True}

    editor.on_edit = lie
    await editor.command(
        "start",
        uri=URI,
        position={"line": 0, "character": 3},
        file=str(spoken(SENTENCE)),
        realtime=False,
    )
    await editor.wait_for_edit()
    assert len(editor.edits) == 1, "a second edit could insert the text twice"
    assert (await editor.status())["pending"] == 1
    told = [f["message"] for f in editor.all("dictate/final")] if plugin else editor.messages()
    # A recording that is heard slowly is one that is listened to.
    told = [line for line in told if line != "Dictate: listening"]
    assert len(told) == 1
    assert "did not show" in told[0]
    # It turns up late after all: nothing is left to retry.
    editor.insert(editor.edits[0])
    while (await editor.status())["pending"]:
        await asyncio.sleep(0.05)


async def test_a_change_that_comes_with_the_users_typing_is_recognised(
    start_editor: Any, home: Path, spoken: Any
) -> None:
    """As clients do that collect changes: our insertion and the user's typing arrive as one."""
    editor = await start_editor(home, plugin=False)
    editor.open(URI, "one two\nthree\n")

    async def collect(edit: Edit) -> dict[str, Any]:
        editor.insert(edit, silently=True)
        editor.type(URI, 0, 0, "typed ", silently=True)
        editor.type(
            URI, len(editor.buffers[URI].text), len(editor.buffers[URI].text), "more", silently=True
        )
        whole = {"start": {"line": 0, "character": 0}, "end": {"line": 2, "character": 0}}
        change = {"range": whole, "text": editor.buffers[URI].text}
        asyncio.get_running_loop().call_later(0.15, editor.send_changes, URI, [change])
        return {"applied": True}

    editor.on_edit = collect
    await editor.command(
        "start",
        uri=URI,
        position={"line": 0, "character": 3},
        file=str(spoken(SENTENCE)),
        realtime=False,
    )
    await editor.wait_for_edit()
    await asyncio.sleep(0.6)
    assert len(editor.edits) == 1
    assert (await editor.status())["pending"] == 0


@pytest.mark.parametrize(
    ("reason", "words"), [("readonly", "read-only"), ("closed", "closed"), (None, "refused")]
)
@pytest.mark.parametrize("elsewhere", [True, False])
async def test_a_refused_edit_is_kept_and_a_retry_inserts_it(
    start_editor: Any, home: Path, spoken: Any, reason: str | None, words: str, elsewhere: bool
) -> None:
    editor = await start_editor(home)
    editor.open(URI, "one two\n")

    async def refuse(_edit: Edit) -> dict[str, Any]:
        return {"applied": False, "reason": reason}

    editor.on_edit = refuse
    final = await editor.dictate(spoken(SENTENCE), URI, 3)
    assert final["outcome"] == "failed"
    assert words in final["message"]
    assert "\n" not in final["message"]
    assert (await editor.status())["pending"] == 1
    editor.on_edit = editor.apply
    place = {"line": 0, "character": 7 if elsewhere else 3}
    begun = await editor.command("retry", uri=URI, position=place)
    assert begun["utteranceId"] == final["utteranceId"]
    again = await editor.nth_final(begun["utteranceId"], 2)
    assert again["outcome"] == "inserted"
    said = again["text"]
    assert editor.buffers[URI].text == (f"one two {said}\n" if elsewhere else f"one {said} two\n")
    assert (await editor.status())["pending"] == 0


async def test_a_document_closed_before_the_text_arrives_keeps_it(
    start_editor: Any, home: Path, spoken: Any
) -> None:
    editor = await start_editor(home)
    editor.open(URI, "one two\n")
    begun = await editor.command("start", uri=URI, file=str(spoken(SENTENCE, 60)))
    await editor.wait_for_words(begun["utteranceId"])
    editor.close(URI)
    await editor.command("stop")
    final = await editor.final(begun["utteranceId"])
    assert final["outcome"] == "failed"
    assert "closed" in final["message"]
    assert editor.edits == []
    assert (await editor.status())["pending"] == 1
    await editor.command("discard")
    assert (await editor.status())["pending"] == 0


async def test_a_renamed_document_gets_its_text(start_editor: Any, home: Path, spoken: Any) -> None:
    editor = await start_editor(home)
    editor.open(URI, "one two\n")
    begun = await editor.command(
        "start", uri=URI, position={"line": 0, "character": 3}, file=str(spoken(SENTENCE, 60))
    )
    await editor.wait_for_words(begun["utteranceId"], last="it")
    editor.close(URI)
    editor.open("file:///work/renamed.md", "one two\n")
    await editor.command("stop")
    final = await editor.final(begun["utteranceId"])
    assert (final["outcome"], final["uri"]) == ("inserted", "file:///work/renamed.md")
    assert editor.buffers["file:///work/renamed.md"].text == f"one {final['text']} two\n"


async def test_cancel_is_too_late_when_the_edit_is_under_way(
    start_editor: Any, home: Path, spoken: Any
) -> None:
    editor = await start_editor(home)
    editor.open(URI, "")

    async def cancel_first(edit: Edit) -> dict[str, Any]:
        await editor.command("cancel")
        return await editor.apply(edit)

    editor.on_edit = cancel_first
    final = await editor.dictate(spoken(SENTENCE), URI, 0)
    assert final["outcome"] == "inserted"
    assert editor.buffers[URI].text == final["text"]
