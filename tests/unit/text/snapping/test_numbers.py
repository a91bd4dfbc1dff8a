import random

import pytest

from dictate.text.snapping.numbers import numbers_at, readings


@pytest.mark.parametrize("seed", range(5))
def test_every_number_is_understood_as_it_is_read(seed):
    drawn = random.Random(seed)
    for value in [*range(100), *(drawn.randrange(100, 1_000_000) for _ in range(300))]:
        for reading in readings(str(value)):
            assert str(value) in _spelled(reading.split()), (seed, value, reading)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("two hundred and fifty six", {"200", "250", "256"}),
        ("sixty four", {"64"}),
        ("two thousand twenty six", {"2000", "2020", "2026"}),
        ("one hundred thousand", {"100", "100000"}),
        ("fifty six two", {"56"}),
        ("ten five", set()),
        ("two and six", set()),
        ("hundred hundred", {"100"}),
    ],
)
def test_words_are_one_number_only_where_people_say_one(said, expected):
    assert {digits for _, digits in numbers_at(said.split(), 0)} == expected


def test_digits_are_read_whole_in_groups_and_one_by_one():
    assert readings("256") == ["two fifty six", "two hundred fifty six", "two five six"]
    assert readings("10") == ["ten", "one zero"]
    assert readings("007") == ["zero zero seven"]


def _spelled(words):
    """Everything that the words spell, number by number."""
    found = {0: {""}}
    singles = {readings(str(value))[0]: str(value) for value in (*range(20), *range(20, 100, 10))}
    for start in range(len(words)):
        ways = [(count, digits) for count, digits in numbers_at(words, start)]
        if words[start] in singles:
            ways.append((1, singles[words[start]]))
        for count, digits in ways:
            longer = {text + digits for text in found.get(start, ())}
            found.setdefault(start + count, set()).update(longer)
    return found.get(len(words), set())
