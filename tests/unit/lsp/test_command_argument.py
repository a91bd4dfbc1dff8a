"""Where the text of a command goes, counted as people count."""

import pytest

from dictate.errors import DictateError
from dictate.lsp.command_argument import command_argument, place_of
from dictate.lsp.document import Document
from dictate.lsp.documents import Documents
from dictate.lsp.protocol import WirePosition


@pytest.mark.parametrize(
    ("line", "column", "expected"),
    [
        (1, 1, 0),
        (1, 3, 2),
        (1, 99, 3),
        (2, 1, 4),
        (2, 2, 4 + len("👩‍👩‍👧")),
        (2, 3, 4 + len("👩‍👩‍👧e\u0301")),
        (2, 4, 4 + len("👩‍👩‍👧e\u0301🇩🇪")),
        (2, 5, 4 + len("👩‍👩‍👧e\u0301🇩🇪🇫🇷")),
        (2, 6, 4 + len("👩‍👩‍👧e\u0301🇩🇪🇫🇷👍🏽")),
        (0, 0, 0),
        (99, 1, 4 + len("👩‍👩‍👧e\u0301🇩🇪🇫🇷👍🏽x")),
    ],
)
def test_columns_are_characters_as_people_see_them(line: int, column: int, expected: int) -> None:
    document = Document("file:///a", "text", 1, "abc\n👩‍👩‍👧e\u0301🇩🇪🇫🇷👍🏽x")
    assert place_of(document, line, column) == expected


def test_every_way_to_say_where_is_the_same_place() -> None:
    documents = Documents("utf-8")
    documents.open("file:///work/a%20b.py", "python", 1, "x\né y\n")
    for given in (
        {"uri": "file:///work/a%20b.py", "position": {"line": 1, "character": 2}},
        {
            "textDocument": {"uri": "file:///work/a%20b.py"},
            "position": {"line": 1, "character": 2},
        },
        {"path": "/work/a b.py", "line": 2, "column": 2},
        {"line": 2, "column": 2},
    ):
        argument = command_argument((given,), documents)
        assert argument.uri == "file:///work/a%20b.py", given
        assert argument.position == WirePosition(line=1, character=2), given


def test_a_path_that_is_not_open_and_nonsense_are_refused_in_one_line() -> None:
    documents = Documents()
    for given in ({"path": "/nowhere.py", "line": 1}, {"line": "two"}, ["x"]):
        with pytest.raises(DictateError) as refused:
            command_argument((given,), documents)
        assert "\n" not in str(refused.value)


def test_nothing_said_is_nothing_known() -> None:
    for arguments in ((), (None,), ({},)):
        argument = command_argument(arguments, Documents())
        assert (argument.uri, argument.position) == (None, None)
