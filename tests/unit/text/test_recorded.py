"""Recorded dictations, replayed without sound, server or editor."""

from collections import Counter
from pathlib import Path

import pytest

from tests.rigs.recorded import Recorded, document_after, recorded

RECORDED = recorded()


@pytest.fixture(autouse=True)
def no_vocabulary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


@pytest.mark.parametrize("dictation", RECORDED, ids=lambda each: each.name)
async def test_the_document_is_as_recorded(dictation: Recorded) -> None:
    assert await document_after(dictation) == dictation.after


def test_there_are_recordings_of_every_kind() -> None:
    assert len(RECORDED) >= 40
    languages = Counter(each.language for each in RECORDED)
    assert len(languages) >= 12
    assert {each.mode for each in RECORDED} == {"auto", "code", "prose", "vibe", "raw"}
    assert any(len(each.said) > 1 for each in RECORDED)
