"""Every benchmark runs from end to end on tiny shapes, with all of its figures and pictures."""

import json
import math

import pytest
from PIL import Image

from dictate.bench import plan, sets
from dictate.bench.arguments import add_arguments
from dictate.bench.results import publish
from dictate.bench.run import run_benchmark
from dictate.errors import DictateError


def check(outcome, folder, *, pictures):
    drawn = publish(outcome, folder)
    assert len(drawn) == pictures
    for path in drawn:
        with Image.open(path) as image:
            image.verify()
            assert image.format == "PNG"
            assert min(image.size) > 100
    report = json.loads((folder / f"{outcome.name}.json").read_text())
    assert report["machine"]["cpu"]
    assert outcome.tables[0].rows
    return report


def ratios_are_sane(ratios):
    return all(math.isfinite(ratio) and ratio > 0 for ratio in ratios)


def test_peers_has_every_library_with_ratios_to_dictate(scope, tmp_path):
    report = check(plan.peers(scope, "base.en", "tiny.en"), tmp_path, pictures=1)
    libraries = {row["library"] for row in report["rows"]}
    assert libraries == {
        "Dictate",
        "transformers",
        "transformers assisted",
        "openai-whisper",
        "faster-whisper",
        "whisper.cpp",
    }
    for row in report["rows"]:
        assert set(row["ratio_to"]) == {
            f"Dictate {precision}{window}"
            for precision in ("float32", "int8")
            for window in ("", ", short window")
        }
        assert ratios_are_sane(row["ratio_to"].values())
        assert row["tokens"] == report["max_new_tokens"]
        if row["precision"] == "float32":
            assert row["same_tokens"] == 1.0, row["library"]
    assert set(report["left_out"]) == {"whisper.cpp f32", "whisper.cpp f32, short window"}


def test_peers_of_the_bundled_target_says_why_some_are_left_out(scope, tmp_path):
    report = check(plan.bundled_peers(scope), tmp_path, pictures=1)
    assert {"Dictate", "transformers", "transformers assisted", "faster-whisper"} == {
        row["library"] for row in report["rows"]
    }
    assert "vocabulary" in report["left_out"]["whisper.cpp f16"]
    assert report["short_is_exact"]


def test_speculative_has_a_curve_over_acceptance_and_length(scope, tmp_path):
    report = check(plan.curve(scope, "base.en", "tiny.en"), tmp_path, pictures=2)
    assert len(report["cells"]) == 2 * 5 * 5
    assert all(cell["same_tokens"] for cell in report["cells"])
    perfect = [cell for cell in report["cells"] if cell["acceptance"] == 1.0]
    assert all(cell["measured_acceptance"] == 1.0 for cell in perfect)
    assert ratios_are_sane(cell["decoder_speedup"] for cell in report["cells"])


def test_speculative_has_every_real_source_of_the_bundled_pair(scope, tmp_path):
    report = check(plan.bundled_sources(scope), tmp_path, pictures=1)
    assert all(one["same_tokens"] for one in report["sources"])
    names = " ".join(one["source"] for one in report["sources"])
    for kind in ("no draft", "draft model", "previous hypothesis", "recycled tail", "n-grams"):
        assert kind in names
    assert ratios_are_sane(report["engine_speedup"].values())


def test_beam_has_every_number_of_beams(scope, tmp_path):
    report = check(plan.beams(scope, "base.en"), tmp_path, pictures=1)
    assert [one["beams"] for one in report["beams"]] == [1, 2, 3, 4, 5]
    assert ratios_are_sane(one["ratio_to_greedy"] for one in report["beams"])


def test_latency_has_every_stage_and_the_cold_start(scope, tmp_path):
    report = check(plan.stages(scope, "base.en", "tiny.en"), tmp_path, pictures=1)
    assert set(report["stages"]) == {
        "features",
        "encode",
        "draft encode",
        "decode",
        "whole utterance",
    }
    assert all(spread["p99_ms"] >= spread["p50_ms"] > 0 for spread in report["stages"].values())
    assert all(value > 0 for value in report["cold"].values())


def test_memory_has_an_estimate_and_a_peak_for_each_precision(scope, tmp_path):
    report = check(plan.memory(scope, "base.en", "tiny.en"), tmp_path, pictures=1)
    assert [row["precision"] for row in report["rows"]] == ["float32", "int8"]
    for row in report["rows"]:
        assert row["peak_mb"] >= row["loaded_mb"] > 0
        assert row["estimate_mb"] > 0


def test_exactness_counts_no_difference_in_float32_and_int8(scope, tmp_path):
    report = check(plan.exactness(scope, "tiny.en"), tmp_path, pictures=0)
    counted = {row["precision"]: row["differing_tokens"] for row in report["rows"]}
    assert counted["float32"] == counted["int8"] == 0


def test_what_is_judged_on_cuda_runs_on_a_cpu_and_judges_nothing_there(scope, tmp_path):
    outcome = plan.utterance(scope, "large-v3-turbo", "float32")
    report = check(outcome, tmp_path, pictures=0)
    assert set(report["utterance"]) == {
        "plain",
        "accepted draft",
        "accepted draft, priced by the engine",
    }
    assert report["tokens"] == 20
    assert report["step"]["p50_ms"] > 0
    assert outcome.goals == []


def test_both_sets_measure_something_that_exists(scope):
    for steps in (sets.cpu_steps(scope), sets.cuda_steps(scope)):
        names = [name for name, _ in steps]
        assert len(set(names)) == len(names)
        assert all(callable(measure) for _, measure in steps)


def options_of(*words):
    import argparse

    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(words)


def test_a_missing_peer_is_said_before_anything_is_measured(monkeypatch, tmp_path):
    monkeypatch.setitem(__import__("sys").modules, "pywhispercpp", None)
    with pytest.raises(
        DictateError, match=r"needs pywhispercpp.*pip install 'dictate-ls\[bench\]'"
    ):
        run_benchmark(options_of("peers", "--device", "cpu", "--work", str(tmp_path)))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("beam", "--target", "huge"), "unknown architecture 'huge'"),
        (("speculative", "--target", "base.en"), "which draft for base.en"),
        (("memory", "--draft", "tiny"), "--draft goes with --target"),
    ],
)
def test_a_wrong_choice_is_one_line(words, said, tmp_path):
    with pytest.raises(DictateError, match=said) as raised:
        run_benchmark(options_of(*words, "--device", "cpu", "--work", str(tmp_path), "--quick"))
    assert "\n" not in str(raised.value)
