"""A dictated text in its document, while that is edited."""

import random

import pytest

from dictate.lsp.document import Change, Document, ExpectedRewrite


def _document(text: str) -> Document:
    return Document("file:///x", "python", 1, text, "utf-32")


def _replace(document: Document, start: int, end: int, text: str) -> None:
    document.apply(
        document.version + 1,
        [Change(text, document.position_at(start), document.position_at(end))],
    )


@pytest.mark.parametrize("seed", range(300))
def test_a_range_never_holds_what_stood_or_was_typed_outside(seed: int) -> None:
    draw = random.Random(seed)
    outside, inside, typed = "abcdefgh\n", "RSTUVWXY", "0123456789"
    before = "".join(draw.choices(outside, k=draw.randrange(12)))
    said = "".join(draw.choices(inside, k=draw.randrange(1, 9)))
    after = "".join(draw.choices(outside, k=draw.randrange(12)))
    document = _document(before + said + after)
    tracked = document.track(len(before), len(before) + len(said))
    for _ in range(draw.randrange(1, 8)):
        first = draw.randrange(len(document.text) + 1)
        last = min(len(document.text), first + draw.choice([0, 0, 1, 3, 6]))
        is_inside = tracked.start <= first and last <= tracked.end and first < tracked.end
        is_inside = is_inside and last > tracked.start
        text = "".join(draw.choices(typed, k=draw.choice([0, 1, 2])))
        _replace(document, first, last, text if not is_inside else text.translate(_MARKED))
    stands = document.text[tracked.start : tracked.end]
    assert not set(stands) & set(outside + typed), (seed, document.text, stands)
    assert set(document.text) & set(inside) <= set(stands), (seed, document.text, stands)


_MARKED = str.maketrans("0123456789", "ABCDEFGHIJ")
"""What is typed inside belongs to it."""


@pytest.mark.parametrize(
    "text", ["", "get", "getUserById", "userId", "xgetUserByIdx", "get getUser"]
)
def test_a_rewritten_range_holds_its_new_text_wherever_the_editor_sees_the_change(
    text: str,
) -> None:
    document = _document("a = getUser\n")
    tracked = document.track(4, 11)
    seen: list[int] = []
    document.rewrites.append(ExpectedRewrite(tracked, text, seen.append))
    # As editors report it: the whole document anew.
    document.apply(2, [Change(f"a = {text}\n")])
    assert seen == [2]
    assert document.text[tracked.start : tracked.end] == text
    assert not document.rewrites


def test_another_change_is_not_taken_for_the_rewrite() -> None:
    document = _document("a = getUser\n")
    tracked = document.track(4, 11)
    seen: list[int] = []
    document.rewrites.append(ExpectedRewrite(tracked, "user", seen.append))
    _replace(document, 0, 1, "b")
    assert not seen
    assert document.text[tracked.start : tracked.end] == "getUser"
