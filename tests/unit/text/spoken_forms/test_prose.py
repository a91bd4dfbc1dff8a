"""Prose stays as it was heard, but for what can hardly be meant otherwise."""

from pathlib import Path

import pytest

from dictate.text.heard import heard
from dictate.text.names.name import Name
from dictate.text.snapping.snapper import NameSnapper
from dictate.text.spoken_forms.interpreter import whole_command, write_prose
from tests.unit.text.spoken_forms.cases import FORMS, prose, written_prose

_PROSE = Path(__file__).resolve().parents[3] / "data/prose"
_NAMES = ["get_user_by_id", "maxRetryCount", "HTTPServer", "user", "items"]


def snapper() -> NameSnapper:
    return NameSnapper([Name(name, 1.0) for name in _NAMES])


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("is it done question mark", "is it done?"),
        ("Is it done? Question mark.", "Is it done?"),
        ("done exclamation point it works", "done! It works"),
        ("red comma green comma and blue", "red, green, and blue"),
        ("Red, comma, green.", "Red, green."),
        ("it is done period", "it is done."),
        ("it is done full stop next one", "it is done. Next one"),
        ("as follows colon", "as follows:"),
        ("one new line two", "one\ntwo"),
        ("one new paragraph two", "one\n\nTwo"),
        ("he said open quote hello close quote and left", 'he said "hello" and left'),
        ("see open paren below close paren", "see (below)"),
        ("question mark", "?"),
    ],
)
def test_spoken_punctuation_is_written(said, expected):
    assert prose(said) == expected


@pytest.mark.parametrize(
    "said",
    [
        "add a comma here",
        "values separated by comma",
        "a comma separated list",
        "the comma is missing",
        "over a long period",
        "for the trial period",
        "a period of time",
        "it was a period piece",
        "a new line of products",
        "this question mark",
        "put a full stop to it",
        "the colon",
        "a medieval period",
        "period drama and a comma splice",
        "she literally ran away",
        "Literally everyone knows, and it is fine.",
        "undo that change",
        "say hello to the number one",
        "the left paren is missing",
        "two plus two equals four, and a dot is a dot",
    ],
)
def test_talk_about_punctuation_stays(said):
    assert prose(said) == said


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("call get user by id, then stop.", "call get_user_by_id, then stop."),
        ("call `get_user_by_id` here", "call `get_user_by_id` here"),
        ("get user. By id we go", "get user. By id we go"),
        ("the max retry count's value", "the max retry count's value"),
        ("literally get user by id", "get user by id"),
    ],
)
def test_names_are_written_within_a_stretch_without_marks(said, expected):
    assert prose(said, snapper()) == expected


def test_names_that_look_like_code_get_backticks_where_asked_for():
    said = "the user calls get user by id, `HTTPServer` waits"
    written = written_prose(said, snapper(), backticks=True)
    assert written.text == "the user calls `get_user_by_id`, `HTTPServer` waits"


def test_replacements_are_exact_and_keep_the_marks_around():
    replacements = {("my", "mail"): "me@example.org"}
    assert prose("Send it to (my mail), please.", replacements=replacements) == (
        "Send it to (me@example.org), please."
    )
    assert prose("literally my mail", replacements=replacements) == "my mail"


def test_white_space_and_everything_else_stays():
    for text in ("", " ", "  two  spaces\n\tand more \n", "\u4f60\u597d \U0001f600 caf\u00e9"):
        assert prose(text, snapper()) == text


def test_spans_cover_every_word():
    written = written_prose("it works comma call get user by id now", snapper())
    assert written.text == "it works, call get_user_by_id now"
    assert [(span.first_word, span.end_word) for span in written.spans] == [
        (0, 1), (1, 2), (2, 3), (3, 4), (4, 8), (8, 9),
    ]  # fmt: skip
    assert [written.text[span.start : span.end] for span in written.spans] == [
        "it", "works", ",", "call", "get_user_by_id", "now",
    ]  # fmt: skip
    assert not written.is_code


def test_ordinary_prose_is_left_alone():
    """At most one wrong change in 2,000 words, as people pause: at any place."""
    forms = FORMS.for_language("markdown")
    words, changed = 0, []
    for path in sorted(_PROSE.rglob("*.txt")):
        text = path.read_text(encoding="utf-8").split()
        for start in range(0, len(text), 11):
            said = heard(" ".join(text[start : start + 11]))
            words += len(said.words)
            if write_prose(said, forms, None).text != said.text or whole_command(said, forms):
                changed.append(said.text)
    assert words >= 20_000
    print(changed)
    assert len(changed) / words <= 0.5 / 1000
