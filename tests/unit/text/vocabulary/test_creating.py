from pathlib import Path

import pytest

from dictate.errors import DictateError
from dictate.text.vocabulary.creating import create
from dictate.text.vocabulary.learned import Learned
from dictate.text.vocabulary.reading import load
from dictate.text.vocabulary.remembering import remember


def test_a_new_vocabulary_is_valid_and_takes_what_is_learned(tmp_path: Path) -> None:
    path = tmp_path / "new" / "vocabulary.toml"
    create(path)
    assert load(path).problems == []
    remember(path, [Learned("kubectl", "cube control")])
    assert [name.text for name in load(path).names] == ["kubectl"]


def test_a_file_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "vocabulary.toml"
    path.write_text("# mine\n")
    create(path)
    assert path.read_text() == "# mine\n"


def test_a_folder_that_cannot_be_made_is_told_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DictateError) as raised:
        create(tmp_path / "file" / "vocabulary.toml")
    assert "\n" not in str(raised.value)
