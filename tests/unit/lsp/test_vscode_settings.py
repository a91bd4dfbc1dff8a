import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dictate.lsp import vscode_settings
from dictate.lsp.settings import Settings, parse
from dictate.lsp.vscode_settings import sections, update

MANIFEST = Path(__file__).resolve().parents[3] / "editor" / "vscode" / "package.json"


def properties() -> dict[str, dict[str, Any]]:
    return {name: prop for section in sections() for name, prop in section["properties"].items()}


def test_the_extension_s_manifest_is_up_to_date() -> None:
    text = MANIFEST.read_text(encoding="utf-8")
    assert text == update(text), "run `python -m dictate.lsp.vscode_settings`"


def test_settings_of_the_extension_itself_stay_as_they_are() -> None:
    before = json.loads(MANIFEST.read_text(encoding="utf-8"))
    by_hand = {"title": "By Hand", "properties": {"dictate.server.path": {"type": "string"}}}
    stale = {"title": "Stale", "properties": {"dictate.engine.gone": {}, "dictate.language": {}}}
    before["contributes"]["configuration"] = [by_hand, stale]
    after = json.loads(update(json.dumps(before)))
    generated = json.loads(json.dumps(sections()))
    assert after["contributes"]["configuration"] == [by_hand, *generated]
    before["contributes"]["configuration"] = after["contributes"]["configuration"]
    assert after == before


def test_every_setting_is_there_with_the_default_that_the_server_has() -> None:
    given: dict[str, Any] = {}
    for name, prop in properties().items():
        *groups, last = name.removeprefix("dictate.").split(".")
        inner = given
        for group in groups:
            inner = inner.setdefault(group, {})
        inner[last] = prop["default"]
    assert given == msgspec.to_builtins(Settings())
    assert parse(given).problems == []


def test_every_setting_has_what_the_settings_editor_needs() -> None:
    for name, prop in properties().items():
        assert prop.get("description") or prop.get("markdownDescription"), name
        assert prop["type"], name
        assert prop["scope"] in ("application", "window"), name
        assert not {"$ref", "anyOf", "allOf"} & prop.keys(), name


@pytest.mark.parametrize(
    ("name", "kind", "limits"),
    [
        ("dictate.engine.beams", "integer", {"minimum": 1, "maximum": 8}),
        ("dictate.handsFree.pauseMs", ["integer", "null"], {"minimum": 200, "maximum": 5000}),
        ("dictate.language", ["string", "null"], {"pattern": "^[a-z]{2,3}$"}),
        ("dictate.handsFree.stopPhrases", "array", {"items": {"type": "string"}}),
    ],
)
def test_types_and_ranges_are_the_server_s(name: str, kind: object, limits: dict[str, Any]) -> None:
    prop = properties()[name]
    assert prop["type"] == kind
    assert limits.items() <= prop.items()


def test_a_setting_in_a_new_group_must_be_given_its_section(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(vscode_settings, "_SECTIONS", vscode_settings._SECTIONS[1:])
    with pytest.raises(ValueError, match=r"without a section.*writing\.mode"):
        sections()
