"""VS Code itself, served by code-server: installed once, started with folders of its own.

    with CodeServer(home, program) as server:
        browser.goto(server.url(folder))

`tests/rigs/get_code_server.sh` puts it into `.cache`. Our extension is packed and installed as a
user installs it; the probe beside it answers the tests.
"""

import functools
import hashlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

from tests.neovim.editor import isolated

ROOT = Path(__file__).resolve().parents[2]
EXTENSION = ROOT / "editor" / "vscode"
DICTATE = ROOT / ".venv" / "bin" / "dictate"
PROBE = Path(__file__).parent / "probe"
_VERSION = "4.99.4"
_MAIN = "node_modules/code-server/lib/vscode/out/server-main.js"
_START_S = 60.0

SETTINGS: dict[str, Any] = {
    # A test reads what the extension says, and nothing else is said.
    "workbench.startupEditor": "none",
    "workbench.tips.enabled": False,
    "workbench.colorTheme": "Default Dark Modern",
    "workbench.enableExperiments": False,
    "workbench.reduceMotion": "on",
    "window.menuBarVisibility": "hidden",
    "workbench.layoutControl.enabled": False,
    "window.commandCenter": False,
    "security.workspace.trust.enabled": False,
    "extensions.autoCheckUpdates": False,
    "extensions.autoUpdate": False,
    "extensions.ignoreRecommendations": True,
    "telemetry.telemetryLevel": "off",
    "update.mode": "none",
    "git.enabled": False,
    "npm.autoDetect": "off",
    "chat.commandCenter.enabled": False,
    # Only what is typed and dictated stands in a document.
    "files.hotExit": "off",
    "editor.autoClosingBrackets": "never",
    "editor.quickSuggestions": {"comments": "off", "strings": "off", "other": "off"},
    "editor.suggestOnTriggerCharacters": False,
    "editor.autoIndent": "keep",
    "editor.cursorBlinking": "solid",
    "editor.minimap.enabled": False,
    "editor.detectIndentation": False,
    "explorer.autoReveal": False,
}
"""What every user of these tests has set."""


@functools.cache
def find_code_server() -> tuple[Path | None, str]:
    """VS Code's server, or None and the reason why there is none."""
    folder = ROOT / ".cache" / f"code-server-{_VERSION}"
    rig = ROOT / "tests" / "rigs" / "get_code_server.sh"
    result = subprocess.run(
        ["sh", str(rig), str(folder)], capture_output=True, text=True, check=False
    )
    if result.returncode == 0:
        return folder / _MAIN, ""
    reason = (result.stderr.strip().splitlines() or ["get_code_server.sh failed"])[-1]
    return None, f"no VS Code: {reason}"


@functools.cache
def packed_extension() -> Path:
    """The `.vsix` of what lies in `editor/vscode` now, packed anew when that has changed."""
    version = json.loads((EXTENSION / "package.json").read_text())["version"]
    package = EXTENSION / "dist" / f"dictate-{version}.vsix"
    stamp = EXTENSION / "dist" / ".packed"
    state = _state_of_sources()
    if package.exists() and stamp.exists() and stamp.read_text() == state:
        return package
    _run("sh", "dependencies.sh")
    _run("npm", "run", "package")
    stamp.write_text(state)
    return package


def _run(*command: str) -> None:
    """Run a command where the extension lies."""
    result = subprocess.run(command, cwd=EXTENSION, capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"{' '.join(command)}: {result.stdout}{result.stderr}"


def _state_of_sources() -> str:
    """A digest of every file that goes into the package, or makes it."""
    skipped = {"node_modules", "dist", "build", "test"}
    digest = hashlib.sha256()
    for path in sorted(EXTENSION.rglob("*")):
        parts = path.relative_to(EXTENSION).parts
        if parts[0] not in skipped and path.is_file():
            digest.update("/".join(parts).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


@functools.cache
def key_of(command: str) -> str:
    """The key that the extension binds first to a command, as Playwright presses it."""
    manifest = json.loads((EXTENSION / "package.json").read_text())
    bindings = manifest["contributes"]["keybindings"]
    key = next(each["key"] for each in bindings if each["command"] == command)
    names = {"ctrl": "Control", "alt": "Alt", "shift": "Shift", "space": "Space"}
    return "+".join(names.get(part, part) for part in key.split("+"))


class CodeServer:
    """A running server with a user's folders of its own."""

    def __init__(
        self,
        home: Path,
        program: Path,
        *,
        env: Mapping[str, str] | None = None,
        settings: Mapping[str, Any] | None = None,
        extension: Path | None = None,
        beside: Sequence[Path] = (),
    ) -> None:
        """Choose the folders.

        Args:
            home: of the user; a short path, for it holds sockets.
            program: VS Code's server.
            env: more environment for the extensions.
            settings: of the user, over `SETTINGS`.
            extension: the package to install; none leaves Dictate out.
            beside: folders of more extensions, as they are.
        """
        self.home = home
        self.probes = home / "probes"
        self._program = program
        self._extension = extension
        self._beside = (PROBE, *beside)
        self._user_data = home / "user"
        self._extensions = home / "extensions"
        self._env = isolated(home) | dict(env or {}) | {"PROBE_FOLDER": str(self.probes)}
        # Where the server is, the settings say: none is on the PATH.
        path = self._env["PATH"].split(os.pathsep)
        without = [part for part in path if not (Path(part) / DICTATE.name).exists()]
        self._env["PATH"] = os.pathsep.join(without)
        self._env.pop("VIRTUAL_ENV", None)
        self._settings = SETTINGS | dict(settings or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0

    @property
    def env(self) -> dict[str, str]:
        """The environment in which its extensions run."""
        return dict(self._env)

    def __enter__(self) -> "CodeServer":
        self.probes.mkdir(mode=0o700, exist_ok=True)
        for source in self._beside:
            # Before the first start, which takes in what it finds there.
            target = self._extensions / f"dictate-tests.{source.name}-0.0.1"
            shutil.copytree(source, target, dirs_exist_ok=True)
        user = self._user_data / "User"
        user.mkdir(parents=True, exist_ok=True)
        (user / "settings.json").write_text(json.dumps(self._settings))
        if self._extension is not None:
            self.install(self._extension)
        self._start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def install(self, package: Path) -> None:
        """Install a `.vsix` as a user does."""
        result = subprocess.run(
            [*self._command(), "--install-extension", str(package), "--force"],
            env=self._env,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert "successfully installed" in result.stdout, result.stdout + result.stderr

    def url(self, folder: Path) -> str:
        """Where the window for a folder is."""
        return f"http://127.0.0.1:{self._port}/?folder={quote(str(folder))}"

    def _command(self) -> list[str]:
        return [
            "node",
            str(self._program),
            "--user-data-dir",
            str(self._user_data),
            "--server-data-dir",
            str(self.home / "server"),
            "--extensions-dir",
            str(self._extensions),
        ]

    def _start(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        # The token guards a server that others can reach; this one listens on loopback for minutes.
        options = ["--host", "127.0.0.1", "--port", str(self._port), "--without-connection-token"]
        quiet = ["--accept-server-license-terms", "--telemetry-level", "off"]
        with (self.home / "code-server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*self._command(), *options, *quiet, "--disable-workspace-trust"],
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + _START_S
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/version", timeout=5):
                    return
            except (OSError, urllib.error.URLError):
                said = (self.home / "code-server.log").read_text()
                assert self._process.poll() is None, said
                assert time.monotonic() < deadline, f"VS Code did not start: {said}"
                time.sleep(0.05)


@contextmanager
def serving(
    program: Path, env: Mapping[str, str], settings: Mapping[str, Any]
) -> Iterator[CodeServer]:
    """VS Code with the packed extension in a home of its own, whose engine ends with it."""
    home = Path(tempfile.mkdtemp(prefix="dv"))
    try:
        with CodeServer(
            home, program, env=env, settings=settings, extension=packed_extension()
        ) as server:
            yield server
    finally:
        subprocess.run(
            [str(DICTATE), "engine", "stop"],
            env=CodeServer(home, program).env,
            check=False,
            capture_output=True,
            timeout=60,
        )
        shutil.rmtree(home, ignore_errors=True)
