"""Which sentences of a recording were cut."""

import numpy as np
import pytest

from dictate.bench.streaming_spans import Cuts, Span, cuts, found_at, owner

SENTENCES = [Span(1.0, 3.0), Span(5.0, 8.0)]


def judged(*spans):
    return cuts(SENTENCES, [Span(*span) for span in spans])


def test_an_utterance_for_each_sentence_cuts_none():
    assert judged((0.0, 3.4), (3.4, 8.4)) == Cuts(sentences=2, cut=0, missed=0, joined=0)


def test_an_end_inside_a_sentence_cuts_it():
    assert judged((0.0, 3.4), (3.4, 6.5), (6.5, 8.4)).cut == 1


def test_a_beginning_inside_a_sentence_cuts_it_though_nothing_was_kept_before():
    assert judged((0.0, 3.4), (6.5, 8.4)).cut == 1


def test_a_sentence_cut_twice_is_one():
    assert judged((0.0, 3.4), (3.4, 6.0), (6.0, 7.0), (7.0, 9.0)).cut == 1


def test_close_to_its_edge_a_sentence_is_not_cut():
    assert judged((0.0, 2.95), (2.95, 8.0)).cut == 0
    assert judged((0.0, 2.85), (2.95, 8.0)).cut == 1


def test_sentences_of_one_utterance_are_joined():
    assert judged((0.0, 9.0)) == Cuts(sentences=2, cut=0, missed=0, joined=1)


def test_sentences_that_nobody_heard_are_missed():
    assert judged((3.5, 8.4)) == Cuts(sentences=2, cut=0, missed=1, joined=0)
    assert judged() == Cuts(sentences=2, cut=0, missed=2, joined=0)


def test_without_sentences_there_is_nothing_to_cut():
    assert cuts([], [Span(0.0, 1.0)]) == Cuts(0, 0, 0, 0)


def test_the_owner_is_the_one_that_heard_most_of_it():
    spans = [Span(0.0, 2.9), Span(2.9, 3.4), Span(3.4, 4.0)]
    assert owner(Span(1.0, 3.0), spans) == 0
    assert owner(Span(2.5, 4.0), spans) == 2
    assert owner(Span(5.0, 6.0), spans) is None
    assert owner(Span(5.0, 6.0), []) is None


def test_a_piece_of_a_recording_is_found():
    played = np.random.default_rng(0).integers(-9, 10, 5_000).astype(np.int16)
    for begin, end in ((0, 5_000), (0, 100), (1_237, 1_500), (4_900, 5_000)):
        assert found_at(played[begin:end], played) == begin


def test_what_is_not_in_the_recording_is_not_found():
    played = np.arange(100, dtype=np.int16)
    assert found_at(np.array([5, 7], np.int16), played) is None
    assert found_at(np.empty(0, np.int16), played) is None
    assert found_at(played, played[:50]) is None


@pytest.mark.parametrize("value", [0x0101, 0x1112])
def test_halves_of_two_samples_are_no_sample(value):
    low, high = value & 0xFF, value >> 8
    # The bytes of `value` appear first between two samples.
    played = np.array([low << 8, high, 77, value], np.int16)
    assert found_at(np.array([value], np.int16), played) == 3
