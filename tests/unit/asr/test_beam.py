"""Beam search writes what transformers' does, token for token, and scores what it wrote."""

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from dictate.asr.beam import beam_search
from dictate.asr.checkpoint import Checkpoint
from dictate.asr.confidence import TokenScores
from dictate.asr.logit_filters import LogitFilter
from dictate.asr.model import Whisper
from dictate.asr.speculative import DecodingCancelledError, decode
from dictate.asr.tokens import Tokens
from tests.rigs.checkpoints import TINY_EN, TURBO
from tests.rigs.reference import _load, reference_features

CPU = torch.device("cpu")
LEAN = 4.2
"""The end's logit is raised by so many standard deviations of a logit; the highest is at some 4."""


class Target:
    """A checkpoint that ends its texts now and then, in our hands and in transformers'."""

    def __init__(self, folder):
        self.folder = folder
        self.checkpoint = Checkpoint.open(folder)
        self.tokens = Tokens(self.checkpoint)
        self.model = Whisper.load(self.checkpoint, CPU)
        self.filter = LogitFilter(
            self.tokens.suppressed(),
            self.tokens.suppressed_at_begin(),
            self.checkpoint.dimensions.vocabulary_size,
            CPU,
        )
        self.prefix = self.tokens.initial("en")

    def begun(self, features, beams):
        cache = self.model.new_cache(beams)
        self.model.begin(cache, features)
        return cache

    def search(self, features, beams, prefix=(), **options):
        cache = self.begun(features, beams)
        prefix = [*prefix, *self.prefix]
        return beam_search(self.model, cache, prefix, self.tokens.end, self.filter, **options)

    def reference(self, features, beams, prompt=(), **options):
        model, _ = _load(self.folder)
        if self.tokens.multilingual:
            options |= {"language": "en", "task": "transcribe"}
        if prompt:
            options["prompt_ids"] = torch.tensor(prompt)
        with torch.inference_mode():
            ids = model.generate(features, num_beams=beams, do_sample=False, **options)[0].tolist()
        if self.tokens.no_timestamps in ids:
            ids = ids[ids.index(self.tokens.no_timestamps) + 1 :]
        return ids[: ids.index(self.tokens.end)] if self.tokens.end in ids else ids


@pytest.fixture(scope="module", params=[TINY_EN, TURBO], ids=lambda a: a.name)
def target(request, checkpoint, tmp_path_factory):
    """Random weights whose last norm leans towards the end of the text: beams finish early."""
    source = checkpoint(request.param, 0)
    folder = tmp_path_factory.mktemp("leaning") / request.param.name
    folder.mkdir()
    for file in source.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    weights = load_file(source / "model.safetensors")
    rows = weights["model.decoder.embed_tokens.weight"].clone()
    generator = torch.Generator().manual_seed(0)
    end = torch.randn(rows.shape[1], generator=generator) * 0.12  # transformers leaves it at zero
    rows[Tokens(Checkpoint.open(source)).end] = end
    lean = LEAN * end / end.norm()
    weights["model.decoder.embed_tokens.weight"] = rows
    weights["model.decoder.layer_norm.bias"] = weights["model.decoder.layer_norm.bias"] + lean
    weights.pop("proj_out.weight", None)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return Target(folder)


def sound(target, rng):
    samples = rng.standard_normal(int(rng.integers(8_000, 60_000))) * rng.uniform(0.01, 0.3)
    features = reference_features(target.folder, samples.astype(np.float32), pad=True)
    return torch.from_numpy(features)[None]


def test_the_tokens_are_those_of_transformers(target, rng):
    ended = 0
    for _ in range(10):
        features = sound(target, rng)
        beams = int(rng.integers(2, 6))
        options = {
            "length_penalty": float(rng.choice([-0.5, 0.0, 0.6, 1.0, 1.0, 2.0])),
            "max_new_tokens": int(rng.integers(1, 20)),
        }
        prompt = target.tokens.prompt("parse_config, HTTPServer", 20) if rng.random() < 0.3 else []
        scores = TokenScores()
        ours = target.search(features, beams, prompt, scores=scores, **options)
        assert ours.tokens == target.reference(features, beams, prompt, **options)
        assert len(scores.log_probabilities) == len(ours.tokens) + (not ours.truncated)
        assert ours.truncated == (len(ours.tokens) == options["max_new_tokens"])
        ended += not ours.truncated
    print(f"{ended} of 10 ended by themselves")


def test_suppressed_tokens_are_never_written(target, rng):
    features = sound(target, rng)
    free = target.search(features, 4, max_new_tokens=8).tokens
    model = target.model
    cache = target.begun(features, 4)
    banned = [*target.tokens.suppressed(), *free]
    narrow = LogitFilter(
        banned, [*target.tokens.suppressed_at_begin()], model.dimensions.vocabulary_size, CPU
    )
    again = beam_search(
        model, cache, target.prefix, target.tokens.end, narrow, max_new_tokens=8
    ).tokens
    assert not set(again) & set(banned)
    assert again[:1] != [target.tokens.end]


def test_one_beam_is_greedy_and_scores_alike(target, rng):
    for _ in range(3):
        features = sound(target, rng)
        alone, searched = TokenScores(), TokenScores()
        greedy = decode(
            target.model,
            target.begun(features, 1),
            target.prefix,
            target.tokens.end,
            target.filter,
            max_new_tokens=12,
            scores=alone,
        )
        ours = target.search(features, 1, max_new_tokens=12, scores=searched)
        # One finished hypothesis is enough to stop, and a later one may not score better.
        if greedy.truncated == ours.truncated:
            assert ours.tokens == greedy.tokens
            assert np.allclose(alone.log_probabilities, searched.log_probabilities, atol=1e-4)
            assert np.allclose(alone.entropies_nats, searched.entropies_nats, atol=1e-4)


def test_no_room_writes_nothing(target, rng):
    ours = target.search(sound(target, rng), 3, max_new_tokens=0)
    assert (ours.tokens, ours.target_steps) == ([], 0)


def test_a_search_that_nobody_wants_ends(target, rng):
    asked = []
    with pytest.raises(DecodingCancelledError):
        target.search(sound(target, rng), 2, cancelled=lambda: bool(asked.append(1) or asked[1:]))
    assert len(asked) == 2
