"""Distilling on a target of width 32."""

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch
from transformers import WhisperForConditionalGeneration

from dictate.asr import Pair
from dictate.asr.checkpoint import Checkpoint, CheckpointError
from dictate.train import training_loop
from dictate.train.dataset import Batch
from dictate.train.distil import Distiller, Plan, distil
from dictate.train.distil_card import finish
from dictate.train.distil_folder import load_whisper
from dictate.train.distil_lessons import Size
from dictate.train.distil_teacher import Manner, Teacher
from dictate.train.ranks import Rank, TrainingError
from dictate.train.targets import IGNORED
from dictate.train.training_loop import Budget, read_checkpoint, read_log
from tests.rigs.reference import reference_tokens
from tests.rigs.tiny_training import tiny_corpus, tiny_target


@pytest.fixture(scope="module")
def target(tmp_path_factory) -> Path:
    return tiny_target(tmp_path_factory.mktemp("distil") / "target")


@pytest.fixture(autouse=True)
def _few_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Prompts are made of a few names instead of those of all installed packages."""
    monkeypatch.setattr(
        "dictate.train.prompts.real_names", lambda: ("get user", "parse config", "read file")
    )


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """So small a model is trained fastest so, also beside other work."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def plan(target: Path, tmp_path: Path) -> Plan:
    return Plan(
        target, tiny_corpus(tmp_path / "corpus"), tmp_path / "draft", Budget(steps=8),
        labels="transcript",
        short_window=True, device="cpu", size=Size(12, 6),
    )  # fmt: skip


def _noise(count: int, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).standard_normal(count)
    return (0.1 * noise).astype(np.float32)


def test_a_draft_learns_and_leaves_the_encoder_as_it_is(plan: Plan) -> None:
    plan = replace(plan, budget=Budget(steps=40), rate=1.5)
    batch = next(Distiller(plan, Rank()).lessons(1000))
    before = _loss(plan, batch)
    done = distil(plan)
    assert done.steps == 40
    after = _loss(replace(plan, start_from=plan.out), batch)
    assert after < 0.8 * before
    encoders = [
        WhisperForConditionalGeneration.from_pretrained(folder).model.encoder.state_dict()
        for folder in (plan.target, plan.out)
    ]
    assert all(torch.equal(value, encoders[1][name]) for name, value in encoders[0].items())


def _loss(plan: Plan, batch) -> float:
    distiller = Distiller(plan, Rank())
    with torch.no_grad():
        return float(distiller.loss_of(batch)[0])


def test_the_engine_hears_once_and_writes_the_targets_tokens(plan: Plan) -> None:
    distil(plan)
    pair = Pair.load(plan.target, plan.out, device="cpu", dtype="float32", short_window=True)
    assert pair.shares_encoder
    for seed in range(4):
        sound = _noise(16_000 + 4_000 * seed, seed)
        alone = pair.transcribe(sound, speculate=False, max_new_tokens=20)
        assert pair.transcribe(sound, max_new_tokens=20).tokens == alone.tokens


def test_a_draft_learns_the_same_text_without_the_targets_prompt(target: Path) -> None:
    teacher = Teacher(
        load_whisper(target), Checkpoint.open(target), Manner(True, True), torch.device("cpu")
    )
    texts = ["open file now", "", "rename user by id"]
    batch = Batch(torch.zeros(3, 16_000), texts, ["getUser, parseConfig", "x " * 200, None], texts)
    heard = torch.zeros(3, 50, 32)
    readings = teacher.read(batch, heard, "transcript")
    learned = [one.labels[one.labels != IGNORED] for one in (readings.prompted, readings.plain)]
    assert torch.equal(*learned)
    assert learned[0].tolist().count(teacher.tokens.end) == 3
    previous = teacher.tokens.previous
    assert (readings.prompted.inputs == previous).sum() == 2
    assert not (readings.plain.inputs == previous).any()


@pytest.mark.parametrize("window", ["short", "whole"])
def test_targets_that_follow_prompts_are_learned_from(plan: Plan, window: str) -> None:
    done = distil(replace(plan, follows_prompts=True, short_window=window == "short"))
    assert done.seen > 0


@pytest.mark.timeout(400)
@pytest.mark.skipif(os.name != "posix", reason="kills a process group's leader alone")
def test_ranks_leave_with_a_parent_that_is_killed_and_the_run_goes_on(
    plan: Plan, tmp_path: Path
) -> None:
    code = (
        "import pickle, sys; from pathlib import Path; from dictate.train.distil import distil\n"
        "from dictate.train import training_loop; training_loop._CHECKPOINT_EVERY_S = -1.0\n"
        "if __name__ == '__main__': distil(pickle.loads(Path(sys.argv[1]).read_bytes()))\n"
    )
    plan = replace(plan, ranks=2, budget=Budget(steps=100_000))
    (tmp_path / "plan").write_bytes(pickle.dumps(plan))
    (tmp_path / "train.py").write_text(code)
    parent = psutil.Popen(
        [sys.executable, str(tmp_path / "train.py"), str(tmp_path / "plan")],
        env=os.environ | {"OMP_NUM_THREADS": "1"}, stdout=subprocess.DEVNULL,
        # As the shell starts what ends in "&": then SIGINT ends nobody.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )  # fmt: skip
    while not (plan.folder / "checkpoint.pt").exists():
        assert parent.poll() is None
        time.sleep(0.05)
    ranks = parent.children(recursive=True)
    parent.kill()
    parent.wait()
    _, alive = psutil.wait_procs(ranks, timeout=60)
    assert not alive
    steps = read_checkpoint(plan.folder)["done"]["steps"]
    done = distil(replace(plan, budget=Budget(steps=steps + 1), ranks=2, resume=True))
    assert (done.steps, done.starts) == (steps + 1, 2)


class _CutError(Exception):
    """Stands for whatever ends a process."""


def test_a_run_that_was_cut_ends_as_one_in_one_piece(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_loop, "_CHECKPOINT_EVERY_S", -1.0)
    monkeypatch.setattr(training_loop, "_LOG_EVERY_STEPS", 1)
    monkeypatch.setattr("dictate.train.distil_lessons._CHUNK_STEPS", 3)
    whole = replace(plan, out=tmp_path / "whole")
    distil(whole)
    lessons = Distiller.lessons

    def cut_lessons(self: Distiller, step: int) -> Iterator[object]:
        for index, lesson in enumerate(lessons(self, step)):
            if step == 0 and index == 5:
                raise _CutError
            yield lesson

    monkeypatch.setattr(Distiller, "lessons", cut_lessons)
    with pytest.raises(_CutError):
        distil(plan)
    state = read_checkpoint(plan.folder)
    assert state is not None
    assert state["done"]["steps"] == 5
    # A crash cuts lines off, and a checkpoint may be older than the log's end.
    with (plan.folder / "log.jsonl").open("a") as log:
        log.write('{"step": 6, "seen": 1, "elapsed_s": 1}\n{"step": 7, "se')
    done = distil(replace(plan, resume=True))
    assert (done.steps, done.starts) == (8, 2)
    weights = [
        WhisperForConditionalGeneration.from_pretrained(folder).state_dict()
        for folder in (whole.out, plan.out)
    ]
    assert all(torch.equal(value, weights[1][name]) for name, value in weights[0].items())
    logs = [
        [{**entry, "elapsed_s": 0} for entry in read_log(one.folder / "log.jsonl")]
        for one in (whole, plan)
    ]
    assert logs[0] == logs[1]


def test_a_pruned_target_loads_in_transformers_and_engine_with_equal_tokens(plan: Plan) -> None:
    plan = replace(plan, layers=2, trains_encoder=True, ffn_width=100)
    distil(plan)
    finish(plan)
    model = WhisperForConditionalGeneration.from_pretrained(plan.out).eval()
    assert (model.config.decoder_layers, model.config.decoder_ffn_dim) == (2, 100)
    assert model.generation_config.alignment_heads == [[0, 1], [1, 1]]
    before = WhisperForConditionalGeneration.from_pretrained(plan.target).state_dict()
    name = "model.encoder.layers.0.fc1.weight"
    assert not torch.equal(before[name], model.state_dict()[name]), "all of it is trained"
    pair = Pair.load(plan.out, device="cpu", dtype="float32")
    for seed in range(3):
        sound = _noise(20_000, seed)
        theirs = reference_tokens(plan.out, sound, language="en", max_new_tokens=12)
        assert pair.transcribe(sound, max_new_tokens=12).tokens == theirs
    assert "trained, too" in (plan.out / "README.md").read_text()


def test_the_card_and_the_record_tell_how_it_was_made(plan: Plan, tmp_path: Path) -> None:
    distil(plan)
    finish(plan)
    card = (plan.out / "README.md").read_text()
    assert "a draft distilled from" in card
    assert str(tmp_path) not in card
    assert (plan.out / "losses.png").stat().st_size > 1000
    assert '"steps": 8' in (plan.out / "training.json").read_text()


def test_a_target_in_half_precision_gives_a_draft_in_half_precision(
    plan: Plan, tmp_path: Path
) -> None:
    half = tmp_path / "half"
    model = WhisperForConditionalGeneration.from_pretrained(plan.target)
    model.half().save_pretrained(half)
    for name in ("tokenizer.json", "preprocessor_config.json", "generation_config.json"):
        (half / name).write_bytes((plan.target / name).read_bytes())
    plan = replace(plan, target=half, budget=Budget(steps=1))
    distil(plan)
    assert {tensor.dtype for tensor in Checkpoint.open(plan.out).layout.values()} == {"F16"}
    assert Pair.load(half, plan.out, device="cpu").shares_encoder


def test_going_on_from_a_draft_takes_its_sizes(plan: Plan, tmp_path: Path) -> None:
    distil(replace(plan, layers=2))
    again = replace(plan, start_from=plan.out, out=tmp_path / "again", layers=1)
    distil(again)
    assert Checkpoint.open(again.out).dimensions.decoder_layers == 2


def _one_line(error: Exception) -> str:
    text = str(error)
    assert text.count("\n") == 0
    assert ": " in text
    return text


def test_another_target_cannot_be_resumed(plan: Plan, tmp_path: Path) -> None:
    distil(plan)
    other = tiny_target(tmp_path / "other", seed=5)
    with pytest.raises(TrainingError) as caught:
        distil(replace(plan, target=other, resume=True))
    assert "another target" in _one_line(caught.value)
    with pytest.raises(TrainingError) as caught:
        distil(replace(plan, seed=2, resume=True))
    assert "another seed" in _one_line(caught.value)
    with pytest.raises(TrainingError) as caught:
        distil(plan)
    assert "--resume" in _one_line(caught.value)


def test_a_damaged_checkpoint_is_named(plan: Plan) -> None:
    distil(plan)
    path = plan.folder / "checkpoint.pt"
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(TrainingError) as caught:
        distil(replace(plan, resume=True))
    assert "damaged" in _one_line(caught.value)


def test_what_is_no_whisper_is_refused(plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "bert").mkdir()
    for name in ("config.json", "preprocessor_config.json", "generation_config.json"):
        (tmp_path / "bert" / name).write_text('{"model_type": "bert"}')
    (tmp_path / "bert" / "tokenizer.json").write_text("{}")
    with pytest.raises(CheckpointError, match="not a Whisper"):
        distil(replace(plan, target=tmp_path / "bert"))


def test_no_speech_at_all_is_one_line(plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(TrainingError) as caught:
        distil(replace(plan, corpus=tmp_path / "empty"))
    assert "holds no speech" in _one_line(caught.value)


@pytest.mark.parametrize("budget", [(None, None), (0, None), (None, -3)])
def test_a_budget_is_needed(budget: tuple[float | None, int | None]) -> None:
    with pytest.raises(TrainingError):
        Budget(*budget)
