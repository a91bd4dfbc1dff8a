import pytest

from dictate.text.english import is_frequent, is_ordinary
from dictate.text.vocabulary.sounding import likeness, subwords


@pytest.mark.parametrize(
    ("spelling", "parts"),
    [
        ("getUserById", ["get", "user", "by", "id"]),
        ("HTTPServer2", ["http", "server", "2"]),
        ("parse_json-file", ["parse", "json", "file"]),
        ("std::vector", ["std", "vector"]),
        ("__init__", ["init"]),
        ("größeNeu", ["größe", "neu"]),
    ],
)
def test_a_name_consists_of_words(spelling: str, parts: list[str]):
    assert subwords(spelling) == parts


@pytest.mark.parametrize(
    ("spoken", "spelling"),
    [("get user", "getUser"), ("graph cue el", "GraphQL"), ("utf sixteen", "utf16"),
     ("dash dash dry run", "--dry-run"), ("sixty four", "64"), ("o auth to", "oauth2")],
)  # fmt: skip
def test_letters_numbers_and_marks_may_be_said_in_words(spoken: str, spelling: str):
    assert likeness(spoken.split(), spelling).same_letters


def test_what_sounds_the_same_is_known_to_and_what_has_nothing_in_common_has_no_share():
    assert likeness(["jason"], "JSON").same_sound
    assert not likeness(["get", "user"], "set_user").same_sound
    assert likeness(["cube", "control"], "kubectl").share > likeness(["cube"], "order_id").share
    assert likeness(["identifier"], "id").share < 0.4
    assert likeness([], "x").share == likeness(["x"], "__").share == 0.0


def test_names_in_other_scripts_are_compared_by_letters():
    assert likeness(["ключ"], "Ключ").same_letters
    assert likeness(["ключа"], "ключ").share > 0.7 > likeness(["слово"], "ключ").share


def test_ordinary_words_are_known_with_their_endings_and_names_are_none():
    for word in ["tries", "fetching", "stopped", "principles", "it's", "organisation", "carefully"]:
        assert is_ordinary(word)
    for word in ["kubectl", "redis", "numpy", "getuser", "pytorch"]:
        assert not is_ordinary(word)
    assert is_frequent("tree")
    assert not is_frequent("reddish")
