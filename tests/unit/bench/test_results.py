"""Times, tables, goals and the report: what is said of a measurement."""

import json

import msgspec
import pytest

from dictate.bench import extras
from dictate.bench.report import write_report
from dictate.bench.results import Goal, Outcome, Table, as_markdown, as_text, goal_line
from dictate.bench.timing import Spread, interleaved, median_ratio
from dictate.errors import DictateError


class Figures(msgspec.Struct):
    value: int


def outcome(name="works", goals=()):
    table = Table("A table", ["way", "ms"], [["one|two", "1.0"], ["three", "20.0"]], "A note.")
    return Outcome(name, f"{name}'s title", Figures(7), [table], list(goals))


def test_ways_take_turns_and_every_one_does_every_input_in_every_round():
    calls = []
    ways = {name: lambda value, name=name: calls.append((name, value)) for name in "abc"}
    times = interleaved(ways, [1, 2], 4, "cpu", warm_up_rounds=0)
    assert {name: len(values) for name, values in times.items()} == {"a": 8, "b": 8, "c": 8}
    turns = [calls[start : start + 3] for start in range(0, len(calls), 3)]
    for turn in turns:
        assert sorted(name for name, _ in turn) == ["a", "b", "c"]
        assert len({value for _, value in turn}) == 1
    assert len({turn[0][0] for turn in turns}) == 3, "the same way always goes first"


def test_the_ratio_is_that_of_the_same_rounds_and_survives_a_slow_one():
    assert median_ratio([10.0, 2000.0, 12.0], [5.0, 1000.0, 6.0]) == 2.0
    assert median_ratio([10.0, 900.0, 10.0], [5.0, 5.0, 5.0]) == 2.0


def test_a_spread_is_ordered():
    spread = Spread.of([float(value) for value in range(1, 101)])
    assert spread.min_ms == 1.0
    assert spread.min_ms < spread.p50_ms < spread.p95_ms < spread.p99_ms
    assert spread.runs == 100


def test_tables_are_readable_as_text_and_as_markdown():
    table = outcome().tables[0]
    text = as_text(table)
    assert text[2:4] == ["  one|two   1.0", "  three    20.0"]
    assert "| one\\|two | 1.0 |" in as_markdown(table)


@pytest.mark.parametrize(
    ("met", "word"), [(True, "met"), (False, "MISSED"), (None, "not measured")]
)
def test_a_goal_says_in_one_line_whether_it_was_met(met, word):
    line = goal_line(Goal("speed", "at least 2", "3", met))
    assert line == f"goal {word}: speed: wanted at least 2, 3"


def test_a_report_names_the_machine_the_goals_and_what_failed_and_goes_on(tmp_path):
    def fails():
        raise DictateError("no such thing: buy one")

    goal = Goal("speed", "at least 2", "1.5", False)
    steps = [("broken", fails), ("working", lambda: outcome(goals=[goal]))]
    assert write_report(steps, "cpu", tmp_path) == 1
    report = (tmp_path / "report.md").read_text()
    summary = json.loads((tmp_path / "report.json").read_text())
    assert summary["machine"]["cpu"] in report
    assert "torch 2" in report
    assert "| speed | at least 2 | 1.5 | **missed** |" in report
    assert "- broken: no such thing: buy one" in report
    assert "[works.json](works.json)" in report
    assert summary["goals"][0]["met"] is False
    assert json.loads((tmp_path / "works.json").read_text()) == {"value": 7}


def test_a_missing_library_is_one_line_that_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    with pytest.raises(DictateError) as raised:
        extras.need("matplotlib")
    line = str(raised.value)
    assert "\n" not in line
    assert "pip install 'dictate-ls[bench]'" in line
