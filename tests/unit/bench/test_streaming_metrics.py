"""Latency and stability of partials, against figures worked out by hand."""

import pytest

from dictate.asr.drafts.hypothesis import common_prefix
from dictate.bench.streaming_metrics import (
    Appeared,
    SpokenWord,
    aligned,
    stability,
    word_errors,
    word_latencies,
)


def stable(partials, final, settled=()):
    return stability(partials, settled, final)


def test_text_that_only_grows_is_stable():
    judged = stable(["rename", "rename this", "rename this variable"], "rename this variable")
    assert judged.partials == 3
    assert judged.unstable_partials == 0
    assert judged.erased_words == 0
    assert judged.revised_words == 0
    assert judged.normalised_erasure == 0.0


def test_a_changed_word_erases_all_behind_it_but_revises_itself_alone():
    judged = stable(["read the file now", "read a file now"], "read a file now and then")
    assert judged.unstable_partials == 1
    assert judged.erased_words == 3  # the file now
    assert judged.revised_words == 1  # the
    assert judged.normalised_erasure == 3 / 6


def test_words_that_move_are_revised_at_every_place():
    judged = stable(["save file"], "save the file")
    assert judged.erased_words == 1
    assert judged.revised_words == 1
    assert judged.final_words == 3


def test_the_final_counts_as_the_last_of_the_texts():
    judged = stable(["close the door"], "close the connection")
    assert judged.unstable_partials == 1
    assert judged.normalised_erasure == pytest.approx(1 / 3)


def test_text_that_shrinks_is_erased_and_may_come_back():
    judged = stable(["a b c d", "a b", "a b c d"], "a b c d")
    assert judged.unstable_partials == 1
    assert judged.erased_words == 2
    assert judged.revised_words == 2
    assert judged.normalised_erasure == 0.5


def test_erasure_may_exceed_the_final():
    assert stable(["one", "two", "three"], "four").normalised_erasure == 3.0


def test_without_partials_nothing_was_unstable():
    judged = stable([], "all at once")
    assert (judged.partials, judged.unstable_partials, judged.erased_words) == (0, 0, 0)
    assert judged.normalised_erasure == 0.0


def test_a_final_without_words_has_no_normalised_erasure_but_took_words_away():
    judged = stable(["hm"], "")
    assert judged.normalised_erasure is None
    assert judged.erased_words == judged.revised_words == judged.unstable_partials == 1


def test_nothing_at_all():
    judged = stable([], "")
    assert judged.normalised_erasure is None
    assert judged.unstable_partials == 0


def test_white_space_makes_no_difference():
    assert stable([" a  b"], "a b").erased_words == 0


def test_a_settled_word_that_is_not_in_the_final_was_taken_back():
    judged = stable(["a b", "a x c"], "a x c", ["a b", "a"])
    assert judged.retracted_words == 1
    assert stable(["a b"], "a b c", ["", "a b"]).retracted_words == 0
    assert stable(["a b c"], "", ["a b c"]).retracted_words == 3


@pytest.mark.parametrize(
    ("one", "other", "count"),
    [("", "", 0), ("a", "", 0), ("a b", "a b c", 2), ("a b", "a c", 1), ("b", "a b", 0)],
)
def test_common_words_are_those_at_the_beginning(one, other, count):
    assert common_prefix(one.split(), other.split()) == count


def spoken(*ends):
    return [SpokenWord(text, end_s) for text, end_s in ends]


def test_a_word_is_shown_first_and_right_later():
    latencies = word_latencies(
        spoken(("read", 1.0), ("the", 1.2), ("file", 1.6)),
        [Appeared(1.1, "red"), Appeared(1.5, "read the"), Appeared(1.9, "read the fire")],
        Appeared(2.5, "read the file"),
    )
    assert [each.shown_s for each in latencies] == pytest.approx([0.1, 0.3, 0.3])
    assert [each.correct_s for each in latencies] == pytest.approx([0.5, 0.3, 0.9])


def test_a_right_word_behind_a_wrong_one_is_not_right_yet():
    (_, second) = word_latencies(
        spoken(("a", 0.0), ("b", 1.0)),
        [Appeared(2.0, "x b"), Appeared(3.0, "a b")],
        Appeared(4.0, "a b"),
    )
    assert second.shown_s == 1.0
    assert second.correct_s == 2.0


def test_without_partials_the_final_shows_all_words():
    latencies = word_latencies(spoken(("a", 1.0), ("b", 2.0)), [], Appeared(3.0, "a b"))
    assert [each.shown_s for each in latencies] == [2.0, 1.0]
    assert [each.correct_s for each in latencies] == [2.0, 1.0]


def test_a_word_may_be_guessed_before_it_ends():
    (latency,) = word_latencies(spoken(("request", 1.0)), [Appeared(0.9, "request")],
                                Appeared(2.0, "request"))  # fmt: skip
    assert latency.shown_s == pytest.approx(-0.1)


def test_what_shrinks_was_shown_all_the_same():
    latencies = word_latencies(
        spoken(("a", 0.0), ("b", 0.0)),
        [Appeared(1.0, "a b"), Appeared(2.0, "a")],
        Appeared(3.0, "a b"),
    )
    assert [each.correct_s for each in latencies] == [1.0, 1.0]


def test_words_that_nobody_spoke_or_wrote_are_left_out():
    latencies = word_latencies(
        spoken(("um", 0.5), ("open", 1.0), ("file", 2.0)), [], Appeared(3.0, "Open the file.")
    )
    assert [each.shown_s for each in latencies] == [2.0, 1.0]


def test_an_empty_final_has_no_latencies():
    assert word_latencies(spoken(("a", 1.0)), [Appeared(1.0, "a")], Appeared(2.0, "")) == []
    assert word_latencies([], [], Appeared(2.0, "a")) == []


def places(spoken_text, written_text):
    return aligned(spoken_text.split(), written_text.split())


def test_words_are_matched_one_by_one():
    assert places("a b c", "a b c") == [0, 1, 2]
    assert places("a b c", "a x c") == [0, 1, 2]
    assert places("a b c", "a c") == [0, 2]
    assert places("a c", "a b c") == [0, None, 1]
    assert places("", "a") == [None]
    assert places("a", "") == []


def test_case_and_punctuation_do_not_count():
    assert places("we need it", "We need, it.") == [0, 1, 2]
    assert word_errors(["we", "need"], ["We", "need!"]) == 0


def test_signs_are_words_of_their_own():
    assert word_errors(["+"], ["-"]) == 1


@pytest.mark.parametrize(
    ("said", "written", "errors"),
    [("a b c", "a b c", 0), ("a b c", "a x c", 1), ("a b c", "", 3), ("", "a b", 2),
     ("a b c d", "b c d e", 2)],
)  # fmt: skip
def test_word_errors_are_the_fewest_changes(said, written, errors):
    assert word_errors(said.split(), written.split()) == errors
