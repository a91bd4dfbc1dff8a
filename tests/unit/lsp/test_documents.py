from dictate.lsp.document import Change, ExpectedInsertion, Position
from dictate.lsp.documents import Documents

URI = "file:///a.py"


def test_a_place_survives_reloading_the_document() -> None:
    documents = Documents()
    documents.open(URI, "python", 1, "one\ntwo\n")
    document = documents.get(URI)
    assert document is not None
    anchor = document.place(7)
    documents.close(URI)
    assert documents.get(URI) is None
    documents.open(URI, "python", 1, "zero\none\ntwo\n")
    reopened = documents.get(URI)
    assert reopened is not None
    assert reopened.text[: anchor.offset] == "zero\none\ntwo"


def test_a_place_moves_with_a_renamed_document() -> None:
    documents = Documents()
    documents.open(URI, "python", 4, "one two")
    document = documents.get(URI)
    assert document is not None
    anchor = document.place(3)
    documents.close(URI)
    documents.open("file:///b.py", "python", 0, "one two")
    assert anchor.uri == "file:///b.py"
    documents.change("file:///b.py", 1, [Change("X", Position(0, 0), Position(0, 0))])
    assert anchor.offset == 4


def test_an_insertion_is_seen_when_the_document_comes_back_with_it() -> None:
    documents = Documents()
    documents.open(URI, "python", 1, "one two")
    document = documents.get(URI)
    assert document is not None
    seen: list[int] = []
    document.expect(ExpectedInsertion(3, " said", seen.append))
    documents.close(URI)
    documents.open(URI, "python", 2, "one said two")
    assert seen == [2]


def test_another_document_does_not_take_the_places_of_a_closed_one() -> None:
    documents = Documents()
    documents.open(URI, "python", 1, "one")
    document = documents.get(URI)
    assert document is not None
    anchor = document.place(1)
    documents.close(URI)
    documents.open("file:///b.py", "python", 1, "something else")
    assert anchor.uri == URI


def test_the_last_touched_document_is_where_something_happened_last() -> None:
    documents = Documents()
    assert documents.last_touched() is None
    documents.open("file:///1", "text", 1, "one")
    documents.open("file:///2", "text", 1, "two")
    documents.change("file:///1", 2, [Change("X", Position(0, 1), Position(0, 1))])
    touched = documents.last_touched()
    assert touched is not None
    assert (touched.uri, touched.last_place) == ("file:///1", 2)
    documents.close("file:///1")
    touched = documents.last_touched()
    assert touched is not None
    assert touched.uri == "file:///2"


def test_changes_of_documents_that_are_not_open_are_ignored() -> None:
    documents = Documents()
    documents.change(URI, 2, [Change("text")])
    documents.close(URI)
    assert documents.get(URI) is None


def test_the_insertion_at_the_first_cursor_is_ours_among_its_copies() -> None:
    documents = Documents()
    document = documents.open(URI, "python", 1, "a\nb\nc\n")
    seen: list[int] = []
    ours = document.place(3)
    document.expect(ExpectedInsertion(3, " said", seen.append))
    waiting = document.place(5)
    # Editors list what they did from the last to the first.
    copies = [Change(" said", Position(line, 1), Position(line, 1)) for line in (2, 1, 0)]
    documents.change(URI, 2, copies)
    assert document.text == "a said\nb said\nc said\n"
    assert seen == [2]
    assert document.text[: ours.offset] == "a said\nb said"
    assert document.text[: waiting.offset] == "a said\nb said\nc"
    assert not document.expected


def test_an_insertion_is_seen_among_other_changes() -> None:
    documents = Documents()
    document = documents.open(URI, "python", 1, "a\nb\nc\n")
    seen: list[int] = []
    document.expect(ExpectedInsertion(3, " said", seen.append))
    elsewhere = Change("xyz", Position(2, 0), Position(2, 1))
    together = Change("B said", Position(1, 0), Position(1, 1))
    documents.change(URI, 2, [elsewhere, together])
    assert seen == [2]
