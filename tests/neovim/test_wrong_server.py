"""Servers that are not Dictate's, do not run, or are older or newer than the plugin."""

from collections.abc import Callable
from pathlib import Path

import pytest

import dictate
from tests.neovim.editor import Editor
from tests.neovim.scripted_server import ScriptedServer

OLD_PYTHON = """#!/bin/sh
[ "$1" = --version ] && { echo "Python 3.8.10"; exit 0; }
echo "Traceback (most recent call last):" >&2
echo "SyntaxError: invalid syntax" >&2
exit 1
"""

# No test waits as long as a user would for a silent server; all wait for what a program says.
IMPATIENT = """
  local waits = { [30000] = 100, [10000] = 600000 }
  local methods = getmetatable(assert(vim.uv.new_timer())).__index
  local start = methods.start
  methods.start = function(timer, ms, ...)
    return start(timer, waits[ms] or ms, ...)
  end
"""


@pytest.fixture
def run(make_editor: Callable[..., Editor], home: Path) -> Callable[[str], Editor]:
    """Begin a dictation with a program of these contents, and wait until it is over."""

    def make(contents: str) -> Editor:
        path = home / "dictate"
        path.write_text(contents)
        path.chmod(0o755)
        editor = make_editor({"cmd": str(path)})
        editor.lua(IMPATIENT)
        editor.command("Dictate")
        editor.wait("the line", lambda: said(editor))
        assert editor.state == "idle"
        return editor

    return make


def said(editor: Editor) -> list[str]:
    return [notice for notice in editor.notices if notice.startswith("Dictate: ")]


@pytest.mark.parametrize(
    ("contents", "parts"),
    [
        (
            '#!/bin/sh\n[ "$1" = --version ] && { echo "dict-o-mat 3"; exit 0; }\nexit 2\n',
            ["is not Dictate's server", "it says: dict-o-mat 3", "vim.g.dictate.cmd"],
        ),
        (
            '#!/bin/sh\n[ "$1" = --version ] && exit 0\nexec sleep 100\n',
            ["is not Dictate's server", "it says: nothing"],
        ),
        (
            '#!/bin/sh\n[ "$1" = --version ] && { echo "dictate 1.0"; exit; }\nexec sleep 100\n',
            ["the server did not answer within 30 s", ":checkhealth dictate"],
        ),
        ("#!/nowhere/bin/python3\n", ["the Python of", "/nowhere/bin/python3", "pip install"]),
        ("#!/usr/bin/python3\nimport nothing_such\n", ["No module named 'nothing_such'"]),
    ],
    ids=["another", "silent", "hangs", "python-gone", "broken"],
)
def test_a_program_that_does_not_serve_is_one_line(
    run: Callable[[str], Editor], contents: str, parts: list[str]
) -> None:
    (line,) = said(run(contents))
    for part in parts:
        assert part in line


def test_a_python_that_is_too_old_is_named(run: Callable[[str], Editor], home: Path) -> None:
    python = home / "python3.8"
    python.write_text(OLD_PYTHON)
    python.chmod(0o755)
    (line,) = said(run(f"#!{python}\nimport dictate\n"))
    assert "runs on Python 3.8" in line
    assert "3.10 or later" in line


def test_another_language_server_is_not_used(editor: Editor, server: ScriptedServer) -> None:
    server.server_info = {"name": "pyright", "version": "1.1"}
    editor.command("Dictate")
    editor.wait("the line", lambda: said(editor))
    (line,) = said(editor)
    assert "not Dictate's server but 'pyright'" in line
    assert editor.state == "idle"
    assert server.hung_up.wait(30)
    server.server_info = {"name": "dictate", "version": dictate.__version__}
    editor.command("Dictate")
    server.begin()


@pytest.mark.parametrize(
    ("version", "parts"),
    [
        ("0.0.7", ["the server is version 0.0.7, older than this plugin", "pip install --upgrade"]),
        ("0.99.0", ["newer than this plugin", "update the plugin"]),
        ("7.0", ["newer than this plugin", "update the plugin"]),
        (None, ["unknown", ":checkhealth"]),
    ],
)
def test_a_version_that_does_not_fit_is_said_once_with_the_remedy(
    editor: Editor, server: ScriptedServer, version: str | None, parts: list[str]
) -> None:
    server.server_info = {"name": "dictate"} | ({"version": version} if version else {})
    editor.command("Dictate")
    server.begin()
    (line,) = said(editor)
    for part in parts:
        assert part in line
    editor.command("Dictate restart")
    editor.wait("the new server", lambda: "started anew" in said(editor)[-1])
    assert len(said(editor)) == 2


def test_another_last_part_of_the_version_is_no_matter(
    editor: Editor, server: ScriptedServer
) -> None:
    major, minor = dictate.__version__.split(".")[:2]
    server.server_info = {"name": "dictate", "version": f"{major}.{minor}.99.dev1"}
    editor.command("Dictate")
    server.begin()
    assert said(editor) == []


def test_the_plugin_has_the_version_of_the_server_it_comes_with(editor: Editor) -> None:
    assert editor.lua("return require('dictate.version').PLUGIN") == dictate.__version__


def test_the_server_is_told_the_plugins_version(editor: Editor, server: ScriptedServer) -> None:
    editor.command("Dictate")
    server.begin()
    told = server.initialize["initializationOptions"]["dictate"]
    assert told == {"client": "neovim", "edit": True, "version": dictate.__version__}
