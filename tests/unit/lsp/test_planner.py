import pytest

from dictate.lsp.document import Document, Position
from dictate.lsp.planner import plan


@pytest.mark.parametrize(("encoding", "character"), [("utf-8", 15), ("utf-16", 11), ("utf-32", 10)])
def test_the_edit_stands_at_the_place_in_the_clients_units(encoding: str, character: int) -> None:
    document = Document("file:///x.md", "markdown", 7, "first\r\nSay 漢😀 hi there\r\n", encoding)  # type: ignore[arg-type]
    offset = document.text.index("there") - 1
    edit = plan(document, offset, "hello")
    assert edit.position == Position(1, character - 1)
    assert (edit.uri, edit.version) == ("file:///x.md", 7)
    assert edit.new_text == " hello"


def test_the_fitting_sees_the_rest_of_the_line_only() -> None:
    document = Document("file:///x.md", "markdown", 1, "before \nafter\r\n")
    assert plan(document, 7, "said").new_text == "said"
    assert plan(document, 0, "said").new_text == "Said "


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_lines_end_as_those_of_the_document_do(line_end: str) -> None:
    document = Document("file:///x.txt", "plaintext", 1, f"first{line_end}second{line_end}")
    assert plan(document, 5, "\n").new_text == line_end
    edit = plan(document, 0, "One two\n\nthree", style="prose")
    assert edit.new_text.count(line_end) == edit.new_text.count("\n") == 2
