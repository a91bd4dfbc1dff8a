"""From heard words to what is written: modes, commands, and words that the model joined."""

import random

import pytest

from dictate.text.heard import heard
from dictate.text.modes import EffectiveMode
from dictate.text.names.name import Name
from dictate.text.spoken_forms.table import SpokenForms
from dictate.text.writing import Writer, make_writer

FORMS = SpokenForms()


def _writer(mode: EffectiveMode, *names: str, language_id: str = "python") -> Writer:
    listed = [Name(name, 10.0 - index) for index, name in enumerate(names)]
    return make_writer(mode, FORMS.for_language(language_id), listed, {("my", "mail"): "a@b.c"})


def test_raw_is_to_the_letter_commands_and_replacements_included() -> None:
    for said in ("scratch that", "My mail, left paren.", "get user by id"):
        assert _writer("raw", "getUserById").write(heard(said)).text == said


@pytest.mark.parametrize("mode", ["code", "prose", "vibe"])
def test_a_command_is_one_only_where_nothing_more_can_follow(mode: EffectiveMode) -> None:
    writer = _writer(mode)
    assert writer.write(heard("Scratch that.")).command is not None
    assert writer.write(heard("scratch that"), is_whole=False).command is None
    assert writer.write(heard("scratch that itch")).command is None


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("code", "getUserById"), ("prose", "getUserById"), ("vibe", "`getUserById`")],
)
def test_a_name_is_written_in_every_mode_but_raw(mode: EffectiveMode, expected: str) -> None:
    assert _writer(mode, "getUserById").write(heard("get user by id")).text == expected


@pytest.mark.parametrize(
    ("mode", "text", "expected"),
    [
        ("code", "explains_bats_frame file_name now", "explains bats_frame_file_name now"),
        ("prose", "explains_bats_frame file_name now", "explains bats_frame_file_name now"),
        ("code", "never use_close_timeout twice", "never use close_timeout twice"),
        ("code", "rename big and RemovePlusCompare", "rename big and remove PlusCompare"),
        ("code", "use bats_frame_file_name twice", "use bats_frame_file_name twice"),
        ("prose", "use bats_frame_file_name twice", "use bats_frame_file_name twice"),
        ("code", "a new_helper_name here", "a new_helper_name here"),
        ("code", "self.close_it(their_timeout)", "self.close_it(their_timeout)"),
        ("code", "JavaScript uses close timeout", "JavaScript uses close_timeout"),
        # Two everyday words may be just that.
        ("prose", "JavaScript uses close timeout", "JavaScript uses close timeout"),
    ],
)
def test_what_the_model_joined_comes_apart_where_that_brings_names_to_light(
    mode: EffectiveMode, text: str, expected: str
) -> None:
    writer = _writer(mode, "bats_frame_file_name", "close_timeout", "PlusCompare")
    written = writer.write(heard(text))
    assert written.text == expected
    for span in written.spans:
        assert 0 <= span.first_word < span.end_word <= len(text.split())


def test_an_identifier_that_nobody_knows_stays_unless_the_model_doubts_it() -> None:
    writer = _writer("code", "close_timeout")
    assert writer.write(heard("x test_fales", [0.9, 0.95])).text == "x test_fales"
    assert writer.write(heard("x test_fales", [0.9, 0.5])).text == "x test fales"
    known = writer.write(heard("x close_timeout", [0.9, 0.5]))
    assert known.text == "x close_timeout"


def test_in_prose_a_product_stays_whole_unless_it_imitates_a_name() -> None:
    writer = _writer("prose", "ShellCompDirective")
    assert writer.write(heard("use PyTorch here", [0.9, 0.8, 0.9])).text == "use PyTorch here"
    doubted = writer.write(heard("never TheseShellComp twice", [0.9, 0.8, 0.9]))
    assert doubted.text == "never these shell comp twice"


@pytest.mark.parametrize("seed", range(60))
def test_whatever_is_heard_is_written_in_some_way_and_every_word_is_told_of(seed: int) -> None:
    draw = random.Random(seed)
    words = ["get", "user", "by", "id", "left", "paren", "camel", "over", "x_y", "aB", "42"]
    words += ["ÄÖ", "😀", ",", ".", "(", "->", "'tis", "don't", "é"]
    said = " ".join(draw.choices(words, k=draw.randrange(1, 15)))
    confidences = [draw.random() for _ in said.split()]
    for mode in ("code", "prose", "vibe", "raw"):
        written = _writer(mode, "getUserById", "x_y").write(heard(said, confidences))
        if written.command is not None:
            continue
        end = 0
        for span in written.spans:
            assert end <= span.start < span.end <= len(written.text), (seed, mode, said)
            assert 0 <= span.first_word < span.end_word <= len(said.split()), (seed, mode, said)
            end = span.end
