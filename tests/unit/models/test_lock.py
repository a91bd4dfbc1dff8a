import shutil
from pathlib import Path

import pytest

from dictate.models import registry
from dictate.models.lock import BEGIN, END, locked
from dictate.models.registry import ModelError, PairEntry, Registry
from dictate.models.verify import verify

HEAD = '# kept\n[pair.mine]  # kept, too\ntarget = "big"\ndraft = "small"\n\n'
TAIL = "\n# kept at the end\n"


@pytest.fixture
def packaged(pair_files: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The fixture's pair as if it were shipped, without a list of files."""
    monkeypatch.setattr(registry, "PACKAGE_FOLDER", pair_files.parent)
    pair_files.write_text(f"{HEAD}{BEGIN}\n{END}{TAIL}")
    return pair_files


def entry_of(models_file: Path) -> PairEntry:
    return registry.read_models_file(models_file, packaged=True)["mine"]


def test_locking_lists_every_file_and_keeps_the_rest(packaged: Path):
    (packaged.parent / "big" / "vocab.json").write_text("{}")
    (packaged.parent / "big" / "README.md").write_text("a note")
    text = locked(packaged)
    assert text.startswith(HEAD)
    assert text.endswith(TAIL)
    packaged.write_text(text)
    listed = {file.path for file in entry_of(packaged).files}
    assert {"big/model.safetensors", "small/tokenizer.json", "big/vocab.json"} <= listed
    assert "big/README.md" not in listed
    verify(entry_of(packaged), "target")
    verify(entry_of(packaged), "draft")


def test_locking_twice_changes_nothing(packaged: Path):
    packaged.write_text(locked(packaged))
    assert locked(packaged) == packaged.read_text()


def test_locked_pair_notices_a_changed_file(packaged: Path):
    packaged.write_text(locked(packaged))
    (packaged.parent / "small" / "config.json").write_text("{}")
    with pytest.raises(ModelError, match=r"config\.json has 2 bytes"):
        verify(entry_of(packaged), "draft")


def test_missing_weights_and_markers_are_said(packaged: Path):
    (packaged.parent / "big" / "model.safetensors").unlink()
    with pytest.raises(ModelError, match=r"model\.safetensors is missing"):
        locked(packaged)
    packaged.write_text(HEAD)
    with pytest.raises(ModelError, match="put both back"):
        locked(packaged)


def test_the_shipped_pair_is_locked_and_whole():
    entry = Registry.load().pair("bundled")
    for folder in (entry.target, entry.draft):
        assert folder is not None
        listed = {entry.root / file.path for file in entry.files}
        assert folder / "model.safetensors" in listed
    verify(entry, "target")
    verify(entry, "draft")


def test_a_copy_of_the_shipped_pair_may_lie_anywhere(tmp_path: Path):
    source = Registry.load().pair("bundled")
    shutil.copytree(source.target, tmp_path / "t")
    (tmp_path / "models.toml").write_text('[pair.copy]\ntarget = "t"\n')
    verify(registry.read_models_file(tmp_path / "models.toml", packaged=False)["copy"], "target")
