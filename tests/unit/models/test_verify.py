import shutil

import pytest

from dictate.models.registry import ModelError, PairEntry
from dictate.models.verify import verify


def refused(entry: PairEntry, role: str) -> str:
    with pytest.raises(ModelError) as caught:
        verify(entry, role)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_whole_files_pass(entry: PairEntry):
    verify(entry, "target")
    verify(entry, "draft")


def test_missing_file_is_named_with_the_remedy(entry: PairEntry):
    path = entry.target / "tokenizer.json"
    path.unlink()
    message = refused(entry, "target")
    assert str(path) in message
    assert "missing" in message
    assert str(entry.origin) in message
    verify(entry, "draft")


def test_cut_file_is_named_with_both_sizes(entry: PairEntry):
    path = entry.target / "model.safetensors"
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.truncate(size - 1)
    message = refused(entry, "target")
    assert str(path) in message
    assert f"{size - 1} bytes instead of {size}" in message


def test_flipped_byte_is_found(entry: PairEntry):
    assert entry.draft is not None
    path = entry.draft / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    message = refused(entry, "draft")
    assert str(path) in message
    assert "changed or damaged" in message
    verify(entry, "target")


def test_missing_folder_is_named(entry: PairEntry):
    shutil.rmtree(entry.target)
    assert f"{entry.target} does not exist" in refused(entry, "target")
