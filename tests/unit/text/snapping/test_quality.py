"""What is promised of snapping, on sources and prose that no rule was made from."""

import pytest

from dictate.text.snapping.everyday import is_everyday
from tests.unit.text.snapping import quality


def test_held_out_names_are_written_exactly_where_their_kind_is_said():
    recall = quality.recall_of_all("held_out", has_cues=True)
    assert len(recall.languages) >= 6
    assert recall.names >= 400
    assert recall.exact() >= 0.98, (sorted(recall.twins), recall.lost)


@pytest.mark.parametrize("split", ["tune", "held_out"])
def test_names_are_lost_to_names_that_are_said_alike_and_to_hardly_anything_else(split):
    recall = quality.recall_of_all(split)
    assert len(recall.lost) <= 0.002 * recall.phrases, recall.lost
    assert recall.exact() >= 0.95, sorted(recall.twins)


def test_whoever_loses_to_a_twin_is_offered_as_an_alternative():
    recall = quality.recall_of_all("held_out")
    assert recall.twins
    missing = recall.twins - recall.offered
    assert len(missing) < 0.2 * len(recall.twins), missing
    # An everyday word that is a name as well is left alone: there is nothing to offer it for.
    assert all(is_everyday(other) for _, other in missing if other.islower()), missing


def test_ordinary_prose_is_left_alone_beside_500_names():
    words, found = quality.insertions("held_out", prose=True)
    assert words >= 8 * 20_000  # under each of eight lists of names
    assert sum(found.values()) <= 0.0005 * words, found.most_common(20)


def test_prose_dictated_as_code_mostly_stays_as_it_is():
    words, found = quality.insertions("tune", prose=False, lists=2)
    assert sum(found.values()) <= 0.004 * words, found.most_common(20)
