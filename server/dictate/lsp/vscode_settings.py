"""The server's settings as VS Code's settings editor shows them, made from their classes.

`python -m dictate.lsp.vscode_settings` writes them into `editor/vscode/package.json`, under
`contributes.configuration`. The blocks of settings that are the extension's own are written by hand
and stay as they are. A test fails when the file differs from the classes.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

from dictate.lsp.settings_reference import leaves, schema

# The groups of settings under the titles that they have in the settings editor, the likeliest to
# be looked for first.
_SECTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Writing", ("writing", "names", "vocabulary", "proofing")),
    ("Speech", ("language", "microphone", "handsFree", "partials", "vad", "maxUtteranceMinutes")),
    ("Models", ("engine", "models", "prompt")),
    ("Privacy and Log", ("history", "logLevel")),
)

# One microphone and one engine serve all windows of a user. Such settings are the user's alone, no
# folder's. VS Code calls this scope "application"; under "machine" it would not pass the user's
# own settings to an extension that runs on the user's side of a remote window.
_OF_THE_USER = ("microphone.", "engine.", "models.", "vocabulary.", "history.", "logLevel")

# What differs from machine to machine does not travel with the user's settings.
_OF_THE_MACHINE = ("microphone.device", "engine.pair", "engine.device", "engine.dtype")


def sections() -> list[dict[str, Any]]:
    """Return the blocks of `contributes.configuration` that hold the server's settings."""
    fields = dict(leaves(schema()))
    built = []
    for title, groups in _SECTIONS:
        names = [name for group in groups for name in fields if name.split(".")[0] == group]
        properties = {
            f"dictate.{name}": {"order": order, **_property(name, fields[name], fields)}
            for order, name in enumerate(names)
        }
        built.append({"title": title, "properties": properties})
    placed = {name for section in built for name in section["properties"]}
    missing = [name for name in fields if f"dictate.{name}" not in placed]
    if missing:
        raise ValueError(f"settings without a section in vscode_settings: {', '.join(missing)}")
    return built


def update(manifest: str) -> str:
    """Return the text of a package.json with the server's settings in it."""
    package = json.loads(manifest)
    contributes = package["contributes"]
    ours = {f"dictate.{name.split('.')[0]}" for name, _ in leaves(schema())}

    def is_by_hand(block: dict[str, Any]) -> bool:
        return not all(".".join(name.split(".")[:2]) in ours for name in block["properties"])

    by_hand = [block for block in contributes.get("configuration", []) if is_by_hand(block)]
    contributes["configuration"] = [*by_hand[:1], *sections(), *by_hand[1:]]
    return json.dumps(package, indent=2, ensure_ascii=False) + "\n"


def _property(name: str, field: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
    """A setting in the words of VS Code's schema."""
    built = {key: value for key, value in _type(field).items() if key != "description"}
    built["default"] = _plain(field["default"])
    built["scope"] = "application" if name.startswith(_OF_THE_USER) else "window"
    if name in _OF_THE_MACHINE:
        built["ignoreSync"] = True
    text = field["description"]
    linked = re.sub(
        r"`([\w.]+)`", lambda m: f"`#dictate.{m[1]}#`" if m[1] in fields else m[0], text
    )
    built["markdownDescription" if "`" in linked else "description"] = linked
    return built


def _type(field: dict[str, Any]) -> dict[str, Any]:
    """The field's type without alternatives, which the settings editor cannot show."""
    kinds = field.get("anyOf")
    if kinds is not None:
        (kind,) = (kind for kind in kinds if kind != {"type": "null"})
        return {**_type(kind), "type": [_type(kind)["type"], "null"]}
    built = {key: _plain(value) for key, value in field.items() if key != "default"}
    if "enum" in built:
        built = {"type": "string", **built}
    for inner in ("items", "additionalProperties"):
        if isinstance(built.get(inner), dict):
            built[inner] = _type(built[inner])
    return built


def _plain(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Numbers as JavaScript writes them, which is how VS Code's tools format the file."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def main() -> int:
    """Update the checkout's package.json, or the one that is given as argument."""
    checkout = Path(__file__).resolve().parents[3]
    given = sys.argv[1] if len(sys.argv) > 1 else checkout / "editor" / "vscode" / "package.json"
    manifest = Path(given)
    manifest.write_text(update(manifest.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
