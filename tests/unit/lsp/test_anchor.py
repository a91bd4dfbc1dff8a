"""Places follow their document as a marker character put there would."""

import random

import pytest

from dictate.lsp.anchor import Replacement, difference, moved, steps, trimmed
from dictate.lsp.document import Change, Document, ExpectedInsertion, Position

_LETTERS = "abc é漢字😀\U0001f468\u200d\n\r\n\x0c\u2028"
_MARK = "\ue000"


def _random_text(generator: random.Random, longest: int) -> str:
    return "".join(generator.choice(_LETTERS) for _ in range(generator.randrange(longest)))


def _reference(text: str, anchor: int, start: int, end: int, new: str) -> int:
    """Put a marker at the place, make the edit around it, and look where the marker is."""
    marked = list(text[:anchor] + _MARK + text[anchor:])
    # Left gravity: what is inserted exactly at the place goes behind the marker.
    low = start + (1 if start > anchor or (start == anchor == end) else 0)
    high = end + (1 if end > anchor or (start == anchor == end) else 0)
    if start < anchor < end:
        kept = list(new)
        kept.insert(0, _MARK)
        marked[low:high] = kept
    elif end == anchor and start < end:
        marked[low:high] = list(new)
    else:
        marked[low:high] = ([_MARK] if _MARK in marked[low:high] else []) + list(new)
    return marked.index(_MARK)


def test_a_place_follows_random_edits_like_a_marker() -> None:
    seed = random.randrange(2**32)
    print("seed", seed)
    generator = random.Random(seed)
    for _ in range(3000):
        text = _random_text(generator, 40)
        anchor = generator.randrange(len(text) + 1)
        for _ in range(5):
            start = generator.randrange(len(text) + 1)
            end = generator.choice([start, generator.randrange(start, len(text) + 1)])
            new = _random_text(generator, 8)
            expected = _reference(text, anchor, start, end, new)
            change = Replacement(start, end, new)
            text, anchor = change.applied_to(text), moved(anchor, change)
            assert anchor == expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_a_document_and_its_places_follow_random_changes_in_every_encoding(encoding: str) -> None:
    seed = random.randrange(2**32)
    print("seed", seed)
    generator = random.Random(seed)
    codec, size = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}[
        encoding
    ]

    def position(text: str, offset: int) -> Position:
        before = text[:offset].replace("\r\n", "\n").replace("\r", "\n")
        return Position(before.count("\n"), len(before.rpartition("\n")[2].encode(codec)) // size)

    for _ in range(300):
        text = _random_text(generator, 60)
        document = Document("file:///x", "text", 0, text, encoding)  # type: ignore[arg-type]
        anchor = document.place(generator.randrange(len(text) + 1))
        for version in range(1, 8):
            borders = [o for o in range(len(text) + 1) if text[o - 1 : o + 1] != "\r\n"]
            start, end = sorted((generator.choice(borders), generator.choice(borders)))
            new = _random_text(generator, 10)
            inner = trimmed(text, Replacement(start, end, new))
            expected, middle = anchor.offset, text
            whole = not inner.start < anchor.offset < inner.end
            for step in [inner] if whole else steps(text, Replacement(start, end, new)):
                expected = _reference(middle, expected, step.start, step.end, step.text)
                middle = step.applied_to(middle)
            assert middle == text[:start] + new + text[end:]
            change = Change(new, position(text, start), position(text, end))
            document.apply(version, [change])
            text = text[:start] + new + text[end:]
            assert document.text == text
            assert anchor.offset == expected
            for offset in borders[:: max(1, len(borders) // 5)]:
                if offset <= len(text) and text[offset - 1 : offset + 1] != "\r\n":
                    assert document.offset_at(position(text, offset)) == offset
                    assert document.position_at(offset) == position(text, offset)


def test_the_difference_turns_one_text_into_the_other_and_is_small() -> None:
    seed = random.randrange(2**32)
    print("seed", seed)
    generator = random.Random(seed)
    for _ in range(2000):
        old, new = _random_text(generator, 20), _random_text(generator, 20)
        change = difference(old, new)
        assert change.applied_to(old) == new
        assert change.start <= change.end
        removed = old[change.start : change.end]
        if removed and change.text:
            assert removed[0] != change.text[0]
            assert removed[-1] != change.text[-1]


def test_a_full_text_replacement_leaves_places_in_untouched_text_alone() -> None:
    document = Document("file:///x", "python", 1, "one\ntwo\nthree\n")
    anchor = document.place(len("one\ntwo\nthr"))
    document.apply(2, [Change("one\n2\nmore\nthree\n")])
    assert document.text[anchor.offset :] == "ee\n"


def test_a_place_between_two_changes_reported_as_one_stays_in_its_line() -> None:
    document = Document("file:///x", "python", 1, "one\ntwo three\nfour\n")
    anchor = document.place(len("one\ntwo"))
    document.apply(2, [Change("zero\none\ntwo three\nfour and more\n")])
    assert document.text[anchor.offset :] == " three\nfour and more\n"


def test_a_line_replaced_as_a_whole_keeps_the_place_inside_it() -> None:
    document = Document("file:///x", "python", 1, "x = [1, 2]\n")
    anchor = document.place(len("x = [1"))
    document.apply(2, [Change("    x = [1, 2]", Position(0, 0), Position(0, 10))])
    assert document.text[: anchor.offset] == "    x = [1"


def test_text_typed_at_the_place_stays_behind_it_and_ours_pushes_it() -> None:
    document = Document("file:///x", "python", 1, "ab")
    anchor = document.place(1)
    document.apply(2, [Change("X", Position(0, 1), Position(0, 1))])
    assert anchor.offset == 1
    seen: list[int] = []
    document.expect(ExpectedInsertion(1, "said", seen.append))
    document.apply(3, [Change("said", Position(0, 1), Position(0, 1))])
    assert seen == [3]
    assert document.text == "asaidXb"
    assert document.text[: anchor.offset] == "asaid"


def test_our_insertion_is_seen_when_the_client_reports_it_shifted() -> None:
    # "a b" + " foo" at 1: a client that compares lines finds "foo " inserted at 2.
    document = Document("file:///x", "text", 1, "a b")
    seen: list[int] = []
    other = document.place(1)
    document.expect(ExpectedInsertion(1, " foo", seen.append))
    document.apply(2, [Change("foo ", Position(0, 2), Position(0, 2))])
    assert document.text == "a foo b"
    assert seen == [2]
    assert other.offset == len("a foo")


def test_our_insertion_is_seen_inside_a_change_that_brought_more() -> None:
    document = Document("file:///x", "text", 1, "one two\nthree")
    seen: list[int] = []
    document.expect(ExpectedInsertion(3, " said", seen.append))
    document.apply(2, [Change("zero one said two\nfour", Position(0, 0), Position(1, 5))])
    assert seen == [2]


@pytest.mark.parametrize("typed", ["said", " sai", "other", " saidx"[:4]])
def test_other_insertions_are_not_taken_for_ours(typed: str) -> None:
    document = Document("file:///x", "text", 1, "one two")
    seen: list[int] = []
    document.expect(ExpectedInsertion(3, " said", seen.append))
    document.apply(2, [Change(typed, Position(0, 3), Position(0, 3))])
    assert seen == []


def test_text_that_stood_there_before_is_not_taken_for_ours() -> None:
    document = Document("file:///x", "text", 1, "one said two")
    seen: list[int] = []
    document.expect(ExpectedInsertion(8, " said", seen.append))
    document.apply(2, [Change("x", Position(0, 3), Position(0, 3))])
    assert seen == []


def test_only_line_ends_of_the_protocol_end_lines() -> None:
    document = Document("file:///x", "text", 1, "a\x0cb\u2028c\x85d\r\ne\rf\ng")
    assert document.offset_at(Position(1, 0)) == document.text.index("e")
    assert document.offset_at(Position(2, 0)) == document.text.index("f")
    assert document.offset_at(Position(3, 0)) == document.text.index("g")


def test_positions_beyond_the_text_are_its_ends() -> None:
    document = Document("file:///x", "text", 1, "ab\r\ncd")
    assert document.offset_at(Position(0, 99)) == 2
    assert document.offset_at(Position(9, 0)) == 6
    assert document.position_at(99) == Position(1, 2)
    assert document.position_at(3) == Position(0, 2)  # between CR and LF


def test_a_position_inside_a_character_is_its_start() -> None:
    document = Document("file:///x", "text", 1, "a😀b", "utf-16")
    assert document.offset_at(Position(0, 2)) == 1
    assert document.offset_at(Position(0, 3)) == 2
    document = Document("file:///x", "text", 1, "a漢b", "utf-8")
    assert document.offset_at(Position(0, 3)) == 1
    assert document.offset_at(Position(0, 4)) == 2
