"""The right words in the right place: the recordings that are shipped with the bundled pair."""

import re
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.lsp.scripted_editor import REPOSITORY

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FOLDER = REPOSITORY / "server/dictate/models/bundled/recordings"


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", text.lower())


def recordings() -> list[dict[str, str]]:
    found: list[dict[str, str]] = tomllib.loads((FOLDER / "recordings.toml").read_text())[
        "recording"
    ]
    return found


async def test_each_recording_stands_as_spoken_in_a_comment(start_editor: Any, home: Path) -> None:
    editor = await start_editor(home)
    for number, recording in enumerate(recordings()):
        uri = f"file:///work/{number}.py"
        editor.open(uri, "import os\n\n# \nx = 1\n", "python")
        final = await editor.dictate(FOLDER / recording["file"], uri, len("import os\n\n# "))
        assert final["outcome"] == "inserted"
        head, comment, tail = re.fullmatch(
            r"(import os\n\n# )(.*)(\nx = 1\n)", editor.buffers[uri].text
        ).groups()  # type: ignore[union-attr]
        assert words(comment) == words(recording["text"])
        assert comment[0].isupper(), "a comment begins a sentence"
        assert (head, tail) == ("import os\n\n# ", "\nx = 1\n")


@pytest.mark.parametrize("plugin", [True, False], ids=["plugin", "plain"])
async def test_a_recording_in_the_middle_of_a_sentence_is_joined_to_it(
    start_editor: Any, home: Path, plugin: bool
) -> None:
    editor = await start_editor(home, plugin=plugin)
    recording = recordings()[0]
    uri = "file:///work/notes.md"
    before = "Please 😀 today.\n"
    editor.open(uri, before)
    place = editor.position(before, len("Please 😀"))
    await editor.command(
        "start", uri=uri, position=place, file=str(FOLDER / recording["file"]), realtime=False
    )
    await editor.wait_for_edit()
    said = recording["text"]
    assert editor.buffers[uri].text == f"Please 😀 {said} today.\n"
