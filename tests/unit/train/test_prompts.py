import numpy as np
import pytest

from dictate.train.open_words import real_sentences
from dictate.train.prompts import STYLES, distractors, draw_prompt, named_prompt


@pytest.fixture
def texts() -> list[str]:
    rng = np.random.default_rng(7)
    return [real_sentences()[int(i)] for i in rng.integers(len(real_sentences()), size=300)]


def test_the_name_is_in_the_prompt_and_its_words_in_the_text(texts: list[str]) -> None:
    rng = np.random.default_rng(0)
    found = 0
    for text in texts:
        named = named_prompt(text, int(rng.integers(10)), rng)
        if named is None:
            continue
        found += 1
        assert named.name in named.prompt.split(", ")
        assert named.name in named.text.split()
        words = [name for name in named.text.split() if name != named.name]
        assert [word for word in text.split() if word in words] or not words
        spoken = text.split()[len(named.text.split()[: named.text.split().index(named.name)]) :]
        assert any(style(spoken[:length]) == named.name for style in STYLES for length in (2, 3, 4))
    assert found > 100


def test_names_that_nobody_says_change_nothing(texts: list[str]) -> None:
    rng = np.random.default_rng(1)
    for text in texts:
        others = distractors(text, 1 + int(rng.integers(9)), rng)
        assert others.text == text
        assert others.name is None
        squeezed = text.replace(" ", "")
        for name in others.prompt.split(", "):
            assert name.replace("_", "").lower() not in squeezed or " " not in text


def test_prompts_fit_what_the_decoder_is_trained_on(texts: list[str]) -> None:
    rng = np.random.default_rng(2)
    for text in texts:
        for prompted in (distractors(text, 9, rng), named_prompt(text, 9, rng)):
            if prompted is not None:
                assert len(prompted.prompt) <= 160
    assert draw_prompt("", ["a sentence"], rng).text == ""


@pytest.mark.parametrize("text", ["", "it", "to the of", "x y", "two 3"])
def test_what_holds_no_name_gets_none(text: str) -> None:
    assert named_prompt(text, 3, np.random.default_rng(3)) is None
