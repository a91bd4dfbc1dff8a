"""Heads are trained on a frozen target, go on after a cut, and are loaded as what they are."""

import argparse
import json
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from dictate.asr.drafts.heads import CtcSizes, MedusaSizes, find_heads, read_heads
from dictate.asr.drafts.heads_ctc import CtcNetwork
from dictate.asr.drafts.heads_medusa import MedusaNetwork
from dictate.train.cli import add_arguments, run
from dictate.train.corpus import Corpus
from dictate.train.dataset import Batch
from dictate.train.distil_lessons import Size
from dictate.train.distil_source import Source, find_target
from dictate.train.heads import Plan, ctc_loss, medusa_loss, train_heads
from dictate.train.heads_card import finish
from dictate.train.heads_lessons import FrozenTarget, Lesson, used_again
from dictate.train.heads_measure import ALONE, measure_heads
from dictate.train.ranks import TrainingError
from dictate.train.targets import IGNORED
from dictate.train.training_loop import Budget, read_log

CPU = torch.device("cpu")
MEDUSA, CTC = MedusaSizes(3, 8), CtcSizes(16, 1, 5, 1)


@pytest.fixture(scope="module")
def source() -> Source:
    return find_target("bundled")


@pytest.fixture(scope="module")
def target(source: Source) -> FrozenTarget:
    return FrozenTarget(source, None, CPU)


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    from dictate.audio.file import read_audio
    from dictate.models.registry import PACKAGE_FOLDER

    first = sorted((PACKAGE_FOLDER / "bundled" / "recordings").glob("*.wav"))[0]
    return read_audio(first).astype(np.float32) / 32768


def batch_of(*sounds: np.ndarray, prompts: list[str | None] | None = None) -> Batch:
    longest = -(-max(map(len, sounds)) // 320) * 320
    audio = torch.stack([torch.from_numpy(np.pad(one, (0, longest - len(one)))) for one in sounds])
    texts = [""] * len(sounds)
    return Batch(audio, texts, prompts or [None] * len(sounds), texts)


@pytest.fixture(scope="module")
def lesson(target: FrozenTarget, speech: np.ndarray) -> Lesson:
    return target.lesson(batch_of(speech, np.zeros(4000, np.float32)), 3)


def test_a_lesson_is_what_the_target_wrote_and_the_states_that_chose_it(
    target: FrozenTarget, lesson: Lesson
) -> None:
    texts = [text for text in lesson.texts if text is not None]
    written = [token for text in texts for token in text]
    assert len(written) > 5
    assert lesson.chosen.tolist() == written
    assert lesson.states.shape == lesson.embedded.shape == (len(written), lesson.source.shape[2])
    # What a state chose is what the target's own projection says of it.
    logits = lesson.states @ target.projection().T
    logits[:, target.tokens.suppressed()] = -torch.inf
    chosen = logits.argmax(-1).tolist()
    row = 0
    for text in texts:
        # Some may not stand at the beginning.
        assert chosen[row + 1 : row + len(text)] == text[1:]
        ahead = [*text, target.tokens.end, IGNORED, IGNORED, IGNORED]
        for place in range(len(text)):
            assert lesson.following[row].tolist() == ahead[place + 1 : place + 4]
            row += 1


def test_silence_and_prompts_of_different_lengths_are_heard_in_one_batch(
    target: FrozenTarget, speech: np.ndarray
) -> None:
    prompts = [None, "parse config", "getUserById, load, save the whole file"]
    heard = target.lesson(batch_of(speech, speech, speech, prompts=prompts), 2)
    assert len(heard.texts) == 3
    tokens = sum(len(text or []) for text in heard.texts)
    assert len(heard.states) == len(heard.chosen) == len(heard.following) == tokens


def test_lessons_without_a_text_teach_nothing_and_break_nothing() -> None:
    nothing = torch.zeros(0, dtype=torch.long)
    empty = Lesson(
        torch.randn(2, 9, 8), [None, []], torch.zeros(0, 8), nothing, torch.zeros(0, 8),
        nothing.reshape(0, 3),
    )  # fmt: skip
    medusa, ctc = MedusaNetwork(8, 3, 4), CtcNetwork(8, hidden=6, blocks=1, kernel=3, stride=2)
    loss, agreed = medusa_loss(medusa, torch.randn(20, 8), empty)
    assert (float(loss.detach()), agreed) == (0.0, None)
    loss, agreed = ctc_loss(ctc, bytes, empty)
    assert agreed is None
    loss.backward()
    assert all(torch.isfinite(value.grad).all() for value in ctc.parameters())
    unended = Lesson(empty.source, [None, None], *(getattr(empty, name) for name in (
        "states", "chosen", "embedded", "following",
    )))  # fmt: skip
    assert float(ctc_loss(ctc, bytes, unended)[0].detach()) == 0.0


def test_both_kinds_learn_a_lesson_by_heart(target: FrozenTarget, lesson: Lesson) -> None:
    torch.manual_seed(1)
    width = lesson.source.shape[2]
    medusa = MedusaNetwork(width, 3, 16)
    ctc = CtcNetwork(width, hidden=32, blocks=1, kernel=5, stride=1)
    projection = target.projection()
    optimizer = torch.optim.AdamW([*medusa.parameters(), *ctc.parameters()], lr=5e-3)
    agreed: list[tuple[float | None, float | None]] = []
    for _ in range(150):
        optimizer.zero_grad()
        first, right = medusa_loss(medusa, projection, lesson)
        second, heard = ctc_loss(ctc, target.tokens.bytes_of, lesson)
        (first + second).backward()
        optimizer.step()
        agreed.append((right, heard))
    right, heard = agreed[-1]
    assert right == 1.0
    assert heard is not None
    assert heard > 0.5


def test_each_batch_is_heard_once_and_used_again(lesson: Lesson) -> None:
    heard: list[int] = []

    def lesson_of(batch: Batch) -> Lesson:
        heard.append(1)
        return lesson

    batches = iter([batch_of(np.zeros(320, np.float32))] * 5)
    assert len(list(islice(used_again(batches, lesson_of, 0), 100))) == 3 * 5
    assert len(heard) == 5


def plan_of(source: Source, corpus: Path, out: Path, steps: int, **changes: object) -> Plan:
    settings: dict[str, object] = {"medusa": MEDUSA, "ctc": CTC, "size": Size(6.0, 3)} | changes
    return Plan(source, corpus, out, Budget(steps=steps), device="cpu", **settings)  # type: ignore[arg-type]


def test_a_run_goes_on_after_a_cut_and_its_folder_is_loaded(
    source: Source, corpus: Corpus, tmp_path: Path, speech: np.ndarray
) -> None:
    out, folder = tmp_path / "heads", tmp_path / "corpus"
    assert train_heads(plan_of(source, folder, out, 2)).steps == 2
    with pytest.raises(TrainingError, match="--resume"):
        train_heads(plan_of(source, folder, out, 3))
    with pytest.raises(TrainingError, match="another"):
        train_heads(plan_of(source, folder, out, 3, resume=True, seed=5))
    plan = plan_of(source, folder, out, 3, resume=True)
    done = train_heads(plan)
    assert (done.steps, done.starts) == (3, 2)
    assert read_log(out / "training" / "log.jsonl")[-1]["step"] == 3
    finish(plan)
    assert "frozen" in (out / "README.md").read_text()
    record = json.loads((out / "training.json").read_text())
    assert record["steps"] == 3
    description, tensors = read_heads(out)
    assert (description.medusa, description.ctc) == (MEDUSA, CTC)
    assert all(tensor.dtype == torch.float16 for tensor in tensors.values())
    report = measure_heads(source, out, None, [speech], rounds=1, device="cpu", dtype="float32")
    assert [one.way for one in report.ways] == 2 * [
        "medusa heads", "ctc head", "medusa heads + ctc head",
    ]  # fmt: skip
    assert all(one.same_tokens for one in report.ways)
    assert ALONE in str(report)
    report.save(tmp_path / "measured.json")
    assert json.loads((tmp_path / "measured.json").read_text())["utterances"] == 1


def test_heads_of_the_other_kind_stay_and_those_of_another_target_go(
    source: Source, corpus: Corpus, tmp_path: Path
) -> None:
    out = tmp_path / "heads"
    train_heads(plan_of(source, tmp_path / "corpus", out, 1, ctc=None))
    first = read_heads(out)[1]["medusa.up"]
    (out / "training" / "checkpoint.pt").unlink()
    train_heads(plan_of(source, tmp_path / "corpus", out, 1, medusa=None))
    description, tensors = read_heads(out)
    assert (description.medusa, description.ctc) == (MEDUSA, CTC)
    assert torch.equal(tensors["medusa.up"], first)
    content = json.loads((out / "heads.json").read_text()) | {"target_sha256": "0" * 64}
    (out / "heads.json").write_text(json.dumps(content))
    (out / "training" / "checkpoint.pt").unlink()
    train_heads(plan_of(source, tmp_path / "corpus", out, 1, medusa=None))
    assert read_heads(out)[0].medusa is None
    assert find_heads(tmp_path) == out


def _run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return run(parser.parse_args(words))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--minutes", "1"], "name speech to learn from"),
        (["--work", "nowhere", "--minutes", "1"], "holds no speech"),
        (["--recordings", "nowhere", "--minutes", "1"], "no folder nowhere"),
        (["--work", "nowhere", "--minutes", "1", "--heads", "0"], "must be 1 or more"),
        (["--work", "nowhere"], "give --minutes or --steps"),
    ],
)
def test_what_cannot_be_trained_is_one_line(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run("heads", "--out", str(tmp_path / "heads"), *words) == 1
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_measuring_without_heads_is_one_line(
    source: Source, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--recordings", str(source.folder.parent / "recordings"), "--rounds", "1"]
    assert _run("measure-heads", str(tmp_path / "nowhere"), *words) == 1
    error = capsys.readouterr().err
    assert "nowhere" in error
    assert error.count("\n") == 1
