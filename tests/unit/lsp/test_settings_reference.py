from pathlib import Path

import msgspec

from dictate.lsp.settings import Settings
from dictate.lsp.settings_reference import markdown, schema, write

DOCS = Path(__file__).resolve().parents[3] / "docs"


def test_the_reference_in_the_repository_is_up_to_date(tmp_path: Path) -> None:
    write(tmp_path)
    for name in ("settings.md", "settings.schema.json"):
        assert (DOCS / name).read_text(encoding="utf-8") == (tmp_path / name).read_text(
            encoding="utf-8"
        ), "run `python -m dictate.lsp.settings_reference`"


def test_every_setting_is_described() -> None:
    def names(value: object, path: str = "") -> list[str]:
        if not isinstance(value, dict):
            return [path]
        return [n for key, inner in value.items() for n in names(inner, f"{path}.{key}".strip("."))]

    reference = markdown()
    for name in names(msgspec.to_builtins(Settings())):
        (row,) = [line for line in reference.splitlines() if line.startswith(f"| `{name}` |")]
        assert all(cell.strip() for cell in row.strip("|").split("|")), row
    assert schema()["$defs"]["Settings"]["properties"]
