"""Commands are whole utterances, as models write them."""

import pytest

from dictate.text.heard import heard
from dictate.text.spoken_forms.interpreter import whole_command
from dictate.text.written import Command
from tests.unit.text.spoken_forms.cases import FORMS


@pytest.mark.parametrize(
    ("said", "command"),
    [
        ("Scratch that.", Command("scratch")),
        ("Undo!", Command("undo")),
        ("new line", Command("new_line")),
        ("Camel that.", Command("format", "camel")),
        ("camel case it", Command("format", "camel")),
        ("Screaming snake that", Command("format", "constant")),
        ("cap that", Command("format", "capital")),
        ("title that", Command("format", "title")),
    ],
)
def test_a_command_is_known_however_the_model_writes_it(said, command):
    assert whole_command(heard(said), FORMS.for_language("python")) == command


@pytest.mark.parametrize(
    "said",
    ["", " ", ".", "that", "camel", "camel get that", "scratch that please", "title it", "do that"],
)
def test_anything_more_or_less_is_none(said):
    assert whole_command(heard(said), FORMS.for_language("python")) is None
