"""Our greedy tokens are those of transformers' `generate`, token for token, in float32."""

import numpy as np
import pytest

from dictate.asr import Pair
from tests.rigs.checkpoints import BASE, TINY, TINY_EN, TURBO
from tests.rigs.reference import reference_tokens

PROMPT = "getUserById, parse_config, HTTPServer, naïve_décodage"


def sounds(rng):
    """Noise, a chord and a burst: sound enough to drive random weights apart."""
    time_s = np.arange(40_000) / 16_000
    yield (0.1 * rng.standard_normal(32_000)).astype(np.float32)
    yield (0.3 * sum(np.sin(2 * np.pi * f * time_s) for f in rng.uniform(100, 3000, 3))).astype(
        np.float32
    ) / 3
    burst = np.zeros(60_000, np.float32)
    burst[20_000:26_000] = rng.uniform(-0.9, 0.9, 6_000)
    yield burst


@pytest.mark.parametrize("prompt", ["", PROMPT], ids=["no prompt", "prompt"])
@pytest.mark.parametrize("architecture", [TINY, TINY_EN, BASE, TURBO], ids=lambda a: a.name)
def test_random_weights_decode_as_transformers_does(architecture, prompt, checkpoint, rng):
    folder = checkpoint(architecture, 0)
    pair = Pair.load(folder, device="cpu", dtype="float32")
    language = "en" if architecture.multilingual else None
    prompt_ids = pair.tokens.prompt(prompt, pair.prompt_budget_tokens)
    assert bool(prompt_ids) == bool(prompt)
    for samples in sounds(rng):
        ours = pair.transcribe(samples, prompt=prompt, language=language, max_new_tokens=24)
        assert ours.tokens == reference_tokens(
            folder, samples, language=language, prompt_ids=prompt_ids, max_new_tokens=24
        )
        assert ours.prompt_tokens == len(prompt_ids)


def test_detects_the_language_that_transformers_detects(checkpoint, rng):
    folder = checkpoint(TINY, 0)
    pair = Pair.load(folder, device="cpu", dtype="float32")
    for samples in sounds(rng):
        ours = pair.transcribe(samples, max_new_tokens=8)
        assert ours.tokens == reference_tokens(folder, samples, max_new_tokens=8)


def test_decodes_to_the_last_position_and_says_truncated(checkpoint, rng):
    folder = checkpoint(TINY_EN, 0)
    pair = Pair.load(folder, device="cpu", dtype="float32")
    samples = next(sounds(rng))
    ours = pair.transcribe(samples)
    positions = 448
    assert ours.truncated == (len(ours.tokens) + len(pair.tokens.initial(None)) == positions)
    theirs = reference_tokens(folder, samples, max_new_tokens=positions - 2)
    assert ours.tokens == theirs
