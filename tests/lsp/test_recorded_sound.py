"""Recorded dictations, spoken to the real server and engine."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.lsp.scripted_editor import ScriptedEditor
from tests.rigs.recorded import Recorded, recorded

SPOKEN = [each for each in recorded() if each.has_sound]


async def document_after(
    editor: ScriptedEditor, dictation: Recorded, spoken: Callable[..., Path]
) -> str:
    """What stands in the editor's document when everything was said."""
    uri = f"file:///recorded/{dictation.name}"
    editor.open(uri, dictation.document, dictation.language)
    await editor.command("mode", mode=dictation.mode)
    offset = dictation.offset
    for said in dictation.said:
        before = len(editor.edits)
        if editor.plugin:
            final = await editor.dictate(spoken(said), uri, offset)
            assert final.get("message") is None, final
        else:
            place = editor.position(editor.buffers[uri].text, offset)
            await editor.command(
                "start", uri=uri, position=place, file=str(spoken(said)), realtime=False
            )
            while (await editor.status())["state"] != "idle":
                await asyncio.sleep(0.02)
        text = editor.buffers[uri].text
        for edit in editor.edits[before:]:
            offset = editor.offset(text, edit.position) + len(edit.new_text)
    return editor.buffers[uri].text


@pytest.mark.parametrize("plugin", [True, False], ids=["plugin", "plain"])
@pytest.mark.parametrize("language", sorted({each.language for each in SPOKEN}))
async def test_the_documents_are_as_recorded(
    start_editor: Callable[..., Any],
    home: Path,
    spoken: Callable[..., Path],
    language: str,
    plugin: bool,
) -> None:
    editor = await start_editor(home, plugin=plugin)
    for dictation in SPOKEN:
        if dictation.language == language:
            assert await document_after(editor, dictation, spoken) == dictation.after, (
                dictation.name
            )
            editor.close(f"file:///recorded/{dictation.name}")


def test_there_are_spoken_ones_of_every_kind() -> None:
    assert len(SPOKEN) >= 20
    assert len({each.language for each in SPOKEN}) >= 6
    assert any(len(each.said) > 1 for each in SPOKEN)
