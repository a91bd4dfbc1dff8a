"""Adapting a target of width 32."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import WhisperForConditionalGeneration

from dictate.asr import Pair
from dictate.train import adapt_toml, lora
from dictate.train.adapt import Adapter, Plan, adapt, adapters_of, part_of
from dictate.train.distil_folder import load_whisper
from dictate.train.distil_lessons import Size
from dictate.train.distil_source import Source
from dictate.train.distil_teacher import Manner
from dictate.train.ranks import Rank, TrainingError
from dictate.train.training_loop import Budget, read_checkpoint
from tests.rigs.tiny_training import tiny_corpus, tiny_target

SHARDS = ("shard-00000", "shard-10000")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One thread, and a few names for prompts instead of those of all installed packages."""
    monkeypatch.setattr("dictate.train.prompts.real_names", lambda: ("get user", "parse config"))
    # What a target of random weights says ends late.
    monkeypatch.setattr("dictate.train.distil_labels._TOKENS_PER_S", 0.0)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def target(tmp_path_factory) -> Path:
    return tiny_target(tmp_path_factory.mktemp("adapt") / "target", decoder_layers=1)


@pytest.fixture
def plan(target: Path, tmp_path: Path) -> Plan:
    corpus = tiny_corpus(tmp_path / "corpus", shards=SHARDS)
    return Plan(
        target, corpus, tmp_path / "adapted", Budget(steps=10), Manner(True, False),
        size=lora.Rank(4, 8.0), device="cpu", batch=Size(12, 6),
    )  # fmt: skip


def _loss(plan: Plan, whisper_folder: Path | None = None) -> float:
    adapter = Adapter(
        plan if whisper_folder is None else replace(plan, source=whisper_folder), Rank()
    )
    lesson = next(adapter.lessons(1000))
    assert lesson.kind == "domain"
    with torch.no_grad():
        return float(adapter.loss_of(lesson)[0])


def test_domain_and_rehearsal_take_turns(plan: Plan) -> None:
    lessons = Adapter(plan, Rank()).lessons(3)
    taken = [next(lessons) for _ in range(4)]
    assert [lesson.kind for lesson in taken] == ["general", "domain", "general", "domain"]
    assert [lesson.step for lesson in taken] == [3, 4, 5, 6]
    shards = {
        kind: {clip.shard for clip in part_of(plan.corpus, kind).clips}
        for kind in ("domain", "general")
    }
    assert shards == {"domain": {"shard-00000"}, "general": {"shard-10000"}}


def test_the_domain_is_learned_and_only_projections_change(plan: Plan) -> None:
    plan = replace(plan, budget=Budget(steps=40), rate=3.0)
    before = _loss(plan)
    adapt(plan)
    assert _loss(plan, plan.out) < 0.97 * before
    weights = [
        WhisperForConditionalGeneration.from_pretrained(folder).state_dict()
        for folder in (plan.source, plan.out)
    ]
    changed = {name for name in weights[0] if not torch.equal(weights[0][name], weights[1][name])}
    assert changed
    assert {name.split(".")[-2] for name in changed} <= set(lora.PROJECTIONS)
    assert all(name.endswith("weight") for name in changed)


def test_the_merged_folder_writes_what_the_adapted_model_did(plan: Plan) -> None:
    adapt(plan)
    state = read_checkpoint(plan.folder)
    assert state is not None
    whisper = load_whisper(plan.source)
    with torch.no_grad():
        for name, value in adapters_of(whisper, plan).items():
            value.copy_(state["parameters"][name])
    merged = load_whisper(plan.out)
    generator = torch.Generator().manual_seed(3)
    for _ in range(5):
        features = torch.randn(1, 16, 1000, generator=generator)
        tokens = [
            model.generate(features, max_new_tokens=10).tolist() for model in (whisper, merged)
        ]
        assert tokens[0] == tokens[1]
    pair = Pair.load(plan.out, device="cpu", short_window=True)
    sound = (0.1 * np.random.default_rng(0).standard_normal(16_000)).astype(np.float32)
    assert pair.transcribe(sound, max_new_tokens=5).tokens


def test_the_decoder_alone_leaves_the_encoder_as_it_is(plan: Plan) -> None:
    adapt(replace(plan, parts="decoder", budget=Budget(steps=4)))
    encoders = [
        WhisperForConditionalGeneration.from_pretrained(folder).model.encoder.state_dict()
        for folder in (plan.source, plan.out)
    ]
    assert all(torch.equal(value, encoders[1][name]) for name, value in encoders[0].items())


def test_an_adaptation_goes_on(plan: Plan) -> None:
    adapt(replace(plan, budget=Budget(steps=4)))
    with pytest.raises(TrainingError, match="--resume"):
        adapt(plan)
    done = adapt(replace(plan, resume=True))
    assert (done.steps, done.starts) == (10, 2)
    with pytest.raises(TrainingError, match="another rank"):
        adapt(replace(plan, resume=True, size=lora.Rank(2, 8.0)))


def test_without_a_domain_there_is_nothing_to_learn(plan: Plan, tmp_path: Path) -> None:
    corpus = tiny_corpus(tmp_path / "general", shards=SHARDS[1:])
    with pytest.raises(TrainingError, match="no speech of the domain"):
        adapt(replace(plan, corpus=corpus))


def test_the_entry_for_models_toml_is_read_back(
    target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dictate.models.registry import Registry

    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    table = adapt_toml.entry("mine", Source(target, True, False), target, None, '["en"]')
    path = adapt_toml.install(table, "mine")
    again = adapt_toml.entry("other", Source(target, False, True), target, target, "[]")
    adapt_toml.install(again, "other")
    registry = Registry.load()
    assert registry.notices == []
    mine, other = registry.pair("mine"), registry.pair("other")
    assert (mine.target, mine.draft, mine.short_window) == (target, None, True)
    assert (other.draft, other.follows_prompts) == (target, True)
    assert path.parent == tmp_path / "config" / "dictate"
    with pytest.raises(adapt_toml.PairNameError, match="already"):
        adapt_toml.install(table, "mine")
    with pytest.raises(adapt_toml.PairNameError, match="--name"):
        adapt_toml.check_name("a pair", install=False)
