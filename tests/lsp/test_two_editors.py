"""Two editors dictate at once through one engine: both are served, and neither waits for long."""

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from dictate.audio.file import read_audio
from dictate.bench.recordings import recordings
from tests.lsp.scripted_editor import ScriptedEditor
from tests.lsp.test_spoken_words import words

URI = "file:///work/notes.md"


def play(folder: Path, name: str, numbers: list[int]) -> Path:
    """A recording of bundled ones, with pauses between them."""
    pause = np.zeros(8_000, np.int16)
    sounds = [part for number in numbers for part in (pause, read_audio(recordings()[number].path))]
    path = folder / f"{name}.wav"
    soundfile.write(path, np.concatenate([*sounds, pause]), 16_000, subtype="PCM_16")
    return path


async def dictate(editor: ScriptedEditor, file: Path) -> dict[str, Any]:
    begun = await editor.command("start", uri=URI, file=str(file))
    return await editor.final(begun["utteranceId"])


async def test_both_see_their_words_as_they_speak_and_get_their_own_text(
    start_editor: Any, home: Path, tmp_path: Path
) -> None:
    orders = ([0, 1, 2, 3], [3, 2, 1, 0])
    editors: list[ScriptedEditor] = []
    for _ in orders:
        editor = await start_editor(home)
        editor.open(URI, "")
        editors.append(editor)
    # Both are warm, so that neither begins behind the other.
    await asyncio.gather(*(editor.dictate(recordings()[0].path, URI, 0) for editor in editors))
    before = [len(editor.all("dictate/partial")) for editor in editors]
    files = [play(tmp_path, str(number), order) for number, order in enumerate(orders)]
    finals = await asyncio.gather(
        *(dictate(editor, file) for editor, file in zip(editors, files, strict=True))
    )
    partials = [
        len(editor.all("dictate/partial")) - earlier
        for editor, earlier in zip(editors, before, strict=True)
    ]
    for final, order in zip(finals, orders, strict=True):
        assert words(final["text"]) == words(" ".join(recordings()[each].text for each in order))
    print("partials", partials)
    assert min(partials) >= len(orders[0]), "each sees words before the end"
    assert max(partials) <= 3 * min(partials), "the engine's time is shared"
