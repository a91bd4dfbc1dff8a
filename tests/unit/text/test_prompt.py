import random

import pytest

from dictate.text.identifiers import identifiers
from dictate.text.prompt import initial_prompt


def test_the_most_important_name_comes_last():
    assert initial_prompt(["first", "second", "third"], 100) == "third, second, first"


def test_a_name_that_does_not_fit_is_left_out_whole():
    assert initial_prompt(["abc", "x" * 50, "def"], 8) == "def, abc"


@pytest.mark.parametrize("limit", [0, 1, 2, -1])
def test_no_room_gives_no_prompt(limit):
    assert initial_prompt(["abc"], limit) == ""


def test_a_document_without_names_gives_no_prompt():
    assert initial_prompt(identifiers("if x: pass", "python", 3), 500) == ""


def test_a_prompt_is_never_too_long_and_always_holds_the_most_important_name_that_fits():
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    generator = random.Random(seed)
    for _ in range(500):
        names = [f"{'n' * generator.randrange(1, 30)}{i}" for i in range(generator.randrange(20))]
        limit = generator.randrange(120)
        prompt = initial_prompt(names, limit)
        assert len(prompt) <= limit
        fitting = [name for name in names if len(name) <= limit]
        assert prompt.split(", ")[-1] == (fitting[0] if fitting else "")
