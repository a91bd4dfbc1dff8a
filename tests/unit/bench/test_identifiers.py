"""The benchmark of names, from end to end, and what it says of its figures."""

import argparse
import json

import pytest
from PIL import Image

from dictate.bench import arguments
from dictate.bench.identifiers_metrics import NamesJudged, Ratio, WordErrors
from dictate.bench.identifiers_outcome import identifiers_outcome
from dictate.bench.identifiers_report import (
    Cell,
    Exactness,
    Group,
    IdentifiersReport,
    NonSpeech,
    Observed,
    Overhead,
    Perfect,
    ProseFigures,
    SoundFigures,
)
from dictate.bench.identifiers_rungs import (
    NOTHING,
    RUNGS,
    phrases_of,
    prompt_forms,
    snapped,
    told,
)
from dictate.bench.machine import describe_machine
from dictate.bench.results import publish
from dictate.bench.timing import Spread
from dictate.text.names.name import Name
from dictate.text.snapping.snap import Snap
from tests.rigs.speech import missing_speech


def parsed(*words):
    parser = argparse.ArgumentParser()
    arguments.add_arguments(parser)
    return parser.parse_args(["identifiers", *words])


@pytest.mark.timeout(600)
def test_a_few_sentences_go_the_whole_way(tmp_path):
    if reason := missing_speech():
        pytest.skip(reason)
    options = parsed(
        "--quick", "--sentences", "4", "--out", str(tmp_path), "--json", str(tmp_path / "f.json")
    )
    assert arguments.run(options) == 0
    report = json.loads((tmp_path / "f.json").read_text())
    assert report == json.loads((tmp_path / "identifiers.json").read_text())
    assert len(report["languages"]) >= 6
    assert sum(each["alone"] + each["code"] for each in report["perfect"]) >= 400
    assert report["prose"]["words"] >= 20_000
    sound = report["sound"]
    cells = {(cell["rung"], cell["distractors"]): cell for cell in sound["cells"]}
    assert set(cells) == {(rung, count) for rung in RUNGS for count in (0, 100)}
    assert all(cell["sentences"] == 4 for cell in cells.values())
    assert cells["all", 0]["recall"]["value"] > cells["none", 0]["recall"]["value"]
    assert sound["exactness"]["failures"] == 0
    assert sound["exactness"]["compared"] > 4 * 5
    assert {each["distractors"] for each in sound["alone"]} == {100}
    assert len(sound["prompt_forms"]) == 2 * 5
    assert sound["overhead"]["pairs"] > 0
    for name in ("recall", "precision", "words"):
        with Image.open(tmp_path / f"identifiers-{name}.png") as image:
            image.verify()


def test_texts_alone_need_no_sound(tmp_path):
    sources, prose = tmp_path / "sources", tmp_path / "prose"
    sources.mkdir()
    prose.mkdir()
    lines = [f"def load_{noun}(path):\n    return load_{noun}(path)\n" for noun in ("user", "cart")]
    (sources / "a.py").write_text("\n".join(lines))
    (prose / "a.txt").write_text("It was a dark and stormy night. The rain fell.\n\nNobody came.")
    options = parsed(
        "--quick", "--sentences", "0", "--sources", str(sources), "--prose", str(prose),
        "--json", str(tmp_path / "figures.json"),
    )  # fmt: skip
    assert arguments.run(options) == 0
    report = json.loads((tmp_path / "figures.json").read_text())
    assert report["sound"] is None
    assert report["languages"] == ["python"]
    assert report["prose"]["words"] == 12
    assert report["perfect"][0]["alone_right"] == report["perfect"][0]["alone"]


def observed(right=1, wrong=0, text_ms=1.0):
    return Observed(
        group=("code", "python", "somebody"),
        heard="",
        text="",
        names=NamesJudged(2, right, wrong, wrong),
        words=WordErrors(4, 1, 6, 2, 0),
        is_whole=right == 2,
        lost_tail=False,
        text_ms=text_ms,
        decode_ms=10.0,
        engine_ms=20.0,
    )


def sound(recalls=(0, 1, 2, 3, 4), wrong=0, **figures):
    cells = [
        Cell.of(rung, 100, [observed(min(2, right), wrong), observed(max(0, right - 2))], 0)
        for rung, right in zip(RUNGS, recalls, strict=True)
    ]
    nothing = Ratio(0.5, 0.4, 0.6, 10)
    usual = {
        "machine": describe_machine("cpu"),
        "pair": "bundled",
        "target": "target",
        "draft": None,
        "device": "cpu",
        "dtype": "float32",
        "voices": ["somebody"],
        "cells": cells,
        "groups": [Group("code", dict.fromkeys(RUNGS, nothing))],
        "group_distractors": 100,
        "misses": [],
        "alone": [],
        "prompt_forms": [],
        "overhead": Overhead(100, 1.02, 1.3, 10.2, 10.0, 40),
        "exactness": Exactness(100, 0),
        "non_speech": NonSpeech(8, 0),
    }
    return SoundFigures(**{**usual, **figures})


def report(sound=None, prose_changed=0, right=100):
    return IdentifiersReport(
        seed=0,
        sources="held_out",
        files=2,
        languages=["python", "go"],
        sentences=2,
        perfect=[Perfect("python", 100, right, 100, right, 10, 5, 0, 0.1, [])],
        list_collisions={100: 0.05},
        prose=ProseFigures(20_000, 500, 0, prose_changed, []),
        build_ms=Spread.of([1.0, 2.0]),
        sound=sound,
    )


def verdicts(outcome):
    return [goal.met for goal in outcome.goals]


def test_goals_are_met_missed_or_not_measured():
    assert verdicts(identifiers_outcome(report())) == [True, True]
    assert verdicts(identifiers_outcome(report(prose_changed=11, right=97))) == [False, False]
    rising = identifiers_outcome(report(sound((1, 2, 3, 4, 4))))
    assert verdicts(rising)[2:] == [False, True, True, True, True, True]
    rising = identifiers_outcome(report(sound((0, 1, 2, 3, 4))))
    assert verdicts(rising)[2] is True
    assert verdicts(rising)[3] is None  # twice nothing is nothing
    worse = sound(
        (2, 2, 2, 2, 3), wrong=2,
        overhead=Overhead(100, 1.06, 1.3, 10.6, 10.0, 40), exactness=Exactness(100, 1),
    )  # fmt: skip
    assert verdicts(identifiers_outcome(report(worse)))[2:] == [
        False, False, False, True, False, False,
    ]  # fmt: skip


def test_a_cell_is_of_sums():
    cell = Cell.of("all", 30, [observed(2, 1, 2.0), observed(1, 0, 4.0)], 0)
    assert cell.recall.value == 3 / 4
    assert cell.precision.value == 3 / 4
    assert cell.whole.value == 1 / 2
    assert cell.wrong_names.value == 1 / 20
    assert cell.leaked == 1
    assert cell.rare_word_errors.value == 2 / 8
    assert cell.common_word_errors.value == 4 / 12
    assert cell.text_ms.p50_ms == 3.0


def test_every_figure_is_drawn_and_written(tmp_path):
    drawn = publish(identifiers_outcome(report(sound())), tmp_path)
    assert [path.name for path in drawn] == [
        "identifiers-recall.png", "identifiers-precision.png", "identifiers-words.png",
    ]  # fmt: skip
    assert (tmp_path / "identifiers.json").is_file()


NAMES = [Name("getUserById", 2.0), Name("max_retries", 1.0)]


def test_each_rung_tells_the_engine_more():
    assert told("none", NAMES) == NOTHING
    prompted = told("prompt", NAMES)
    assert prompted.prompt == "max_retries, getUserById"
    assert prompted.phrases == ()
    trie = told("trie", NAMES)
    assert trie.prompt == prompted.prompt
    assert trie.phrases[0] == "getUserById"
    assert {"get user by id", "max_retries", "max retries"} <= set(trie.phrases)
    assert told("snap", NAMES) == told("all", NAMES) == trie
    assert told("trie", []) == NOTHING


def test_phrases_are_of_the_likeliest_names():
    many = [Name(f"name_number_{index}") for index in range(200)]
    phrases = phrases_of(many)
    assert "name_number_99" in phrases
    assert "name_number_100" not in phrases
    assert len(set(phrases)) == len(phrases)


def test_prompt_forms_hold_the_same_names():
    forms = prompt_forms([name.text for name in NAMES])
    assert len(set(forms.values())) == len(forms) == 5
    assert all("getUserById" in form and "max_retries" in form for form in forms.values())
    assert forms["comma list, best last"].endswith("getUserById")
    assert forms["comma list, best first"].startswith("getUserById")


class Listed:
    """A snapper that knows what it is given."""

    def __init__(self, *snaps):
        self.snaps = {snap.name: snap for snap in snaps}

    def longest(self, words, start, *, prose):
        del prose
        for spoken, name in (("get user", "getUser"), ("parcel", "parser")):
            said = spoken.split()
            if list(words[start : start + len(said)]) == said and name in self.snaps:
                return self.snaps[name]
        return None


def test_the_rung_snap_takes_exact_matches_alone():
    exact = Listed(Snap(2, "getUser", "exact"), Snap(1, "parser", "phonetic"))
    assert snapped("call get user, parcel now", exact, prose=False) == "call getUser parcel now"
    assert snapped("", exact, prose=True) == ""


def test_options_have_usable_defaults():
    options = parsed()
    assert (options.sentences, options.quick, options.seed, options.pair) == (
        200, False, 0, "bundled",
    )  # fmt: skip
    assert parsed("--sentences", "0").sentences == 0
    with pytest.raises(SystemExit):
        parsed("--sentences", "-1")
