"""What sources propose: the rest of a hypothesis, its tail behind a mismatch, what came before."""

import pytest

from dictate.asr.drafts import HypothesisDraft, NGramDraft, NGramIndex, RecycledTail
from dictate.asr.drafts.hypothesis import common_prefix

END = 999


def sentence(rng, length=20):
    return rng.choice(500, length, replace=False).tolist()


def test_a_hypothesis_proposes_its_rest_while_it_agrees(rng):
    for _ in range(300):
        heard = sentence(rng, int(rng.integers(1, 30)))
        at, limit = int(rng.integers(0, len(heard) + 1)), int(rng.integers(1, 30))
        draft = HypothesisDraft(heard, END)
        assert draft.propose(heard[:at], limit) == [*heard, END][at : at + limit]
        assert draft.propose([*heard[:at], 777], limit) == []
        assert draft.propose([*heard, 777, 778], limit) == []


def test_the_tail_is_silent_until_something_differs(rng):
    heard = sentence(rng)
    for at in range(len(heard) + 1):
        assert RecycledTail(heard, END).propose(heard[:at], 8) == []


@pytest.mark.parametrize("change", ["substitution", "insertion", "deletion"])
def test_the_tail_realigns_behind_a_change(change, rng):
    for _ in range(300):
        heard = sentence(rng)
        at, count = int(rng.integers(1, 14)), int(rng.integers(1, 4))
        new = [600 + index for index in range(count)]
        truth = {
            "substitution": [*heard[:at], *new, *heard[at + count :]],
            "insertion": [*heard[:at], *new, *heard[at:]],
            "deletion": [*heard[:at], *heard[at + count :]],
        }[change]
        truth = [*truth, END]
        draft = RecycledTail(heard, END)
        # One token behind the change everything is known again.
        known = at + (0 if change == "deletion" else count) + 1
        for length in range(at + 1, known):
            draft.propose(truth[:length], 4)
        for length in range(known, len(truth)):
            assert draft.propose(truth[:length], 30) == truth[length:]


def test_right_behind_a_mismatch_a_substitution_is_assumed(rng):
    for _ in range(100):
        heard = sentence(rng)
        at = int(rng.integers(0, len(heard)))
        proposal = RecycledTail(heard, END).propose([*heard[:at], 777], 5)
        assert proposal == [*heard, END][at + 1 : at + 6]


def test_of_several_places_the_longest_match_counts_then_the_nearest():
    #        0  1  2  3  4  5  6  7  8  9
    heard = [1, 2, 3, 9, 4, 5, 9, 6, 9, 7]
    assert RecycledTail(heard, END).propose([1, 2, 8, 9], 2) == [4, 5], "the nearest 9"
    assert RecycledTail(heard, END).propose([1, 2, 8, 5, 9], 2) == [6, 9], "5 and 9 match"


def test_a_single_equal_token_far_away_is_no_evidence():
    heard = [*range(1, 15), 50, 60, 61]
    assert RecycledTail(heard, END).propose([1, 2, 77, 78, 50], 3) == []
    assert RecycledTail(heard, END).propose([1, 2, 77, 50, 60], 3) == [61, END]


def test_the_longest_match_in_earlier_text_is_continued(rng):
    for _ in range(200):
        text = sentence(rng, 60)
        index = NGramIndex()
        index.add(text)
        at, limit = int(rng.integers(2, 59)), int(rng.integers(1, 12))
        draft = NGramDraft([index])
        assert (
            draft.propose([*sentence(rng, 3), *text[at - 2 : at]], limit) == (text[at : at + limit])
        )
        assert draft.propose([text[at], 700], limit) == []
        assert draft.propose(text[:1], limit) == []


def test_the_most_frequent_continuation_comes_first_then_the_latest():
    index = NGramIndex()
    for last in (3, 4, 4, 5):
        index.add([1, 2, last])
    assert NGramDraft([index]).propose([1, 2], 1) == [4]
    index.add([1, 2, 5])
    assert NGramDraft([index]).propose([1, 2], 1) == [5]
    index.add([8, 1, 2, 6])
    assert NGramDraft([index]).propose([8, 1, 2], 1) == [6], "a longer match beats both"


def test_of_equal_matches_the_first_index_counts_else_the_longer():
    first, second = NGramIndex(), NGramIndex()
    first.add([1, 2, 3])
    second.add([7, 1, 2, 4])
    draft = NGramDraft([first, second])
    assert draft.propose([1, 2], 1) == [3]
    assert draft.propose([7, 1, 2], 1) == [4]


def test_nothing_continues_across_the_end_of_a_text():
    index = NGramIndex()
    index.add([1, 2, 3])
    index.add([4, 5, 6])
    draft = NGramDraft([index])
    assert draft.propose([1, 2], 9) == [3]
    assert draft.propose([2, 3], 9) == []
    assert draft.propose([3, 4], 9) == []


def test_an_index_is_bounded_and_keeps_the_latest(rng):
    index = NGramIndex(200)
    latest = []
    for _ in range(300):
        latest = sentence(rng, int(rng.integers(0, 150)))
        index.add(latest)
        assert len(index) <= 200
        assert len(index._places) <= 200
        kept = latest[-100:]
        if len(kept) > 2:
            assert NGramDraft([index]).propose(kept[:2], 1) != []
    assert sum(map(len, index._places.values())) <= 200


def test_adding_costs_what_is_added(rng, monkeypatch):
    appended = []
    append = NGramIndex._append

    def count(index, tokens):
        appended.append(len(tokens))
        append(index, tokens)

    monkeypatch.setattr(NGramIndex, "_append", count)
    index = NGramIndex()
    for _ in range(1_000):
        index.add(rng.integers(0, 300, 100).tolist())
    assert 100_000 < sum(appended) < 250_000


def test_whatever_was_accepted_a_source_proposes_within_its_limit(rng):
    for _ in range(2_000):
        heard = rng.integers(0, 6, int(rng.integers(0, 25))).tolist()
        accepted = rng.integers(0, 6, int(rng.integers(0, 25))).tolist()
        index = NGramIndex(32)
        index.add(heard)
        limit = int(rng.integers(1, 9))
        for draft in (HypothesisDraft(heard, END), RecycledTail(heard, END), NGramDraft([index])):
            proposal = draft.propose(accepted, limit)
            assert len(proposal) <= limit
            assert set(proposal) <= {*heard, END}


def test_common_prefix(rng):
    for _ in range(200):
        one, other = (rng.integers(0, 3, int(rng.integers(0, 6))).tolist() for _ in range(2))
        length = common_prefix(one, other)
        assert one[:length] == other[:length]
        assert length in (len(one), len(other)) or one[length] != other[length]
