import pytest

from dictate.text.backticks import in_backticks

NAMES = ["getUserById", "parse_config", "HTTPServer", "user", "MAX_RETRIES", "x2"]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("rename getUserById to parse_config.", "rename `getUserById` to `parse_config`."),
        ("call HTTPServer, then x2", "call `HTTPServer`, then `x2`"),
        ("the user is no name here", "the user is no name here"),
        ("already `getUserById` and getUserById", "already `getUserById` and `getUserById`"),
        ("self.parse_config is a path", "`self.parse_config` is a path"),
        ("getUserByIds, my_parse_config: others", "getUserByIds, my_parse_config: others"),
        ("", ""),
        ("`open getUserById", "`open `getUserById`"),
    ],
)  # fmt: skip
def test_names_of_code_stand_in_backticks(text, written):
    assert in_backticks(text, NAMES) == written


def test_twice_is_as_good_as_once():
    once = in_backticks("MAX_RETRIES of self.parse_config", NAMES)
    assert in_backticks(once, NAMES) == once
