from pathlib import Path

import pytest

from dictate.errors import DictateError
from dictate.text.vocabulary.creating import create
from dictate.text.vocabulary.learned import Learned
from dictate.text.vocabulary.reading import load
from dictate.text.vocabulary.remembering import forget, remember
from dictate.text.vocabulary.vocabulary import Vocabulary


def test_a_file_to_begin_with_says_nothing_yet_and_takes_lessons(tmp_path: Path):
    path = tmp_path / "dictate" / "vocabulary.toml"
    create(path)
    beginning = path.read_text()
    assert load(path) == Vocabulary()
    remember(path, [Learned("kubectl", "cube control")])
    assert [name.text for name in load(path).names] == ["kubectl"]
    assert forget(path, "kubectl")
    assert path.read_text() == beginning


def test_a_file_that_is_there_is_left_alone(tmp_path: Path):
    path = tmp_path / "vocabulary.toml"
    path.write_text("mine")
    create(path)
    assert path.read_text() == "mine"


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DictateError, match="cannot write"):
        create(tmp_path / "file" / "vocabulary.toml")
