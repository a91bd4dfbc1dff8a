import shutil

import pytest
import torch

from dictate.train.corpus import Corpus
from dictate.train.phonemes import Phonemes
from dictate.train.recipe import Plan, learning_rate_share, train
from dictate.train.targets import IGNORED, Labeller
from dictate.train.tokenizer import Pieces

needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="needs espeak-ng")


def test_the_rate_warms_up_holds_and_ends_at_zero() -> None:
    assert learning_rate_share(0.0) == 0.0
    assert learning_rate_share(0.2) == 1.0
    assert learning_rate_share(1.0) == 0.0
    falling = [learning_rate_share(step / 100) for step in range(40, 101)]
    assert falling == sorted(falling, reverse=True)


def test_whether_anybody_speaks_the_text_and_its_end_are_learned(pieces: Pieces) -> None:
    labeller = Labeller(pieces, "multilingual", 10)
    phonemes = Phonemes({"a": "e", "list": "lIst"})
    targets = labeller.targets(
        ["aList", "list", ""], [None, "a prompt", "a prompt"], phonemes, ["a list", "list", ""]
    )
    start = labeller.special_ids["<|startoftranscript|>"]
    for text, inputs, labels in zip(
        ["aList", "list", ""], targets.inputs.tolist(), targets.labels.tolist(), strict=True
    ):
        speaks = inputs.index(start)
        assert labels[speaks] == (labeller.prompt[1] if text else labeller.no_speech)
        first = speaks + len(labeller.prompt) - 1
        learned = [label for label in labels[first:] if label != IGNORED]
        assert learned == [*(labeller.text_ids(text) if text else []), labeller.end]
        # A label is the input one position later.
        assert inputs[first + 1 : first + len(learned)] == learned[:-1]
        assert [label for label in labels[:first] if label != IGNORED] == [labels[speaks]]
    assert targets.phoneme_counts.tolist() == [5, 4, 0]


@needs_espeak
def test_phonemes_are_learned_once_for_every_word() -> None:
    phonemes = Phonemes.learn(["parse the json", "x"])
    assert len(phonemes("parse")) >= 3
    assert phonemes("parse the") == phonemes("parse") + phonemes("the")
    assert 0 not in phonemes("parse the json x")


@needs_espeak
def test_a_run_resumes_where_it_stopped(corpus: Corpus, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr("dictate.train.recipe.PIECES", 300)
    monkeypatch.setattr("dictate.train.recipe.development_set", lambda _: [])
    plan = Plan(
        tmp_path / "corpus", tmp_path / "target", minutes=1 / 60, ranks=1,
        batch_s=8, batch_clips=4,
    )  # fmt: skip
    first = torch.load(train(plan), weights_only=True)
    longer = Plan(
        tmp_path / "corpus", tmp_path / "target", minutes=2 / 60, ranks=1,
        batch_s=8, batch_clips=4, resume=True,
    )  # fmt: skip
    second = torch.load(train(longer), weights_only=True)
    assert second["seen"] > first["seen"] > 0
    assert second["starts"] == 2
    assert (tmp_path / "target" / "log.jsonl").exists()
