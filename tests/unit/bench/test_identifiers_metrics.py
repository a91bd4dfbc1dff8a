"""How names and words are counted, against figures worked out by hand."""

import numpy as np
import pytest

from dictate.bench.identifiers_metrics import (
    NamesJudged,
    SpokenWord,
    WordErrors,
    collisions,
    joined_letters,
    judge_names,
    judge_words,
    ratio,
    spoken_words,
)

LISTED = {"getUserById", "parser", "max_retries"}
READINGS = {"getUserById": "get user by i d", "parser": "parser", "max_retries": "max retries"}


def names(written, expected, said):
    return judge_names(written, expected, said, LISTED)


def words(text, rare=()):
    return [SpokenWord(word, word in rare) for word in text.split()]


def test_a_name_is_right_only_as_it_is_spelled():
    expected = "call getUserById"
    assert names("call getUserById", expected, ["getUserById"]) == NamesJudged(1, 1, 0, 0)
    assert names("call get user by id", expected, ["getUserById"]) == NamesJudged(1, 0, 0, 0)
    # Another spelling is a name that nobody said.
    assert names("call getUserByID", expected, ["getUserById"]) == NamesJudged(1, 0, 1, 0)


def test_a_name_counts_as_often_as_it_was_said():
    expected = "parser.parser = parser"
    said = ["parser"] * 3
    assert names("parser = parser", expected, said) == NamesJudged(3, 2, 0, 0)
    assert names("parser parser parser parser", expected, said) == NamesJudged(3, 3, 1, 1)


def test_a_name_inside_a_longer_one_is_not_written():
    assert names("x = my_parser", "x = parser", ["parser"]) == NamesJudged(1, 0, 1, 0)


def test_symbols_around_a_name_do_not_matter():
    assert names("foo(getUserById)", "foo(getUserById)", ["getUserById"]).right == 1


def test_a_listed_name_that_nobody_said_leaks():
    assert names("set max_retries now", "set it now", []) == NamesJudged(0, 0, 1, 1)


def test_an_everyday_word_that_the_list_has_is_no_mistake_where_it_was_meant():
    assert names("the parser works", "the parser works", []) == NamesJudged(0, 0, 0, 0)


def test_a_word_that_was_said_just_so_is_no_mistake_within_another_name():
    written = "use json parser"
    alone = judge_names(written, "use jsonParser", ["jsonParser"], {"json"})
    assert alone == NamesJudged(1, 0, 1, 1)
    said = judge_names(written, "use jsonParser", ["jsonParser"], {"json"}, "use json parser")
    assert said == NamesJudged(1, 0, 0, 0)


def test_plain_words_that_differ_are_no_names():
    assert names("the parcel works", "the parser works", []) == NamesJudged(0, 0, 0, 0)


def test_errors_count_where_the_reference_has_them():
    reference = words("call get user now", rare={"get", "user"})
    assert judge_words(reference, words("call get user now")) == WordErrors(2, 0, 2, 0, 0)
    assert judge_words(reference, words("call got user now")) == WordErrors(2, 1, 2, 0, 0)
    assert judge_words(reference, words("fall get now")) == WordErrors(2, 1, 2, 1, 0)


def test_an_added_word_is_rare_where_it_is_of_a_listed_name():
    reference = words("save it")
    common = judge_words(reference, words("save it twice"))
    rare = judge_words(reference, words("save it twice", rare={"twice"}))
    assert (common.common_errors, common.rare_errors) == (1, 0)
    assert (rare.common_errors, rare.rare_errors) == (0, 1)


def test_case_and_punctuation_are_no_errors_but_symbols_are():
    assert judge_words(words("save it"), words("Save it.")).common_errors == 0
    assert judge_words(words("a = b"), words("a + b")).common_errors == 1


@pytest.mark.parametrize(
    ("written", "lost"),
    [("one two three", 0), ("one two", 1), ("one", 2), ("", 3), ("two three", 0), ("one x y", 0)],
)
def test_the_tail_is_what_is_left_out_at_the_end(written, lost):
    assert judge_words(words("one two three"), words(written)).lost_tail == lost


def test_a_written_name_is_compared_as_it_is_said():
    reference = spoken_words("call getUserById", READINGS.get)
    assert reference == [
        SpokenWord("call"),
        *(SpokenWord(word, is_rare=True) for word in ("get", "user", "by", "id")),
    ]
    heard = spoken_words("Call get user by i d", READINGS.get)
    assert judge_words(reference, heard) == WordErrors(4, 0, 1, 0, 0)


def test_a_name_that_nobody_listed_is_compared_word_by_word():
    written = spoken_words("call getURLPath2 or max_size", READINGS.get)
    assert written == words("call get url path 2 or max size")


def test_symbols_are_words_of_a_written_text():
    assert [word.text for word in spoken_words("parser(x) = 42", READINGS.get)] == [
        "parser", "(", "x", ")", "=", "42",
    ]  # fmt: skip


def test_letters_in_a_row_are_one_word_and_others_are_not():
    joined = joined_letters(words("by i d or u r l and a list of x"))
    assert [word.text for word in joined] == [
        "by", "id", "or", "url", "and", "a", "list", "of", "x",
    ]  # fmt: skip


def test_letters_of_a_name_do_not_join_those_beside_it():
    joined = joined_letters([SpokenWord("i", is_rare=True), SpokenWord("d")])
    assert [word.text for word in joined] == ["i", "d"]


def test_collisions_are_names_said_like_another():
    said = {"user_id": "user id", "userId": "user id", "UserId": "user id", "parser": "parser"}
    assert collisions(list(said), said.__getitem__) == 3 / 4
    assert collisions(["parser", "parser"], said.__getitem__) == 0.0
    assert collisions([], said.__getitem__) is None


def test_a_ratio_is_of_sums_and_lies_in_its_interval():
    counted = ratio([1, 0, 3], [1, 1, 4], seed=1)
    assert counted.value == 4 / 6
    assert counted.counted == 6
    assert 0.0 <= counted.low <= counted.value <= counted.high <= 1.0


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    random = np.random.default_rng(7)
    held = 0
    for seed in range(100):
        right = random.random(80) < 0.7
        interval = ratio(right.astype(int).tolist(), [1] * 80, seed)
        held += interval.low <= 0.7 <= interval.high
    assert held >= 85


def test_more_utterances_make_the_interval_narrower():
    few, many = ratio([1, 0] * 10, [1] * 20, 3), ratio([1, 0] * 1_000, [1] * 2_000, 3)
    assert many.high - many.low < few.high - few.low


def test_a_ratio_of_nothing_is_unknown():
    assert ratio([0], [0], 1).value is None
    assert ratio([], [], 1).counted == 0
