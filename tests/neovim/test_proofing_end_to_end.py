"""The last text looked over, in a real Neovim with the real server and engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.neovim.editor import isolated
from tests.neovim.test_end_to_end import SERVER, RealEditor, engine_home
from tests.rigs.speech import missing_speech, speak

__all__ = ["engine_home"]

pytestmark = pytest.mark.timeout(300)

SOURCE = ["save_it = 1", "saveIt = 2", "print(saveIt, save_it)", ""]


@pytest.fixture(scope="module")
def save_it(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Someone says "save it"."""
    if reason := missing_speech():
        pytest.skip(reason)
    return speak("save it", tmp_path_factory.mktemp("said") / "save_it.wav")


@pytest.fixture
def real(neovim: Path, engine_home: Path, home: Path) -> Iterator[RealEditor]:
    """An editor with the real server."""
    isolated(engine_home)
    (home / "run").symlink_to(engine_home / "run")
    # So the model hears words, and the server alone makes names of them.
    settings = {"prompt": {"enabled": False}, "names": {"bias": False}}
    options = {"cmd": SERVER, "realtime_files": False, "settings": settings}
    editor = RealEditor(neovim, home, options)
    editor.serve()
    yield editor
    editor.close()


def _dictated(editor: RealEditor, sound: Path) -> str:
    """The last line once the sound is written there."""
    editor.command("enew!")
    editor.lines = SOURCE
    editor.command("setfiletype python")
    editor.cursor = (len(SOURCE), 0)
    editor.command(f"Dictate file {sound}")
    editor.finals(1)
    return str(editor.lines[-1])


def test_raw_swaps_and_swaps_back_each_in_one_undo_step(real: RealEditor, save_it: Path) -> None:
    written = _dictated(real, save_it)
    assert written in ("saveIt", "save_it")
    real.command("Dictate raw")
    real.wait("what was heard", lambda: real.lines[-1].lower().rstrip(".") == "save it")
    real.command("Dictate raw")
    real.wait("what was written", lambda: real.lines[-1] == written)
    real.command("undo")
    assert real.lines[-1].lower().rstrip(".") == "save it"


def test_what_is_picked_stands_there_and_ranks_first_next_time(
    real: RealEditor, save_it: Path, home: Path
) -> None:
    written = _dictated(real, save_it)
    other = {"saveIt": "save_it", "save_it": "saveIt"}[written]
    real.lua(
        """
        local wanted = ...
        vim.ui.select = function(items, options, chosen)
          for index, item in ipairs(items) do
            if options.format_item(item):find(wanted, 1, true) == 1 then
              return chosen(item, index)
            end
          end
          error('not offered: ' .. wanted)
        end
        """,
        other,
    )
    real.command("Dictate alternatives")
    real.wait("the choice", lambda: real.lines[-1] == other)
    real.command("undo")
    assert real.lines[-1] == written
    # The editor shows a choice before the server has learned it.
    vocabulary = home / "config" / "dictate" / "vocabulary.toml"
    real.wait("what it taught", lambda: vocabulary.exists() and other in vocabulary.read_text())
    real.lines = SOURCE
    real.cursor = (len(SOURCE), 0)
    real.command(f"Dictate file {save_it}")
    real.finals(2)
    assert real.lines[-1] == other
