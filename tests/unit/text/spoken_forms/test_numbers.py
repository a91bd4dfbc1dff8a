"""Numbers in words become the numbers that they are."""

import random

import pytest

from dictate.text.spoken_forms.numbers import read_digits, read_number

_UNIT_WORDS = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
sixteen seventeen eighteen nineteen
"""
_TENS_WORDS = "twenty thirty forty fifty sixty seventy eighty ninety"
_UNITS, _TENS = _UNIT_WORDS.split(), _TENS_WORDS.split()


def in_words(number: int, *, with_and: bool) -> str:
    """A cardinal in words, as people say it."""
    if number < 20:
        return _UNITS[number]
    if number < 100:
        rest = f" {_UNITS[number % 10]}" if number % 10 else ""
        return _TENS[number // 10 - 2] + rest
    for scale, name in ((10**9, "billion"), (10**6, "million"), (1000, "thousand")):
        if number >= scale:
            head = f"{in_words(number // scale, with_and=with_and)} {name}"
            break
    else:
        scale, head = 100, f"{_UNITS[number // 100]} hundred"
    rest = number % scale
    if not rest:
        return head
    link = " and " if with_and and rest < 100 else " "
    return head + link + in_words(rest, with_and=with_and)


def test_any_cardinal_is_read_back():
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    generator = random.Random(seed)
    numbers = [*range(2_000)]
    numbers += [generator.randrange(10 ** generator.randrange(1, 13)) for _ in range(3_000)]
    for number in numbers:
        words = in_words(number, with_and=generator.random() < 0.5).split()
        found = read_number([*words, "items"], 0)
        assert found is not None, words
        assert (found.text, found.words) == (str(number), len(words)), words


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("three point one four", "3.14"),
        ("zero point five", "0.5"),
        ("one hundred and five", "105"),
        ("a hundred", "100"),
        ("a thousand and one", "1001"),
        ("negative five", "-5"),
        ("negative three point five", "-3.5"),
        ("zero x f f", "0xff"),
        ("zero x one a", "0x1a"),
        ("zero b one zero one", "0b101"),
        ("zero o seven seven", "0o77"),
        ("eight zero eight zero", "8080"),
        ("nineteen eighty four", "1984"),
        ("twenty twenty four", "2024"),
        ("two thousand twenty four", "2024"),
        ("one twenty seven", "127"),
        ("5 million", "5000000"),
        ("1,000", "1000"),
        ("1,000,000.5", "1000000.5"),
        ("42", "42"),
        ("3.14", "3.14"),
    ],
)
def test_numbers_as_people_and_models_write_them(said, expected):
    words = said.split()
    found = read_number(words, 0)
    assert found is not None
    assert (found.text, found.words) == (expected, len(words))


@pytest.mark.parametrize("said", ["first", "a user", "hundred", "point five", "negative", "x", ""])
def test_words_that_are_no_numbers_are_left(said):
    assert read_number(said.split(), 0) is None


def test_a_number_ends_where_its_grammar_does():
    assert read_number(["one", "and", "two"], 0).words == 1
    assert read_number(["twenty", "one", "hundred"], 0).text == "2100"
    assert read_number(["five", "point"], 0).words == 1
    assert read_number(["one", "hundred", "two", "hundred"], 0).text == "102"


def test_digits_that_are_asked_for_may_hold_an_oh():
    assert read_digits(["one", "oh", "five", "x"], 0).text == "105"
    assert read_digits(["oh", "my"], 0) is None
    assert read_digits(["forty", "two"], 0).text == "42"
