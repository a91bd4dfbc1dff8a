from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from dictate.lsp.history import History
from dictate.lsp.utterance import Result


@dataclass
class Spooled:
    created_s: float = 1_800_000_000.25


@dataclass
class Ended:
    """What the history asks of an utterance."""

    id: str
    uri: str = "file:///work/notes.md"
    spooled: Spooled = field(default_factory=Spooled)


def _inserted(text: str, **more: Any) -> Result:
    more = {"timings_ms": {"total": 41.26}, "audio_ms": 900.04, "heard": text, **more}
    return Result("inserted", text, **more)


def _entries(history: History) -> list[dict[str, Any]]:
    return history.listed().wire()["entries"]


def test_an_inserted_one_is_told_whole() -> None:
    history = History()
    assert _entries(history) == []
    history.add(Ended("a"), _inserted("get_user", heard="get user"))
    assert _entries(history) == [
        {
            "utteranceId": "a", "uri": "file:///work/notes.md", "text": "get_user",
            "heard": "get user", "outcome": "inserted", "spokenAt": "2027-01-15T08:00:00.250Z",
            "audioMs": 900.0, "latencyMs": 41.3,
        }
    ]  # fmt: skip


def test_a_failed_one_says_why_and_has_no_latency() -> None:
    history = History()
    history.add(Ended("a"), Result("failed", message="no engine", audio_ms=500.0))
    (entry,) = _entries(history)
    assert (entry["outcome"], entry["text"], entry["heard"]) == ("failed", "", "")
    assert (entry["message"], entry["latencyMs"]) == ("no engine", None)


@pytest.mark.parametrize(
    "result",
    [
        Result("cancelled", message="nothing heard", audio_ms=900.0),
        Result("failed", message="there is no microphone"),
        _inserted(""),
    ],
    ids=["cancelled", "no sound", "only a line break"],
)
def test_what_is_no_dictation_is_not_kept(result: Result) -> None:
    history = History()
    history.add(Ended("a"), result)
    assert _entries(history) == []


def test_a_retried_one_is_listed_once_as_it_ended_last() -> None:
    history = History()
    history.add(Ended("a"), Result("failed", message="no engine", audio_ms=500.0))
    history.add(Ended("b"), _inserted("two"))
    history.add(Ended("a"), _inserted("one"))
    listed = [(entry["utteranceId"], entry["outcome"]) for entry in _entries(history)]
    assert listed == [("a", "inserted"), ("b", "inserted")]
    assert "message" not in _entries(history)[0]


def test_the_last_hundred_are_kept() -> None:
    history = History()
    for number in range(130):
        history.add(Ended(str(number)), _inserted(f"text {number}"))
    listed = [entry["utteranceId"] for entry in _entries(history)]
    assert listed == [str(number) for number in range(129, 29, -1)]


def test_nothing_of_it_is_written_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    caplog.set_level(0)
    history = History()
    history.add(Ended("a"), _inserted("secret"))
    assert _entries(history)
    assert "secret" not in caplog.text
    assert list(tmp_path.rglob("*")) == []
