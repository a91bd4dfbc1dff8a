"""How often an editor is told of what changes all the time."""

from types import SimpleNamespace
from typing import Any

import pytest

from dictate.lsp import reports
from dictate.lsp.protocol import Message
from dictate.lsp.reports import Reports


def test_levels_are_told_15_times_a_second_however_often_they_are_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[str] = []

    def notify(method: str, _message: Message) -> None:
        told.append(method)

    client: Any = SimpleNamespace(notify=notify)
    utterance: Any = SimpleNamespace(id="one")
    now_s = 100.0
    monkeypatch.setattr(reports.time, "monotonic", lambda: now_s)
    made = Reports(client)
    for _ in range(2_000):
        now_s += 0.005
        made.level(utterance, -30.0, speech=True)
    assert set(told) == {"dictate/level"}
    assert 130 < len(told) <= 151
