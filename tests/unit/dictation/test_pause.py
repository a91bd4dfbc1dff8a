"""The learned pause: shorter while nobody goes on, longer where somebody does; kept, bounded."""

import random
from pathlib import Path

import pytest

from dictate.dictation.pause import FIRST_MS, LEAST_MS, MOST_MS, LearnedPause


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("dictate.dictation.pause.state_dir", lambda: tmp_path)
    return tmp_path


def test_ends_that_were_none_too_early_shorten_it_to_its_least():
    pause = LearnedPause()
    assert pause.pause_ms == FIRST_MS
    for number in range(500):
        pause.ended(10.0 * number)
        pause.resumed(10.0 * number + 3.0)
    assert pause.pause_ms == LEAST_MS


def test_who_goes_on_at_once_gets_more_time_up_to_a_bound():
    pause = LearnedPause()
    pause.ended(1.0)
    pause.resumed(1.2)
    assert pause.pause_ms > FIRST_MS
    for number in range(100):
        pause.ended(10.0 * number)
        pause.resumed(10.0 * number + 0.1)
    assert pause.pause_ms == MOST_MS


def test_speech_without_an_end_before_it_teaches_nothing():
    pause = LearnedPause()
    pause.resumed(1.0)
    pause.ended(2.0)
    pause.resumed(2.1)
    longer = pause.pause_ms
    pause.resumed(2.2)
    assert pause.pause_ms == longer


def test_one_end_in_fifty_comes_too_early_in_the_long_run():
    """Pauses inside sentences are drawn from a spread; those that are longer end too early."""
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    generator = random.Random(seed)
    pause, early, now_s = LearnedPause(), 0, 0.0
    for turn in range(20_000):
        now_s += 10.0
        longest_inside_ms = generator.lognormvariate(5.2, 0.5)
        pause.ended(now_s)
        cut = longest_inside_ms > pause.pause_ms
        early += cut and turn >= 4_000
        pause.resumed(now_s + (0.1 if cut else 5.0))
    assert 0.01 < early / 16_000 < 0.03


def test_it_is_kept_and_what_is_kept_wrong_is_not_believed(state: Path):
    pause = LearnedPause()
    pause.ended(1.0)
    pause.resumed(1.1)
    pause.keep()
    assert LearnedPause().pause_ms == round(pause.pause_ms)
    (state / "pause.json").write_text('{"pause_ms": 99999}')
    assert LearnedPause().pause_ms == MOST_MS
    for wrong in ("", "{", '{"pause_ms": null}', '{"pause_ms": "x"}', "[]", '{"pause_ms": NaN}'):
        (state / "pause.json").write_text(wrong)
        assert LearnedPause().pause_ms == FIRST_MS


def test_a_disk_that_refuses_costs_no_more_than_what_was_learned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("dictate.dictation.pause.state_dir", lambda: tmp_path / "missing")
    LearnedPause().keep()
