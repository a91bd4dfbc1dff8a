"""The server is installed from VS Code: offered, agreed to, made by real pip, used, removed.

The wheel is this repository's own. What it depends on lies in the tests' own environment already,
and a wheel of 1.3 GB of packages takes minutes; so one more file in it lends that environment.
"""

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from tests.rigs.microphone import VirtualMicrophone
from tests.vscode.code_server import ROOT, CodeServer, serving
from tests.vscode.window import LONG_S, Window


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This repository, packed."""
    folder = tmp_path_factory.mktemp("wheel")
    made = subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--quiet",
            "--no-deps",
            "-w",
            str(folder),
            str(ROOT),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert made.returncode == 0, made.stderr
    (wheel,) = folder.glob("*.whl")
    _lend_environment(wheel)
    return wheel


def _lend_environment(wheel: Path) -> None:
    """Add a path file, which names where the packages are that this one needs."""
    name, line = "lent.pth", f"{next(p for p in sys.path if p.endswith('site-packages'))}\n"
    digest = base64.urlsafe_b64encode(hashlib.sha256(line.encode()).digest()).rstrip(b"=").decode()
    whole = wheel.with_suffix(".new")
    with zipfile.ZipFile(wheel) as old, zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED) as new:
        for entry in old.namelist():
            content = old.read(entry)
            if entry.endswith(".dist-info/RECORD"):
                content += f"{name},sha256={digest},{len(line)}\n".encode()
            new.writestr(entry, content)
        new.writestr(name, line)
    whole.rename(wheel)


@pytest.fixture(scope="module")
def code_server(program: Path, microphone: VirtualMicrophone, wheel: Path) -> Iterator[CodeServer]:
    """VS Code with the packed extension, and no server anywhere."""
    settings = {
        "dictate.server.package": str(wheel),
        "dictate.server.python": sys.executable,
        "dictate.server.torch": "default",
        # The packages are lent, and nothing is asked of an index.
        "dictate.server.environment": {"PIP_NO_DEPS": "1", "PIP_NO_INDEX": "1"},
    }
    # uv would be preferred, and has other ways to be told so.
    without_uv = os.pathsep.join(
        part for part in os.environ["PATH"].split(os.pathsep) if not (Path(part) / "uv").exists()
    )
    env = microphone.env | {"PATH": without_uv}
    with serving(program, env, settings) as server:
        yield server


def environments(window: Window) -> list[Path]:
    """What lies where the extension installs the server."""
    root = window.server.home / "user" / "User" / "globalStorage" / "dictate.dictate" / "server"
    return sorted(root.glob("*/bin/dictate"))


def test_nothing_is_installed_unless_that_is_agreed_to(window: Window) -> None:
    window.open("asked.txt", "")
    window.begin("dictate.toggle")
    window.press_button(window.notice("the server is not installed"), "Install")
    window.wait("the question", lambda: window.dialog.count())
    said = window.dialog.inner_text()
    for word in ("What:", "Where:", "How much:", "By:", "From:"):
        assert word in said
    window.dialog.locator(".monaco-button", has_text="Cancel").click()
    window.wait("it to go", lambda: not window.dialog.count())
    assert environments(window) == []


def test_an_unusable_package_is_one_line_and_leaves_nothing(window: Window, wheel: Path) -> None:
    bad = wheel.with_name("dictate_ls-0.1.0-py2-none-any.whl")
    shutil.copy(wheel, bad)
    window.set("dictate.server.package", str(bad))
    _agree(window)
    notice = window.notice("not made for this Python", LONG_S)
    assert "\n" not in notice.locator(".notification-list-item-message").inner_text()
    assert environments(window) == []
    window.set("dictate.server.package", str(wheel))


def test_the_button_installs_a_server_that_dictates(window: Window, sentence: Path) -> None:
    _agree(window)
    window.notice("is installed", LONG_S)
    (installed,) = environments(window)
    window.open("first.txt", "")
    final = window.dictate(sentence)
    assert final["outcome"] == "inserted"
    assert window.text == final["text"]
    command = Path(f"/proc/{window.server_pid}/cmdline").read_bytes().decode()
    assert str(installed.parent.parent) in command


def test_a_new_window_finds_what_was_installed(
    window: Window, browser: BrowserContext, code_server: CodeServer, sentence: Path
) -> None:
    assert environments(window)
    other = Window(code_server, browser, code_server.home / "next")
    other.open("second.txt", "")
    assert other.dictate(sentence)["outcome"] == "inserted"
    assert other.notices == []
    other.close()


def test_it_is_removed_when_that_is_agreed_to(window: Window) -> None:
    window.begin("dictate.removeServer")
    window.wait("the question", lambda: window.dialog.count())
    window.dialog.locator(".monaco-button", has_text="Remove").click()
    window.notice("is removed")
    assert environments(window) == []
    window.open("without.txt", "")
    window.begin("dictate.toggle")
    window.notice("the server is not installed")


def _agree(window: Window) -> None:
    """Ask for the server and say yes."""
    window.begin("dictate.installServer")
    window.wait("the question", lambda: window.dialog.count())
    window.dialog.locator(".monaco-button", has_text="Install").click()
