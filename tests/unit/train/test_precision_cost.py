"""One model in every precision, judged on the same sentences."""

import json
from pathlib import Path

import numpy as np
import pytest

from dictate.errors import DictateError
from dictate.train import precision_cost
from dictate.train.cli import bundled_folder
from dictate.train.evaluate import GROUPS, Group, Utterance
from dictate.train.precision_cost import interval, measure, table, write

BUNDLED = bundled_folder() / "target"


@pytest.fixture
def noises(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two groups of voices that say nothing to be understood: no synthesiser is needed."""

    def spoken(group: Group, count: int) -> list[Utterance]:
        rng = np.random.default_rng(len(group.name))
        return [
            Utterance("one two three", "noise", rng.standard_normal(8_000).astype(np.float32) / 9)
            for _ in range(count)
        ]

    monkeypatch.setattr(precision_cost, "spoken_group", spoken)
    monkeypatch.setattr(precision_cost, "GROUPS", GROUPS[:2])


def test_every_way_hears_every_sentence(noises: None, tmp_path: Path) -> None:
    report = measure(BUNDLED, 2, short_window=True)
    assert (report.utterances, report.device, report.short_window) == (4, "cpu", True)
    ways = [(cost.stored, cost.computed) for cost in report.costs]
    assert ways == [
        ("as it is", "float32"),
        ("as it is", "bfloat16"),
        ("float16", "float32"),
        ("int8", "int8"),
        ("int8", "float32"),
        ("int4", "int4"),
        ("int4", "float32"),
    ]
    first = report.costs[0]
    assert (first.difference, first.interval, first.changed) == (0.0, (0.0, 0.0), 0)
    assert [cost.words for cost in report.costs] == [12] * 7
    for cost in report.costs:
        assert cost.real_time_factor > 0
        assert cost.wer == cost.errors / cost.words
        assert np.mean(list(cost.by_group.values())) == pytest.approx(cost.wer)
        assert cost.difference == pytest.approx(cost.wer - first.wer)
    sizes = {cost.stored: cost.disk_mb for cost in report.costs}
    assert sizes["as it is"] > sizes["float16"] > sizes["int8"] > sizes["int4"]
    write(report, tmp_path / "out")
    stored = json.loads((tmp_path / "out" / "precision_cost.json").read_text())
    assert len(stored["costs"]) == 7
    shown = (tmp_path / "out" / "precision_cost.md").read_text()
    assert shown == table(report) + "\n"
    rows = [line for line in shown.splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in rows[:9]}) == 1
    assert len({line.count("|") for line in rows[9:]}) == 1
    assert len(rows) == 9 + 2 + 2


def test_nothing_to_judge_is_one_line() -> None:
    with pytest.raises(DictateError, match="use --utterances"):
        measure(BUNDLED, 0, short_window=True)


def test_the_interval_holds_the_difference_and_narrows() -> None:
    seed = int(np.random.default_rng().integers(2**31))
    print(f"seed {seed}")
    rng = np.random.default_rng(seed)
    widths = []
    for count in (50, 5_000):
        words = rng.integers(3, 9, count)
        differences = rng.integers(-1, 3, count)
        low, high = interval(differences, words)
        assert low < differences.sum() / words.sum() < high
        widths.append(high - low)
    assert widths[1] < 0.3 * widths[0]
    assert interval(np.zeros(9, np.int64), np.full(9, 4)) == (0.0, 0.0)
