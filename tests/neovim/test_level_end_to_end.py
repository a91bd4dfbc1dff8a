"""The history, a restart, the doctor and `vim.lsp.enable`, with the real server and engine."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.neovim.conftest import find_once
from tests.neovim.editor import isolated
from tests.neovim.test_end_to_end import (
    LONG_S,
    SERVER,
    RealEditor,
    engine_home,
    inserted,
    make_real,
    real,
    real_home,
    sentence,
)

__all__ = ["engine_home", "make_real", "real", "real_home", "sentence"]

pytestmark = pytest.mark.timeout(300)

_CHOOSE = """
  local wanted = ...
  vim.ui.select = function(items, options, chosen)
    for index, item in ipairs(items) do
      local title = options.format_item(item)
      if title:find(wanted, 1, true) then
        return chosen(item, index)
      end
    end
    error('not offered: ' .. wanted)
  end
"""


def test_a_text_of_the_history_is_inserted_again(real: RealEditor, sentence: Path) -> None:
    real.command(f"Dictate file {sentence}")
    (final,) = real.finals(1)
    text = inserted(final)
    real.command("enew!")
    real.lua(_CHOOSE, text[:20])
    real.command("Dictate history")
    real.wait("the text", lambda: real.lines == [text])
    real.command("Dictate history x")
    real.wait("the register", lambda: real.nvim.funcs.getreg("x") == text)
    real.keys("u")
    assert real.lines == [""]


def test_after_a_restart_another_server_writes(real: RealEditor, sentence: Path) -> None:
    before = real.server_pid
    real.command("Dictate restart")
    real.wait("the word", lambda: "started anew" in "".join(real.notices), LONG_S)
    assert real.server_pid != before
    real.command(f"Dictate file {sentence}")
    (final,) = real.finals(1)
    assert real.lines == [inserted(final)]
    assert real.notices == ["Dictate: the server was started anew"]


def test_the_doctor_says_what_it_found(real: RealEditor) -> None:
    program = Path(sys.executable).with_name("dictate")
    real.lua("vim.g.dictate = ...", {"cmd": str(program)})
    real.command("Dictate doctor")
    real.wait("its words", lambda: len(real.lines) > 2, LONG_S)
    assert any(line.strip().startswith("ok") for line in real.lines[2:]), real.lines


@pytest.fixture
def enabled(engine_home: Path, home: Path) -> Iterator[RealEditor]:
    """Neovim 0.12 with a Python file and `vim.lsp.enable('dictate')`."""
    program, reason = find_once("sid", "0.12")
    if program is None:
        pytest.skip(reason)
    isolated(engine_home)
    (home / "run").symlink_to(engine_home / "run")
    # The model hears words, and the server alone makes names of them: so there are alternatives.
    settings = {"prompt": {"enabled": False}, "names": {"bias": False}}
    editor = RealEditor(program, home, {"cmd": SERVER, "realtime_files": False})
    (home / "code.py").write_text("save_it = 1\nsaveIt = 2\nprint(saveIt, save_it)\n# \n")
    editor.command("filetype on")
    editor.command(f"edit {home}/code.py")
    editor.lua("vim.lsp.config('dictate', { settings = { dictate = ... } })", settings)
    editor.command("lua vim.lsp.enable('dictate')")
    editor.serve()
    editor.wait("the client", lambda: _attached(editor), LONG_S)
    yield editor
    editor.close()


def _attached(editor: RealEditor) -> bool:
    found: bool = editor.lua(
        "return #vim.lsp.get_clients({ bufnr = 0, name = 'dictate' }) == 1 "
        "and #vim.lsp.get_clients() == 1"
    )
    return found


def test_an_enabled_server_dictates_and_offers_its_code_actions(
    enabled: RealEditor, sentence: Path
) -> None:
    enabled.cursor = (4, 1)
    enabled.command(f"Dictate file {sentence}")
    (final,) = enabled.finals(1)
    text = inserted(final)
    assert enabled.lines[3] == f"# {text}"
    enabled.lua(_CHOOSE, "Dictate: ")
    enabled.lua("vim.lsp.buf.code_action()")
    enabled.wait("another text", lambda: enabled.lines[3] != f"# {text}")
    enabled.command("undo")
    assert enabled.lines[3] == f"# {text}"
    enabled.command("Dictate restart")
    enabled.wait("the word", lambda: "started anew" in "".join(enabled.notices), LONG_S)
    enabled.wait("the client", lambda: _attached(enabled), LONG_S)
    enabled.command("silent write")
    enabled.cursor = (4, 1)
    enabled.command(f"Dictate file {sentence}")
    enabled.finals(2)
    assert text.split()[-1].strip(".") in enabled.lines[3]
    assert enabled.notices == ["Dictate: the server was started anew"]
