from pathlib import Path

import pytest

from dictate.lsp.answers import RECOMMENDED, Answers


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "dictate" / "model-answers.json"


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    clock = {"s": 1e9}
    monkeypatch.setattr("dictate.lsp.answers.time.time", lambda: clock["s"])
    return clock


def test_later_means_in_a_week_and_never_means_never(path: Path, now: dict[str, float]) -> None:
    answers = Answers()
    assert answers.may_ask(RECOMMENDED)
    answers.keep(RECOMMENDED, "later")
    answers.keep("turbo", "never")
    for days, may_ask in ((0, False), (6.9, False), (7.1, True)):
        now["s"] = 1e9 + days * 24 * 3600
        assert Answers().may_ask(RECOMMENDED) is may_ask
        assert not Answers().may_ask("turbo")
        assert Answers().may_ask("medium")


def test_a_clock_that_was_put_back_does_not_silence_forever(
    path: Path, now: dict[str, float]
) -> None:
    Answers().keep(RECOMMENDED, "later")
    now["s"] -= 365 * 24 * 3600
    assert Answers().may_ask(RECOMMENDED)


def test_what_is_unfinished_is_known_to_others_until_it_is_done(path: Path) -> None:
    answers = Answers()
    assert answers.unfinished is None
    answers.keep("medium", "never")
    answers.unfinished = "turbo"
    assert Answers().unfinished == "turbo"
    answers.unfinished = None
    assert Answers().unfinished is None
    assert not Answers().may_ask("medium")


@pytest.mark.parametrize("content", ["", "{", '{"answers": 3}', '{"answers": {"x": {}}}'])
def test_a_broken_file_means_that_nothing_was_asked(path: Path, content: str) -> None:
    answers = Answers()
    answers.keep(RECOMMENDED, "never")
    path.write_text(content)
    assert answers.may_ask(RECOMMENDED)
    answers.keep(RECOMMENDED, "never")
    assert not answers.may_ask(RECOMMENDED)


def test_a_file_that_cannot_be_written_is_no_fault(path: Path) -> None:
    path.parent.mkdir(mode=0o700)
    path.mkdir()
    answers = Answers()
    answers.keep(RECOMMENDED, "never")
    answers.unfinished = "turbo"
    assert answers.may_ask(RECOMMENDED)
