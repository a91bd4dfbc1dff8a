"""The development set: made once, then what it was, whatever becomes of the grammar."""

from pathlib import Path

import numpy as np
import pytest

from dictate.train import development


def test_it_keeps_the_texts_that_were_spoken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    spoken: list[object] = []

    def speak(sentence: object, _voice: object) -> np.ndarray:
        spoken.append(sentence)
        return np.full(100 + len(spoken), 0.5, np.float32)

    monkeypatch.setattr(development, "synthesise", speak)
    made = development.development_set(tmp_path)
    monkeypatch.setattr(development, "sentences", lambda *_: iter(["another grammar"] * 999))
    loaded = development.development_set(tmp_path)
    assert len(spoken) == len(made) == len(loaded) > 100
    assert [each.text for each in loaded] == [each.text for each in made]
    for number, each in enumerate(loaded, 1):
        assert np.array_equal(each.speech, made[number - 1].speech)
        assert each.speech.size == 100 + number
        assert np.allclose(each.speech, 0.7)
