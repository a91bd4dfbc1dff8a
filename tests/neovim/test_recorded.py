"""Recorded dictations, spoken to the real server from real Neovims."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.neovim.editor import isolated, stop_engine
from tests.neovim.test_end_to_end import SERVER, RealEditor
from tests.rigs.recorded import Recorded, recorded
from tests.rigs.speech import missing_speech, speak

pytestmark = pytest.mark.timeout(300)

SPOKEN = [each for each in recorded() if each.has_sound]
_FILE_TYPES = {"csharp": "cs", "plaintext": "text", "shellscript": "sh"}
"""What Neovim calls languages that editors name otherwise."""


@pytest.fixture(scope="module")
def engine_home() -> Iterator[Path]:
    """Both Neovims share one warm engine."""
    folder = Path(tempfile.mkdtemp(prefix="dn"))
    yield folder
    stop_engine(folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def real(neovim: Path, engine_home: Path, home: Path) -> Iterator[RealEditor]:
    """An editor with the real server."""
    isolated(engine_home)
    (home / "run").symlink_to(engine_home / "run")
    editor = RealEditor(neovim, home, {"cmd": SERVER, "realtime_files": False})
    editor.serve()
    yield editor
    editor.close()


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every utterance, spoken."""
    if reason := missing_speech():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("recorded")
    texts = sorted({said for each in SPOKEN for said in each.said})
    return {text: speak(text, folder / f"{index}.wav") for index, text in enumerate(texts)}


def lines_of(text: str) -> list[str]:
    """A text as a buffer holds it, where every line ends."""
    return text.removesuffix("\n").split("\n")


def buffer_after(editor: RealEditor, dictation: Recorded, sounds: dict[str, Path]) -> list[str]:
    """The lines of a new buffer when everything was said."""
    editor.command("enew!")
    editor.lines = lines_of(dictation.document)
    editor.command(f"setfiletype {_FILE_TYPES.get(dictation.language, dictation.language)}")
    editor.command(f"Dictate mode {dictation.mode}")
    editor.keys("i", "i")
    before = dictation.document[: dictation.offset]
    editor.cursor = (before.count("\n") + 1, len(before.rpartition("\n")[2].encode()))
    for said in dictation.said:
        ended = len(editor.lua("return _G.finals"))
        editor.command(f"Dictate file {sounds[said]}")
        editor.finals(ended + 1)
    editor.keys("<Esc>", "n")
    lines = editor.lines
    # Names of a buffer that is open may be meant in the next one, too.
    editor.command("bwipeout!")
    return lines


@pytest.mark.parametrize("language", sorted({each.language for each in SPOKEN}))
def test_the_buffers_are_as_recorded(
    real: RealEditor, sounds: dict[str, Path], language: str
) -> None:
    wrong = {}
    for dictation in SPOKEN:
        if dictation.language == language:
            after = buffer_after(real, dictation, sounds)
            if after != lines_of(dictation.after):
                wrong[dictation.name] = after
    assert wrong == {}
