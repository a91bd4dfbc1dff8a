"""`:Dictate doctor`: what the server's program says of the machine."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.neovim.editor import Editor

SAYS = """#!/bin/sh
[ "$1" = doctor ] || exit 9
echo "ok    folders"
echo "note  slow: $DICTATE_TEST"
echo "fail  no microphone: connect one" >&2
exit 1
"""


@pytest.fixture
def tool(home: Path) -> Path:
    path = home / "dictate"
    path.write_text(SAYS)
    path.chmod(0o755)
    return path


def test_what_it_says_stands_in_a_window(make_editor: Callable[..., Editor], tool: Path) -> None:
    editor = make_editor({"cmd": str(tool), "env": {"DICTATE_TEST": "yes"}})
    for _ in range(2):
        editor.command("Dictate doctor")
        editor.wait("the end", lambda: len(editor.lines) > 1)
        assert editor.lines == [
            f"{tool} doctor", "", "ok    folders", "note  slow: yes", "",
            "fail  no microphone: connect one",
        ]  # fmt: skip
        assert len(editor.nvim.windows) == 2, "the same window is used again"
    assert editor.nvim.current.buffer.options["modifiable"] is False
    groups = editor.lua(
        """
        local namespace = vim.api.nvim_create_namespace('dictate_doctor')
        return vim.tbl_map(function(mark)
          return mark[4].hl_group
        end, vim.api.nvim_buf_get_extmarks(0, namespace, 0, -1, { details = true }))
        """
    )
    assert groups == ["DiagnosticOk", "DiagnosticInfo", "DiagnosticError"]
    editor.keys("q")
    assert len(editor.nvim.windows) == 1
    assert editor.notices == []


def test_a_window_that_is_closed_meanwhile_is_not_missed(
    make_editor: Callable[..., Editor], tool: Path
) -> None:
    editor = make_editor({"cmd": str(tool)})
    editor.command("Dictate doctor | close")
    editor.lua("vim.wait(200)")
    assert editor.nvim.command_output("messages") == ""


@pytest.mark.parametrize(
    ("cmd", "part"),
    [
        ("/nowhere/dictate", "cannot run '/nowhere/dictate'"),
        (["/bin/sh", "-c", "x"], "in a terminal"),
    ],
)
def test_without_a_program_it_is_one_line(
    make_editor: Callable[..., Editor], cmd: str | list[str], part: str
) -> None:
    editor = make_editor({"cmd": cmd})
    editor.command("Dictate doctor")
    (notice,) = editor.notices
    assert part in notice
    assert len(editor.nvim.windows) == 1
