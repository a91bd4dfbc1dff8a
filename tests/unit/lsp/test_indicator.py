"""What a plain editor shows of a dictation."""

import asyncio

import pytest

from dictate.lsp.indicator import Indicator, last_words
from dictate.lsp.protocol import Partial, State, StateChange


@pytest.fixture(autouse=True)
def _without_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dictate.lsp.indicator._REPORT_S", 0.0)


class _Progress:
    def __init__(self, shown: list[str], *, supported: bool) -> None:
        self.is_shown = False
        self._shown, self._supported = shown, supported

    async def begin(self, title: str, _on_cancel: object, *, at_once: bool) -> None:
        assert at_once
        self.is_shown = self._supported
        if self.is_shown:
            self._shown.append(f"begin {title}")

    def report(self, message: str, _percentage: int | None) -> None:
        self._shown.append(message)

    def end(self) -> None:
        if self.is_shown:
            self._shown.append("end")


def state(name: State, utterance_id: str | None = "1", mode: str = "manual") -> StateChange:
    return StateChange(state=name, utterance_id=utterance_id, uri=None, device=None, mode=mode)  # type: ignore[arg-type]


def said(text: str, utterance_id: str = "1") -> Partial:
    return Partial(utterance_id=utterance_id, uri="file:///a", text=text, committed="")


async def shown_of(*messages: StateChange | Partial, supported: bool = True) -> list[str]:
    shown: list[str] = []
    indicator = Indicator(
        lambda: _Progress(shown, supported=supported),  # type: ignore[arg-type,return-value]
        lambda line: shown.append(f"told {line}"),
        lambda: None,
    )
    for message in messages:
        indicator.take(message)
        for _ in range(10):  # turns of the loop: enough to be shown
            await asyncio.sleep(0)
    return shown


async def test_one_progress_from_the_first_state_to_the_last() -> None:
    assert await shown_of(
        state("starting"), state("listening"), said("get user\nby id "), state("finishing"),
        state("idle", None),
    ) == [
        "begin Dictate", "starting", "listening", "listening: get user by id",
        "finishing: get user by id", "end",
    ]  # fmt: skip


async def test_hands_free_the_words_of_another_dictation_are_not_shown() -> None:
    shown = await shown_of(
        state("listening", "1", "handsFree"), said("one"), state("listening", "2", "handsFree"),
        said("late", "1"), state("idle", None),
    )  # fmt: skip
    assert shown == [
        "begin Dictate", "listening hands-free", "listening hands-free: one",
        "listening hands-free", "end",
    ]  # fmt: skip


async def test_without_progress_the_user_is_told_once_when_to_speak() -> None:
    shown = await shown_of(
        state("starting"), state("listening"), said("one"), state("idle", None), supported=False
    )
    assert shown == ["told Dictate: listening"]


def test_the_last_words_are_cut_between_words() -> None:
    assert last_words("a b") == "a b"
    long = "the quick brown fox jumps over the lazy dog again"
    assert last_words(long) == "…brown fox jumps over the lazy dog again"
    assert len(last_words("x" * 100)) == 41
