"""Recorded dictations, replayed without sound, server or editor."""

from collections import Counter

import pytest

from tests.rigs.recorded import Recorded, Replay, recorded

RECORDED = recorded()


@pytest.fixture(scope="module")
def replay() -> Replay:
    return Replay()


@pytest.mark.parametrize("dictation", RECORDED, ids=lambda each: each.name)
def test_the_document_is_as_recorded(replay: Replay, dictation: Recorded) -> None:
    assert replay.document_after(dictation) == dictation.after


def test_there_are_recordings_of_every_kind() -> None:
    assert len(RECORDED) >= 40
    languages = Counter(each.language for each in RECORDED)
    assert len(languages) >= 12
    assert {each.mode for each in RECORDED} == {"auto", "code", "prose", "vibe", "raw"}
    assert any(len(each.said) > 1 for each in RECORDED)
