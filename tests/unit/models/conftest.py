from pathlib import Path

import pytest

from dictate.models.registry import PairEntry, read_models_file
from dictate.models.verify import CHECKPOINT_FILES, describe


@pytest.fixture
def pair_files(tmp_path: Path) -> Path:
    """A `models.toml` with one pair whose files are small, listed and whole."""
    lines = ["[pair.mine]", 'target = "big"', 'draft = "small"', 'languages = ["en"]']
    for folder in ("big", "small"):
        (tmp_path / folder).mkdir()
        for name in CHECKPOINT_FILES:
            path = tmp_path / folder / name
            path.write_bytes(f"{folder} {name}".encode() * 20)
            file = describe(path, tmp_path)
            lines += [
                "[[pair.mine.files]]",
                f'path = "{file.path}"',
                f"size = {file.size}",
                f'sha256 = "{file.sha256}"',
            ]
    models_file = tmp_path / "models.toml"
    models_file.write_text("\n".join(lines))
    return models_file


@pytest.fixture
def entry(pair_files: Path) -> PairEntry:
    return read_models_file(pair_files, packaged=False)["mine"]
