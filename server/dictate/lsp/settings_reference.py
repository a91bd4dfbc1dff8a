"""The reference of all settings, made from their classes.

`python -m dictate.lsp.settings_reference` writes `docs/settings.md`, and
`docs/settings.schema.json` for editors that check settings as they are written. A test fails when
either differs from the classes.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from dictate.lsp.settings import Settings

_INTRODUCTION = """\
# Settings

<!-- Written by `python -m dictate.lsp.settings_reference`; edit server/dictate/lsp/settings.py. -->

Every editor sends them under `dictate`: in `initializationOptions.settings` when the server starts,
and with `workspace/didChangeConfiguration` (`{"settings": {"dictate": {...}}}`) at any time. All
have defaults. A setting that is wrong is named in one line, and its default holds.

"""

_EDITORS = """
## In VS Code

The settings editor shows all of them, as `dictate.engine.pair` and so on: `python -m
dictate.lsp.vscode_settings` writes them into the extension's package.json. The microphone and the
engine serve all windows, so their settings are the user's and no folder's. What the extension has
settings of its own for, such as the server's program, stands in
[its README](../editor/vscode/README.md#settings); the server is not told of these.

## In Neovim

They stand under `settings` in the plugin's options; `:help dictate-options` tells of its own.
"""

_PAIR = """
## Which pair runs

The first of these that applies:

1. What was chosen in this editor since it started: the command `dictate.models.use`
   (`:Dictate models` in Neovim). A change of the settings ends that.
2. The setting `engine.pair`. Where that pair is not on this machine, the bundled one serves, and
   you are asked whether to download it.
3. What was chosen last on this machine, in any editor or with `dictate engine use PAIR`.
4. `bundled`.

All editors of a user share one engine, so the last explicit choice counts for all of them; the
others are told once. A pair that was chosen while the engine runs is loaded beside the one before,
which serves until the new one is warm; where both do not fit into memory, the old one goes first,
and what you say meanwhile waits. A pair that cannot run is named in one line, and the one before
serves on.

Where none is set and none was chosen, you are asked once on a machine whether to download the pair
that suits it best. "Not now" asks again in a week, "Never" does not; `dictate.models.use` works
always. Nobody is asked with `HF_HUB_OFFLINE=1` or `models.offer` switched off. The download shows
as progress in the editor and can be cancelled there; it goes on at the next start when the editor
is closed in the middle.

| command | argument | does |
|---|---|---|
| `dictate.models.list` | | returns every pair, the best for this machine first |
| `dictate.models.use` | `"turbo"` or `{"name": "turbo"}` | changes to it, downloaded or not |
| `dictate.models.pull` | the same | downloads it |
| `dictate.models.cancel` | | ends the download; what came is kept |
"""


def schema() -> dict[str, Any]:
    """Return the JSON schema of the object below `dictate`."""
    built: dict[str, Any] = msgspec.json.schema(Settings)
    return built


def markdown() -> str:
    """Return the reference as Markdown."""
    rows = ["| setting | values | default | meaning |", "|---|---|---|---|"]
    for name, field in leaves(schema()):
        default = json.dumps(field["default"], ensure_ascii=False)
        meaning = str(field.get("description", "")).replace("|", "\\|")
        rows.append(f"| `{name}` | {_values(field)} | `{default}` | {meaning} |")
    example = {"dictate": {"microphone": {"keepOpenS": 5}, "vad": {"minSilenceMs": 500}}}
    shown = f"\n```json\n{json.dumps(example, indent=2)}\n```\n"
    return _INTRODUCTION + "\n".join(rows) + "\n" + shown + _EDITORS + _PAIR


def write(folder: Path) -> None:
    """Write both files into `folder`."""
    folder.mkdir(exist_ok=True)
    (folder / "settings.md").write_text(markdown(), encoding="utf-8")
    text = json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"
    (folder / "settings.schema.json").write_text(text, encoding="utf-8")


def leaves(
    whole: dict[str, Any], name: str = "Settings", path: str = ""
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every setting's name, such as engine.pair, and its part of the schema, in order."""
    for key, field in whole["$defs"][name]["properties"].items():
        reference = field.get("$ref") or next(
            (part["$ref"] for part in field.get("allOf", ()) if "$ref" in part), None
        )
        if reference is not None:
            yield from leaves(whole, reference.rpartition("/")[2], f"{path}{key}.")
        else:
            yield f"{path}{key}", field


def _values(field: dict[str, Any]) -> str:
    if "enum" in field:
        return ", ".join(f"`{json.dumps(value)}`" for value in field["enum"])
    if "anyOf" in field:
        return " or ".join(_values(kind) for kind in field["anyOf"])
    kind = str(field.get("type", ""))
    low, high = field.get("minimum"), field.get("maximum")
    return f"{kind}, {low} to {high}" if low is not None and high is not None else kind


def main() -> int:
    """Write the files into the checkout's docs, or into a folder given as argument."""
    checkout = Path(__file__).resolve().parents[3]
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else checkout / "docs")
    return 0


if __name__ == "__main__":
    sys.exit(main())
