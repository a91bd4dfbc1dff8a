"""`dictate train draft`, `train measure` and `adapt` as users call them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dictate.asr import Pair
from dictate.models.registry import PACKAGE_FOLDER
from tests.rigs.tiny_training import tiny_target

RECORDINGS = PACKAGE_FOLDER / "bundled" / "recordings"


def _dictate(*words: str, home: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "XDG_STATE_HOME": str(home / "state"), "XDG_CONFIG_HOME": str(home / "config"),
        "OMP_NUM_THREADS": "1",
    }  # fmt: skip
    code = "import sys; from dictate.cli import main; sys.exit(main(sys.argv[1:]))"
    return subprocess.run(
        [sys.executable, "-c", code, *words], env=environment, capture_output=True, text=True
    )


@pytest.mark.timeout(400)
def test_a_draft_for_the_bundled_target_from_recordings(tmp_path: Path) -> None:
    out = tmp_path / "draft"
    words = ("train", "draft", "--recordings", str(RECORDINGS), "--out", str(out), "--batch", "2")
    done = _dictate(*words, "--steps", "2", "--ranks", "1", home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "learning from 4 recordings" in done.stdout
    assert f"written: {out}" in done.stdout
    assert not (out / "training" / "recordings").exists(), "a copy of what people said"
    target = PACKAGE_FOLDER / "bundled" / "target"
    assert Pair.load(target, out, device="cpu", short_window=True).shares_encoder
    again = _dictate(*words, "--steps", "2", home=tmp_path)
    assert again.returncode == 1
    assert again.stderr.count("\n") == 1
    assert "--resume" in again.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("train", "draft", "--out", "OUT", "--steps", "1"), "--recordings, --history or --work"),
        (("train", "draft", "--out", "OUT", "--steps", "1", "--work", "TMP"), "synthesize"),
        (("train", "draft", "--out", "OUT", "--recordings", "TMP"), "--minutes or --steps"),
        (("train", "draft", "--out", "OUT", "--steps", "1", "--recordings", "TMP"), "nothing in"),
        (
            ("train", "draft", "--out", "OUT", "--steps", "1", "--work", "TMP", "--target", "TMP"),
            "is missing",
        ),
        (
            ("train", "draft", "--out", "OUT", "--steps", "1", "--history", "--batch", "0"),
            "--batch",
        ),
        (("adapt", "--out", "OUT", "--code", "TMP", "--steps", "1", "--rank", "0"), "--rank"),
        (("train", "measure", "OUT", "--recordings", "TMP"), "nothing in"),
        (("train", "measure", "OUT", "--target", "nobody/nothing-here"), "dictate models pull"),
        (("train", "measure", "OUT", "--target", "no-such-pair"), "no folder no-such-pair"),
        (("adapt", "--out", "OUT", "--steps", "1"), "--code"),
        (("adapt", "--out", "OUT", "--steps", "1", "--code", "TMP"), "no code or text"),
        (("adapt", "--out", "OUT", "--code", "TMP"), "--minutes or --steps"),
        (("adapt", "--out", "OUT", "--code", "TMP", "--steps", "1", "--name", "a b"), "--name"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    words: tuple[str, ...],
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from dictate.cli import main

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    empty = tmp_path / "empty"
    empty.mkdir()
    places = {"OUT": str(tmp_path / "out"), "TMP": str(empty)}
    assert main([places.get(word, word) for word in words]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert says in said


def test_no_synthesiser_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from dictate.cli import main

    monkeypatch.setenv("PATH", "")
    (tmp_path / "code.py").write_text("# reads the ledger of a colony\n")
    out = str(tmp_path / "out")
    assert main(["adapt", "--code", str(tmp_path), "--out", out, "--steps", "1"]) == 1
    assert "apt-get install" in capsys.readouterr().err


def test_a_draft_is_measured_on_recordings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from dictate.cli import main

    target = PACKAGE_FOLDER / "bundled" / "target"
    figures = tmp_path / "figures.json"
    words = ["train", "measure", str(target), "--recordings", str(RECORDINGS), "--utterances", "1"]
    assert main([*words, "--json", str(figures)]) == 0
    said = capsys.readouterr().out
    # It is its own draft, and agrees with itself.
    assert "| 100.0% |" in said
    assert "same" in said
    assert '"acceptance": 1.0' in figures.read_text()


def test_a_published_layout_with_its_whole_window(tmp_path: Path) -> None:
    from dictate.train.distil import Plan, distil
    from dictate.train.distil_lessons import Size
    from dictate.train.training_loop import Budget
    from tests.rigs.checkpoints import Architecture, make_checkpoint
    from tests.rigs.tiny_training import tiny_corpus

    shape = Architecture("tiny.en", 80, False, 99, 1, 2, width=16)
    target = make_checkpoint(tmp_path / "tiny.en", shape, 0)
    plan = Plan(
        target, tiny_corpus(tmp_path / "corpus"), tmp_path / "draft", Budget(steps=1),
        labels="transcript", device="cpu", size=Size(60, 2),
    )  # fmt: skip
    assert distil(plan).seen > 0
    pair = Pair.load(target, plan.out, device="cpu", dtype="float32")
    assert pair.shares_encoder


def test_the_tiny_target_is_whole(tmp_path: Path) -> None:
    assert Pair.load(tiny_target(tmp_path / "target"), device="cpu").window_samples == 160_000
