"""What the packed extension is before anybody dictates: small, known to VS Code, and quiet."""

import json
import zipfile

from tests.vscode.code_server import EXTENSION, packed_extension
from tests.vscode.window import Window

MANIFEST = json.loads((EXTENSION / "package.json").read_text())


def test_the_package_holds_what_runs_and_what_is_read_and_nothing_else() -> None:
    with zipfile.ZipFile(packed_extension()) as package:
        names = set(package.namelist())
    for needed in ("package.json", "dist/extension.js", "dist/runtime.js"):
        assert f"extension/{needed}" in names
    lower = {name.lower() for name in names}
    assert {"extension/readme.md", "extension/changelog.md"} <= lower
    assert any(name.startswith("extension/license") for name in lower)
    for folder in ("src", "test", "node_modules", "scripts", "build"):
        assert not [name for name in names if name.startswith(f"extension/{folder}/")]


def test_every_command_of_the_manifest_is_there(window: Window) -> None:
    there = set(window.run("return vscode.commands.getCommands(true)"))
    missing = {each["command"] for each in MANIFEST["contributes"]["commands"]} - there
    assert missing == set()


def test_it_is_active_and_nothing_more_is_loaded_before_the_first_use(window: Window) -> None:
    assert window.wait("the activation", lambda: window.told("activationMs")) > 0
    assert window.server_pid is None
    loaded = window.run(
        "return Object.keys(kept.require.cache).filter((each) => each.includes('dictate.dictate'))"
    )
    assert [path.rpartition("/")[2] for path in loaded] == ["extension.js"]
    window.wait("the item", lambda: "Dictate" in window.status)
    assert window.notices == []
