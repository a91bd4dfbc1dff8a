import pytest

from dictate.text.modes import WritingMode, choose_mode
from dictate.text.place import Kind


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("code", "code"), ("string", "prose"), ("comment", "prose"), ("prose", "prose")],
)
def test_by_itself_the_place_decides(kind: Kind, expected: str) -> None:
    assert choose_mode("auto", {}, "python", kind).mode == expected


@pytest.mark.parametrize("chosen", ["code", "prose", "vibe", "raw"])
def test_what_was_chosen_goes_before_the_place_and_the_language(chosen: WritingMode) -> None:
    assert choose_mode(chosen, {"python": "raw"}, "python", "comment").mode == chosen


def test_a_choice_for_the_language_goes_before_the_place() -> None:
    assert choose_mode("auto", {"markdown": "code"}, "markdown", "prose").mode == "code"
    assert choose_mode("auto", {"markdown": "auto"}, "markdown", "prose").mode == "prose"


def test_what_is_written_to_a_model_has_names_in_backticks() -> None:
    assert choose_mode("auto", {}, "copilot-chat", "prose").mode == "vibe"
    assert choose_mode("auto", {}, "codecompanion", "code").mode == "vibe"
