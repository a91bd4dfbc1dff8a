"""Guards against invented text: each fires where it must and nowhere else."""

import numpy as np
import pytest

from dictate.asr.boilerplate import COURTESIES, CREDITS, SIGN_OFFS, normalised
from dictate.asr.guards import (
    Loop,
    Thresholds,
    boilerplate_start,
    compression_ratio,
    echo_span,
    find_loops,
    is_echo,
    is_silent,
    is_still,
)

LIMITS = Thresholds()
PROMPT = "we look at getUserById, parse_config, HTTPServer, retry_count, MAX_RETRIES"


def loops_of(tokens):
    return find_loops(tokens, LIMITS.loop_repeats, LIMITS.loop_tokens)


def test_a_loop_is_found_whatever_stands_around_it(rng):
    for _ in range(300):
        period = int(rng.integers(1, 30))
        repeats = int(rng.integers(LIMITS.loop_repeats, 15))
        repeats = max(repeats, -(-LIMITS.loop_tokens // period))
        unit = (1_000 + rng.permutation(100)[:period]).tolist()
        head = rng.permutation(500)[: int(rng.integers(0, 40))].tolist()
        tail = (500 + rng.permutation(500)[: int(rng.integers(0, 40))]).tolist()
        cut = [] if tail else unit[: int(rng.integers(0, period))]
        tokens = head + unit * repeats + cut + tail
        end = len(tokens) - len(tail)
        assert loops_of(tokens) == [Loop(len(head), end, period)]


def test_text_without_repeats_has_no_loop(rng):
    for _ in range(300):
        tokens = rng.permutation(2_000)[: int(rng.integers(0, 400))].tolist()
        assert loops_of(tokens) == []


@pytest.mark.parametrize(
    "said",
    [
        "no no no no",
        "very very very very very good",
        "one two three one two three one two three one two three",
        "test test test test test test test test",
        "x equals zero y equals zero z equals zero w equals zero",
    ],
)
def test_what_people_repeat_is_no_loop(said):
    assert loops_of([hash(word) for word in said.split()]) == []
    assert compression_ratio(said) < LIMITS.compression_ratio


def test_the_compression_ratio_tells_circles_from_prose():
    prose = (
        "Rename the request handler in the settings file, then move the version number to the "
        "first line and write a test which shows that an empty list is refused."
    )
    circle = "and then we go to the next one, " * 12
    assert compression_ratio(prose) < 1.7 < LIMITS.compression_ratio < compression_ratio(circle)
    assert compression_ratio("") == compression_ratio("ha ha ha ha ha") == 0.0
    assert compression_ratio("\ud800" * 100) > 0.0


def test_silence_needs_the_token_and_the_doubt():
    assert is_silent(0.9, -1.5, LIMITS)
    assert not is_silent(0.9, -0.3, LIMITS)
    assert not is_silent(0.3, -1.5, LIMITS)
    assert not is_silent(None, -1.5, LIMITS)


def test_a_flat_line_is_no_sound_and_the_quietest_microphone_is(rng):
    assert is_still(np.zeros(16_000, np.float32))
    assert is_still(np.full(16_000, 0.25, np.float32))
    assert is_still(rng.integers(-1, 2, 16_000).astype(np.float32) / 32_768)
    assert not is_still(rng.integers(-8, 9, 16_000).astype(np.float32) / 32_768)


def test_the_longest_shared_run_is_that_of_a_plain_search(rng):
    words = np.array(["alpha", "beta", "gamma", "delta"])
    for _ in range(200):
        said = rng.choice(words, int(rng.integers(0, 9))).tolist()
        given = rng.choice(words, int(rng.integers(0, 9))).tolist()
        runs = [
            end - start
            for start in range(len(said))
            for end in range(start + 1, len(said) + 1)
            if any(
                given[place : place + end - start] == said[start:end] for place in range(len(given))
            )
        ]
        start, end, count = echo_span(" ".join(said), " ".join(given))
        assert (end - start, count) == (max(runs, default=0), len(said))
        if end > start:
            assert f" {' '.join(said[start:end])} " in f" {' '.join(given)} "


@pytest.mark.parametrize(
    ("text", "heard", "echo"),
    [
        ("getUserById, parse_config, HTTPServer, retry_count, MAX_RETRIES", True, True),
        ("GetUserById. Parse_config, HTTPServer,", True, True),
        ("we look at getUserById", True, True),
        ("getUserById", True, False),
        ("parse_config, HTTPServer", True, False),
        ("getUserById", False, True),
        ("rename getUserById to parse_config", False, False),
        ("retry_count HTTPServer MAX_RETRIES getUserById", True, False),
        ("set MAX_RETRIES to three", True, False),
        ("", False, False),
        ("...", False, False),
    ],
)
def test_an_echo_is_the_prompt_read_back_not_a_name_of_it(text, heard, echo):
    assert is_echo(text, PROMPT, LIMITS, heard=heard) == echo


def test_a_name_of_many_words_is_one_word():
    prompt = "parse_config, max_retries, get_user_by_id"
    for text in ("get_user_by_id", "return get_user_by_id", "parse_config max_retries"):
        assert not is_echo(text, prompt, LIMITS, heard=True)


def test_without_a_prompt_there_is_no_echo():
    assert not is_echo("getUserById parse config", "", LIMITS, heard=False)


@pytest.mark.parametrize("table", [CREDITS, SIGN_OFFS, COURTESIES], ids=["credits", "offs", "thx"])
def test_every_sentence_of_the_tables_is_found_alone_and_at_the_end(table):
    for language, sentences in table.items():
        for sentence in sentences:
            assert normalised(sentence) == sentence
            for text in (sentence, f"{sentence.capitalize()}!", f'"{sentence}".', f"- {sentence} "):
                assert boilerplate_start(text, table, language) == 0, text
            text = f"Rename the handler. {sentence}. {sentence}."
            assert boilerplate_start(text, table, language) == len("Rename the handler. ")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "print thanks for watching",
        "thanks for watching the build while I was away",
        "add a thank you page",
        "open amara.org",
        "return you",
    ],
)
def test_sentences_that_only_contain_such_words_are_let_through(text):
    for table in (CREDITS, SIGN_OFFS, COURTESIES):
        assert boilerplate_start(text, table, "en") is None


def test_invented_english_is_found_in_any_language():
    assert boilerplate_start("Thanks for watching!", SIGN_OFFS, "de") == 0
    assert boilerplate_start("Vielen Dank fürs Zuschauen.", SIGN_OFFS, "en") is None
    assert boilerplate_start("Vielen Dank fürs Zuschauen.", SIGN_OFFS, None) == 0
    assert boilerplate_start("Subtitles by the Amara.org community", CREDITS, "xx") == 0
