"""Every test here runs in Debian's Neovim 0.10 and 0.12, unpacked into `.cache/neovim`."""

import functools
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.neovim.begun import Dictation
from tests.neovim.editor import Editor, find_neovim
from tests.neovim.scripted_server import ScriptedServer

find_once = functools.cache(find_neovim)


@pytest.fixture(params=[("trixie", "0.10"), ("sid", "0.12")], ids=lambda param: f"nvim-{param[1]}")
def neovim(request: pytest.FixtureRequest) -> Path:
    """The program."""
    program, reason = find_once(*request.param)
    if program is None:
        pytest.skip(reason)
    return program


@pytest.fixture
def home() -> Iterator[Path]:
    """A short path: those of sockets have a limit."""
    folder = Path(tempfile.mkdtemp(prefix="dn"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def make_server(home: Path) -> Iterator[Callable[..., ScriptedServer]]:
    """Makes the server that a test plays."""
    servers: list[ScriptedServer] = []

    def make(encoding: str = "utf-8") -> ScriptedServer:
        servers.append(ScriptedServer(home, encoding))
        return servers[-1]

    yield make
    for server in servers:
        server.close()


@pytest.fixture
def server(make_server: Callable[..., ScriptedServer]) -> ScriptedServer:
    """The server that the test plays."""
    return make_server()


@pytest.fixture
def make_editor(neovim: Path, home: Path) -> Iterator[Callable[..., Editor]]:
    """Makes an editor with the given options of the plugin."""
    editors: list[Editor] = []

    def make(options: dict[str, Any] | None = None, **more: Any) -> Editor:
        editors.append(Editor(neovim, home, options, **more))
        return editors[-1]

    yield make
    for editor in editors:
        editor.close()


@pytest.fixture
def editor(make_editor: Callable[..., Editor], server: ScriptedServer) -> Editor:
    """An editor whose server is played by the test."""
    return make_editor({"cmd": server.command, "restart": {"delay_ms": 20}})


@pytest.fixture
def begin(editor: Editor, server: ScriptedServer) -> Callable[[], Dictation]:
    """Begins at the cursor."""
    return lambda: Dictation(editor, server)
