"""The streaming benchmark, from end to end, and what it says of its figures."""

import argparse
import json

import pytest
from PIL import Image

from dictate.bench import arguments
from dictate.bench.machine import describe_machine
from dictate.bench.results import publish
from dictate.bench.streaming_decodes import LastPartial
from dictate.bench.streaming_metrics import Stability
from dictate.bench.streaming_outcome import distribution, streaming_outcome
from dictate.bench.streaming_report import (
    DecodingFigures,
    DraftSource,
    ModeFigures,
    StabilityFigures,
    StreamingReport,
    Times,
)
from dictate.bench.streaming_spans import Cuts


def parsed(*words):
    parser = argparse.ArgumentParser()
    arguments.add_arguments(parser)
    return parser.parse_args(["streaming", *words])


@pytest.mark.timeout(600)
def test_bundled_recordings_go_the_whole_way_held_and_hands_free(tmp_path):
    options = parsed(
        "--speech", "bundled", "--sentences", "2", "--hands-free-sentences", "2",
        "--non-speech", "4", "--pause-ms", "450",
        "--out", str(tmp_path), "--json", str(tmp_path / "figures.json"),
    )  # fmt: skip
    assert arguments.run(options) == 0
    report = json.loads((tmp_path / "figures.json").read_text())
    assert report == json.loads((tmp_path / "streaming.json").read_text())
    assert report["machine"]["cpu"]
    assert not report["word_ends_known"]
    assert set(report["modes"]) == {"hold", "hands-free"}
    for mode in report["modes"].values():
        assert mode["outcomes"]["inserted"] == 2
        assert mode["speech_s"] > 2.0
        assert mode["speech_to_final"]["spread"]["runs"] == 2
        assert mode["word_shown"] == {"values_ms": [], "spread": None}
        assert mode["stability"]["partials"] > 0
        assert mode["stability"]["normalised_erasure"] >= 0.0
        assert mode["word_errors"] <= mode["words"] / 2
        assert mode["engine_s_per_s"] > 0
        assert mode["server_s_per_s"] > 0
        assert mode["server"]["count"] == 2
        decoding = mode["decoding"]
        assert decoding["equal"] == decoding["compared"] == 2
        worth = decoding["last_partial"]
        assert 0 < worth["accepted_tokens"] <= worth["final_tokens"]
        assert worth["accepted_tokens"] <= worth["proposed_tokens"]
        assert len(decoding["speedups"]) == 2
    hold, hands_free = report["modes"]["hold"], report["modes"]["hands-free"]
    assert hold["release_to_final"]["spread"]["runs"] == 2
    assert hold["cuts"] is None
    released, spoken = hold["release_to_final"]["values_ms"], hold["speech_to_final"]["values_ms"]
    for release_ms, speech_ms in zip(released, spoken, strict=True):
        assert speech_ms - release_ms > 100  # the key was let go 150 ms later, or more
    assert hands_free["release_to_final"]["spread"] is None
    assert hands_free["cuts"]["sentences"] == 2
    assert hands_free["cuts"]["missed"] == 0
    assert sum(source["accepted_tokens"] for source in report["draft_sources"]) > 0
    assert sum(clips for clips, _ in report["non_speech"].values()) == 4
    with Image.open(tmp_path / "streaming-finals.png") as image:
        image.verify()


def mode(**figures):
    times = Times.of([0.05, 0.10])
    alike = DecodingFigures.of([True, True], [LastPartial(10, 9, 10, 2.0, 8.0)] * 2)
    usual = {
        "outcomes": {"inserted": 2},
        "speech_s": 5.0,
        "speech_to_final": Times.of([0.3, 0.4]),
        "release_to_final": times,
        "server": {},
        "word_shown": Times.of([0.1, 0.2]),
        "word_correct": Times.of([0.2, 0.3]),
        "stability": StabilityFigures.of([Stability(4, 1, 1, 1, 0, 10)]),
        "words": 10,
        "word_errors": 1,
        "cuts": None,
        "engine_s_per_s": 0.5,
        "server_s_per_s": 0.1,
        "decoding": alike,
    }
    return ModeFigures(**{**usual, **figures})


def report(modes, non_speech=None):
    return StreamingReport(
        machine=describe_machine("cpu"),
        pair="bundled",
        target="target",
        draft=None,
        device="cpu",
        dtype="float32",
        speech="somebody",
        word_ends_known=True,
        pause_ms=None,
        seed=0,
        modes=modes,
        draft_sources=[DraftSource("n-grams", 10, 4), DraftSource("draft model", 0, 0)],
        non_speech=non_speech or {},
    )


def verdicts(outcome):
    return {goal.measure: goal.met for goal in outcome.goals}


def test_goals_are_met_missed_or_not_measured():
    free = mode(release_to_final=Times.of([]), cuts=Cuts(20, 1, 0, 0))
    outcome = streaming_outcome(report({"hold": mode(), "hands-free": free}, {"noise": (5, 0)}))
    assert verdicts(outcome) == {
        "key release to final, p50": False,
        "key release to final, p95": True,
        "hands-free, end of speech to final, p50": True,
        "hands-free, sentences cut": False,
        "word shown as in the final, p50": True,
        "normalised erasure": True,
        "last partial's tokens accepted": True,
        "final's decoding, times faster": True,
        "finals equal to the target's own": True,
        "texts without speech": True,
    }


def test_what_was_left_out_is_no_goal_missed():
    assert set(verdicts(streaming_outcome(report({}))).values()) == {None}
    one = verdicts(streaming_outcome(report({"hold": mode()}, {"noise": (5, 2)})))
    assert one["hands-free, sentences cut"] is None
    assert one["texts without speech"] is False


def test_without_word_ends_there_is_no_table_of_words():
    unknown = report({"hold": mode(word_shown=Times.of([]), word_correct=Times.of([]))})
    unknown.word_ends_known = False
    outcome = streaming_outcome(unknown)
    assert not any("word until" in table.title for table in outcome.tables)
    assert any("not known" in table.note for table in outcome.tables)
    assert verdicts(outcome)["word shown as in the final, p50"] is None


def test_every_figure_is_drawn_and_written(tmp_path):
    drawn = publish(streaming_outcome(report({"hold": mode()})), tmp_path)
    assert [path.name for path in drawn] == ["streaming-finals.png", "streaming-words.png"]
    assert (tmp_path / "streaming.json").is_file()


def test_a_distribution_ends_at_one():
    assert distribution([3.0, 1.0, 2.0, 2.0]) == ([1.0, 2.0, 2.0, 3.0], [0.25, 0.5, 0.75, 1.0])
    assert distribution([]) == ([], [])


def test_stability_of_several_is_a_mean_or_a_ratio_of_sums():
    figures = StabilityFigures.of([Stability(4, 1, 2, 1, 0, 4), Stability(6, 4, 12, 5, 3, 8)])
    assert figures.normalised_erasure == pytest.approx((2 / 4 + 12 / 8) / 2)
    assert figures.unstable_partials == pytest.approx(5 / 10)
    assert figures.revised_words == pytest.approx(6 / 12)
    assert (figures.partials, figures.retracted_words) == (10, 3)


def test_stability_of_nothing_is_unknown():
    figures = StabilityFigures.of([])
    assert figures.normalised_erasure is None
    assert figures.unstable_partials is None
    assert figures.revised_words is None
    only_wordless = StabilityFigures.of([Stability(1, 1, 1, 1, 0, 0)])
    assert only_wordless.normalised_erasure is None


def test_the_worth_of_last_partials_is_a_ratio_of_sums():
    figures = DecodingFigures.of(
        [True, False], [LastPartial(10, 9, 12, 5.0, 20.0), LastPartial(0, 0, 8, 10.0, 20.0)]
    )
    assert (figures.compared, figures.equal) == (2, 1)
    assert figures.accepted_of_proposed == 0.9
    assert figures.accepted_of_final == 9 / 20
    assert figures.speedups == [4.0, 2.0]
    assert figures.speedup == 3.0
    nothing = DecodingFigures.of([], [])
    assert nothing.accepted_of_proposed is None
    assert nothing.accepted_of_final is None
    assert nothing.speedup is None


def test_times_are_kept_in_milliseconds():
    times = Times.of([0.1, 0.3])
    assert times.values_ms == [100.0, 300.0]
    assert times.spread.p50_ms == 200.0
    assert Times.of([]).spread is None


def test_options_have_usable_defaults():
    options = parsed()
    assert (options.sentences, options.hands_free_sentences, options.non_speech) == (20, 20, 200)
    assert parsed("--non-speech", "0").non_speech == 0
    with pytest.raises(SystemExit):
        parsed("--sentences", "-1")
    with pytest.raises(SystemExit):
        parsed("--pause-ms", "0")
