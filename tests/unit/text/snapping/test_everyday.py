import pytest

from dictate.text.english import is_inflection
from dictate.text.snapping.everyday import is_everyday


@pytest.mark.parametrize(
    "word",
    [
        "the",
        "houses",
        "running",
        "happily",
        "easier",
        "chinese",
        "config",
        "json",
        "x",
        "42",
        "tried",
    ],
)
def test_everyday_words_and_their_inflections(word):
    assert is_everyday(word)


@pytest.mark.parametrize("word", ["tokenizer", "numpy", "dataframe", "kwargs", "fprintf", "strlen"])
def test_what_only_programs_say_is_not_everyday(word):
    assert not is_everyday(word)


def test_inflections_are_told_from_slips():
    assert is_inflection("users", "user")
    assert is_inflection("run", "running")
    assert not is_inflection("user", "user")
    assert not is_inflection("usar", "user")
