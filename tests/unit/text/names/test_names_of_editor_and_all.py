import pytest

from dictate.text.names.editor_symbols import MAX_SYMBOLS, editor_names
from dictate.text.names.merge import merged
from dictate.text.names.name import Name


def test_symbols_of_the_editor_are_names_with_kinds():
    symbols = [
        {"name": "UserRepo", "kind": 5},
        {"name": "find_user", "kind": 6},
        {"name": "MAX_USERS", "kind": 14},
        {"name": "user_id", "kind": 13},
        {"name": "userDb", "kind": 2},
        {"name": "last_seen", "kind": 8},
    ]
    found = {name.text: name.kind for name in editor_names(symbols)}
    assert found == {
        "UserRepo": "type",
        "find_user": "function",
        "MAX_USERS": "constant",
        "user_id": "variable",
        "userDb": "module",
        "last_seen": "field",
    }
    assert all(name.origin == "editor" for name in editor_names(symbols))


def test_a_signature_gives_the_names_that_it_begins_with():
    found = {
        name.text: name.kind for name in editor_names([{"name": "Repo.findUser(int)", "kind": 6}])
    }
    assert found["findUser"] == "function"
    assert "int" not in found


@pytest.mark.parametrize(
    "symbols",
    [
        None,
        7,
        "find_user",
        {"name": "find_user"},
        [None, 3, "find_user", [], {}, {"name": None, "kind": 3}, {"name": 5}, {"kind": 6}],
        [{"name": "", "kind": 6}, {"name": "\udc80\0", "kind": 6}, {"name": "return", "kind": 6}],
    ],
)
def test_what_is_no_list_of_symbols_gives_no_names(symbols):
    assert editor_names(symbols) == []


@pytest.mark.parametrize("kind", [None, "6", 6.0, True, 10**30, -1, [], {}])
def test_a_kind_that_is_none_is_not_known(kind):
    assert [name.kind for name in editor_names([{"name": "find_user", "kind": kind}])] == [""]


def test_what_is_pushed_is_bounded():
    symbols = [{"name": f"name_{n:x}_of" * 50, "kind": 6} for n in range(MAX_SYMBOLS)]
    symbols += [{"name": "behind_the_end", "kind": 6}]
    assert "behind_the_end" not in {name.text for name in editor_names(symbols)}


def test_merged_names_are_there_once_with_the_best_score():
    one = [Name("find_user", 1.0), Name("user_id", 5.0)]
    other = [Name("find_user", 3.0, "function", "project"), Name("row_id", 2.0)]
    assert merged(one, other) == [
        Name("user_id", 5.0),
        Name("find_user", 3.0, "function", "project"),
        Name("row_id", 2.0),
    ]
    assert merged(one, other, limit=1) == [Name("user_id", 5.0)]
    assert merged() == []


def test_merging_keeps_what_only_the_lower_one_knows():
    near = Name("nginx_conf", 5.0)
    taught = Name("nginx_conf", 1.0, "variable", "vocabulary", "engine x conf")
    for names in (merged([near], [taught]), merged([taught], [near])):
        assert names == [Name("nginx_conf", 5.0, "variable", "document", "engine x conf")]
