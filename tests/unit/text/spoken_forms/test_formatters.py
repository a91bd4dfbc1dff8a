"""A text can be written in any way, from any way."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dictate.text.spoken_forms.formatters import FORMATTERS, format_text, format_words, subwords

_SPELLINGS = {
    "camel": "getUserByName",
    "pascal": "GetUserByName",
    "snake": "get_user_by_name",
    "kebab": "get-user-by-name",
    "constant": "GET_USER_BY_NAME",
    "train": "Get-User-By-Name",
    "dotted": "get.user.by.name",
    "packed": "get::user::by::name",
    "slash": "get/user/by/name",
}


@pytest.mark.parametrize(("one", "other"), list(itertools.permutations(_SPELLINGS, 2)))
def test_every_style_of_a_name_can_be_made_from_every_other(one, other):
    assert format_text(_SPELLINGS[one], other) == _SPELLINGS[other]


@pytest.mark.parametrize("formatter", _SPELLINGS)
def test_words_become_a_name(formatter):
    assert format_text("get user by name", formatter) == _SPELLINGS[formatter]
    assert format_words(["get", "user", "by", "name"], formatter) == _SPELLINGS[formatter]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("getUserByID", ["get", "User", "By", "ID"]),
        ("HTTPServer", ["HTTP", "Server"]),
        ("parse_http2", ["parse", "http2"]),
        ("__init__", ["init"]),
        ("utf8Decoder", ["utf8", "Decoder"]),
        ("x", ["x"]),
        ("", []),
        ("\u4f60\u597d", ["\u4f60\u597d"]),
        ("\u00c9l\u00e9ment fini", ["\u00c9l\u00e9ment", "fini"]),
        ("() -> {}", []),
    ],
)
def test_names_are_split_into_their_words(text, expected):
    assert subwords(text) == expected


def test_marks_at_the_ends_stay():
    assert format_text(" (user name), ", "camel") == " (userName), "
    assert format_text("...", "snake") == "..."
    assert format_text("", "snake") == ""


def test_prose_formatters_split_a_name_and_keep_a_sentence():
    assert format_text("getUserById", "title") == "Get User By Id"
    assert format_text("get user by id", "title") == "Get User by Id"
    assert format_text("the user's name", "sentence") == "The user's name"
    assert format_text("the user's name", "upper") == "THE USER'S NAME"


def test_digits_do_not_run_together():
    assert format_words(["version", "1", "2"], "camel") == "version1_2"


def test_an_unknown_formatter_is_an_error():
    with pytest.raises(KeyError):
        format_text("x", "nothing")


@given(st.text(max_size=30), st.sampled_from(sorted(FORMATTERS)))
def test_any_text_can_be_formatted(text, formatter):
    assert isinstance(format_text(text, formatter), str)


@given(
    st.lists(st.from_regex(r"[a-z]{1,8}", fullmatch=True), min_size=1, max_size=6),
    st.sampled_from(["snake", "kebab", "constant", "dotted", "packed", "slash", "train"]),
)
def test_no_word_is_lost(words, formatter):
    assert [word.lower() for word in subwords(format_words(words, formatter))] == words
