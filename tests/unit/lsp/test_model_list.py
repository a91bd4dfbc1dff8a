from pathlib import Path

import pytest

from dictate.engine import choice
from dictate.lsp.answers import RECOMMENDED, Answers
from dictate.lsp.model_list import BUNDLED, models_of, pair_to_run, propose
from dictate.lsp.settings import Settings, parse
from dictate.models import hub, recommend
from dictate.models.registry import Registry
from dictate.models.verify import CHECKPOINT_FILES

COMMIT = "a" * 40


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's folders, and a cache of the hub with nothing in it."""
    for name in ("STATE", "CONFIG"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    config = tmp_path / "config" / "dictate"
    config.mkdir(parents=True)
    (config / "models.toml").write_text(
        f"""
        [pair.best]
        target_repo = "org/whisper-best"
        draft_repo = "org/small"
        memory_mb = {{ float32 = 9, float16 = 9, int8 = 9 }}
        [checkpoint."org/whisper-best"]
        revision = "{COMMIT}"
        rank = 10000
        download_mb = 1500
        encoder_m = 1
        [checkpoint."org/small"]
        revision = "{COMMIT}"
        download_mb = 100
        [pair.own]
        target = "own"
        """
    )
    return tmp_path / "hub"


def arrive(repo: str) -> None:
    folder = hub.place(repo, COMMIT)
    folder.mkdir(parents=True)
    for name in CHECKPOINT_FILES:
        (folder / name).write_text("{}")


def settings(pair: str | None = None, *, offer: bool = True) -> Settings:
    return parse({"engine": {"pair": pair}, "models": {"offer": offer}}).settings


def test_the_setting_comes_before_the_choice_and_the_choice_before_the_default() -> None:
    arrive("org/whisper-best")
    assert pair_to_run(None) == BUNDLED
    choice.remember("best")
    assert pair_to_run(None) == "best"
    assert pair_to_run(BUNDLED) == BUNDLED
    # One's own folders and names that nobody knows are the engine's to judge.
    assert pair_to_run("own") == "own"
    assert pair_to_run("nonsense") == "nonsense"
    choice.remember("nonsense")
    assert pair_to_run(None) == BUNDLED


def test_what_is_not_here_does_not_run() -> None:
    choice.remember("best")
    assert pair_to_run(None) == pair_to_run("best") == BUNDLED


def test_the_best_pair_is_offered_in_one_line() -> None:
    proposal = propose(settings(), Answers())
    assert proposal is not None
    assert (proposal.entry.name, proposal.subject) == ("best", RECOMMENDED)
    assert proposal.question.startswith("download the pair best (best + small, 1.6 GB)?")
    assert "the bundled pair serves" in proposal.question
    assert "\n" not in proposal.question


def test_what_is_here_already_is_offered_for_use() -> None:
    arrive("org/whisper-best")
    arrive("org/small")
    proposal = propose(settings(), Answers())
    assert proposal is not None and proposal.is_here
    assert proposal.question.startswith(
        "use the pair best (best + small), which is on this machine?"
    )


def test_nothing_is_offered_where_there_is_no_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = Answers()
    assert propose(settings(offer=False), answers) is None
    assert propose(settings(BUNDLED), answers) is None
    assert propose(settings("own"), answers) is None
    assert propose(settings("nonsense"), answers) is None
    answers.keep(RECOMMENDED, "never")
    assert propose(settings(), answers) is None
    answers.keep(RECOMMENDED, "later")
    assert propose(settings(), answers) is None


def test_who_chose_a_pair_is_offered_none() -> None:
    choice.remember(BUNDLED)
    assert propose(settings(), Answers()) is None


def test_what_fits_nowhere_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recommend, "fits_memory", lambda entry, machine: False)
    assert propose(settings(), Answers()) is None


def test_a_named_pair_is_asked_for_or_spoken_of(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = Answers()
    proposal = propose(settings("best"), answers)
    assert proposal is not None
    assert (proposal.subject, proposal.line) == ("best", "")
    assert "engine.pair" in proposal.question
    answers.keep("best", "never")
    proposal = propose(settings("best"), answers)
    assert proposal is not None
    assert proposal.question == ""
    assert "dictate.models.use" in proposal.line


def test_without_a_network_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    answers = Answers()
    assert propose(settings(), answers) is None
    proposal = propose(settings("best"), answers)
    assert proposal is not None and "HF_HUB_OFFLINE" in proposal.line
    answers.unfinished = "best"
    assert propose(settings(), answers) is None


def test_an_unfinished_download_goes_on_without_a_question() -> None:
    answers = Answers()
    answers.unfinished = "best"
    proposal = propose(settings(offer=False), answers)
    assert proposal is not None and proposal.is_wanted
    assert propose(settings(BUNDLED), answers) is None


def test_models_are_named_without_their_publisher() -> None:
    assert models_of(Registry.load().pair("turbo")) == "large-v3-turbo + tiny"
    assert models_of(Registry.load().pair("turbo-alone")) == "large-v3-turbo"
