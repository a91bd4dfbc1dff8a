"""The help page and `:checkhealth dictate`."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

import dictate
from tests.neovim.editor import PLUGIN, Editor


@pytest.fixture
def helped(make_editor: Callable[..., Editor], home: Path) -> Editor:
    """An editor with a copy of the help page, whose tags were just made."""
    folder = home / "help" / "doc"
    folder.mkdir(parents=True)
    (folder / "dictate.txt").write_text((PLUGIN / "doc" / "dictate.txt").read_text())
    editor = make_editor()
    editor.command(f"helptags {folder}")
    editor.command(f"set rtp^={folder.parent}")
    return editor


def test_help_opens_for_every_tag(helped: Editor) -> None:
    text = (PLUGIN / "doc" / "dictate.txt").read_text()
    tags = re.findall(r"(?<=\*)\S+(?=\*(?:\s|$))", text)
    assert len(tags) > 40
    for tag in tags:
        helped.command(f"help {tag}")
        assert helped.nvim.current.buffer.name.endswith("dictate.txt")
        assert f"*{tag}*" in helped.nvim.current.line
        helped.command("helpclose")


def test_every_link_of_the_help_leads_somewhere(helped: Editor) -> None:
    text = (PLUGIN / "doc" / "dictate.txt").read_text()
    links = set(re.findall(r"\|([^|\s]+)\|", text))
    options = set(re.findall(r"(?<=\s)'[a-z]{4,}'(?=[\s,;])", text))
    assert len(links) > 20
    assert len(options) > 2
    for link in links | options:
        helped.command(f"help {link}")
        helped.command("helpclose")


def test_the_help_shows_the_defaults_as_they_are(helped: Editor) -> None:
    text = (PLUGIN / "doc" / "dictate.txt").read_text()
    shown = re.search(r"The defaults: >lua\n(.*?)\n<", text, re.DOTALL)
    assert shown
    helped.lua(shown.group(1))
    assert helped.lua("return vim.g.dictate") == helped.lua(
        "return require('dictate.config').defaults"
    )


def test_the_help_names_every_subcommand_and_option(helped: Editor) -> None:
    text = (PLUGIN / "doc" / "dictate.txt").read_text()
    for name in helped.nvim.funcs.getcompletion("Dictate ", "cmdline"):
        assert f"*:Dictate-{name}*" in text
    for name in helped.lua("return vim.tbl_keys(require('dictate.config').defaults)"):
        assert re.search(rf"^{name}\b", text, re.MULTILINE), name


def health(editor: Editor) -> str:
    editor.command("checkhealth dictate")
    return "\n".join(editor.lines)


def test_health_with_a_working_tool(make_editor: Callable[..., Editor], home: Path) -> None:
    (home / "bin").mkdir()
    tool = home / "bin" / "dictate"
    script = (
        '#!/bin/sh\ncase "$1" in\n--version) echo "dictate VERSION";;\n'
        'doctor) echo "  ok  folders"; echo "fail  no microphone: connect one"; exit 1;;\nesac\n'
    )
    tool.write_text(script.replace("VERSION", dictate.__version__))
    tool.chmod(0o755)
    text = health(make_editor(env={"PATH": f"{home / 'bin'}:{os.environ['PATH']}"}))
    for part in (
        "OK Neovim 0.1",
        "OK command: dictate lsp",
        f"OK version: dictate {dictate.__version__}",
        "OK folders",
        "ERROR no microphone: connect one",
        "it starts with the first dictation",
    ):
        assert part in text, text


def test_health_without_a_server(make_editor: Callable[..., Editor]) -> None:
    text = health(make_editor({"cmd": "/nowhere/dictate"}))
    assert "ERROR cannot run '/nowhere/dictate'" in text


def test_health_with_a_tool_that_does_not_run(
    make_editor: Callable[..., Editor], home: Path
) -> None:
    tool = home / "dictate"
    tool.write_text("#!/bin/sh\necho broken >&2\nexit 1\n")
    tool.chmod(0o755)
    text = health(make_editor({"cmd": str(tool)}))
    assert "ERROR it does not run: broken" in text
    assert "pip install dictate-ls" in text


@pytest.mark.parametrize(
    ("said", "part"),
    [
        ("dictate 0.0.9", "older than this plugin"),
        (
            "someprogram 3",
            "ERROR it is another program, not Dictate's server: it says someprogram 3",
        ),
    ],
)
def test_health_with_a_tool_that_does_not_go_with_the_plugin(
    make_editor: Callable[..., Editor], home: Path, said: str, part: str
) -> None:
    tool = home / "dictate"
    tool.write_text(f"#!/bin/sh\necho {said}\n")
    tool.chmod(0o755)
    assert part in health(make_editor({"cmd": str(tool)}))


@pytest.mark.parametrize("name", ["settings", "mappings"])
def test_the_commands_about_settings_and_mappings_open_the_help(helped: Editor, name: str) -> None:
    helped.command(f"Dictate {name}")
    assert helped.nvim.current.buffer.name.endswith("dictate.txt")
    tag = {"settings": "options"}.get(name, name)
    assert f"*dictate-{tag}*" in helped.nvim.current.line
