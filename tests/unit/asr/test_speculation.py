"""Whatever drafts, the tokens are the target's own; only the number of passes changes."""

import numpy as np
import pytest

from dictate.asr import DecodingCancelledError, Pair
from dictate.asr.drafts import NGramIndex
from dictate.asr.speculation import Recall
from tests.rigs.checkpoints import BASE, TINY, TINY_EN, TURBO

PAIRS = [
    pytest.param(TURBO, TINY, id="turbo+tiny: other mel bins, shifted special tokens"),
    pytest.param(TURBO, TINY_EN, id="turbo+tiny.en: other merges"),
    pytest.param(BASE, TINY_EN, id="base+tiny.en"),
    pytest.param(TINY_EN, TINY, id="tiny.en+tiny: English-only target"),
    pytest.param(TINY, TURBO, id="tiny+turbo: the draft knows more languages"),
]


def language_of(architecture):
    return "en" if architecture.multilingual else None


def random_sound(rng):
    samples = rng.standard_normal(int(rng.integers(8_000, 160_000)))
    return (samples * rng.uniform(0.01, 0.3)).astype(np.float32)


class Oracle:
    """A draft that is always right: it knows the target's own tokens, the end included."""

    name = "oracle"

    def __init__(self, tokens, end):
        self.tokens = [*tokens, end]

    def propose(self, accepted, limit_tokens):
        return self.tokens[len(accepted) : len(accepted) + limit_tokens]


class Contrarian(Oracle):
    """A draft that is always wrong, from its very first proposal on."""

    def propose(self, accepted, limit_tokens):
        return [token ^ 1 for token in super().propose(accepted, limit_tokens)]


class Gambler(Oracle):
    """A draft that is wrong now and then, proposes nothing now and then, at random lengths."""

    def __init__(self, tokens, end, rng):
        super().__init__(tokens, end)
        self.rng = rng

    def propose(self, accepted, limit_tokens):
        proposal = super().propose(accepted, int(self.rng.integers(0, limit_tokens + 1)))
        return [token ^ 1 if self.rng.random() < 0.2 else token for token in proposal]


@pytest.mark.parametrize(("target", "draft"), PAIRS)
@pytest.mark.parametrize("prompt", ["", "getUserById, parse_config"], ids=["no prompt", "prompt"])
def test_draft_models_leave_the_tokens_alone(target, draft, prompt, checkpoint, rng):
    pair = Pair.load(checkpoint(target, 0), checkpoint(draft, 1), device="cpu")
    options = {"prompt": prompt, "language": language_of(target), "max_new_tokens": 16}
    for _ in range(2):
        samples = random_sound(rng)
        alone = pair.transcribe(samples, speculate=False, **options)
        together = pair.transcribe(samples, **options)
        assert together.tokens == alone.tokens
        assert together.truncated == alone.truncated
        assert alone.proposed_tokens == 0


@pytest.mark.parametrize("architecture", [TINY_EN, TURBO], ids=lambda a: a.name)
def test_any_draft_leaves_the_tokens_alone(architecture, checkpoint, rng):
    pair = Pair.load(checkpoint(architecture, 0), device="cpu")
    for _ in range(3):
        samples = random_sound(rng)
        options = {"language": language_of(architecture), "max_new_tokens": 30}
        alone = pair.transcribe(samples, **options)
        right = pair.transcribe(samples, draft=Oracle(alone.tokens, pair.tokens.end), **options)
        wrong = pair.transcribe(samples, draft=Contrarian(alone.tokens, pair.tokens.end), **options)
        assert right.tokens == wrong.tokens == alone.tokens
        assert right.accepted_tokens == right.proposed_tokens > 0
        assert right.target_steps < alone.target_steps / 4
        assert wrong.accepted_tokens == 0
        assert wrong.proposed_tokens > 0
        assert wrong.target_steps == alone.target_steps
        for _ in range(4):
            gambler = Gambler(alone.tokens, pair.tokens.end, rng)
            assert pair.transcribe(samples, draft=gambler, **options).tokens == alone.tokens


@pytest.mark.parametrize("architecture", [TINY_EN, TURBO], ids=lambda a: a.name)
def test_whatever_is_recalled_leaves_the_tokens_alone(architecture, checkpoint, rng):
    pair = Pair.load(checkpoint(architecture, 0), checkpoint(TINY, 1), device="cpu")
    pair.price_drafts()
    options = {"language": language_of(architecture), "max_new_tokens": 30}
    samples = random_sound(rng)
    alone = pair.transcribe(samples, speculate=False, **options)
    for _ in range(6):
        mangled = [token for token in alone.tokens if rng.random() < 0.85]
        for _ in range(int(rng.integers(0, 3))):
            mangled.insert(int(rng.integers(0, len(mangled) + 1)), int(rng.integers(0, 60_000)))
        index = NGramIndex(100)
        index.add(alone.tokens[int(rng.integers(0, 20)) :])
        recall = Recall(mangled, lambda index=index: [index])
        result = pair.transcribe(samples, recall=recall, **options)
        assert result.tokens == alone.tokens
        assert result.truncated == alone.truncated
    # Without prices nothing is switched off, however busy the machine was when they were measured.
    unpriced = Pair.load(checkpoint(architecture, 0), checkpoint(TINY, 1), device="cpu")
    whole = unpriced.transcribe(samples, recall=Recall(alone.tokens), **options)
    assert whole.tokens == alone.tokens
    assert whole.sources["previous hypothesis"].accepted_tokens > 0
    assert whole.target_steps < alone.target_steps / 3


def test_speculation_can_be_turned_off_altogether(checkpoint, rng):
    pair = Pair.load(checkpoint(TINY, 0), checkpoint(TINY, 0), device="cpu", speculation=False)
    pair.warm_up()
    samples = random_sound(rng)
    index = NGramIndex()
    result = pair.transcribe(
        samples, recall=Recall([1, 2, 3], lambda: [index]), language="en", max_new_tokens=10
    )
    assert result.proposed_tokens == 0
    assert result.sources == {}
    assert {state.reason for state in pair.draft_sources} == {"off: speculation is switched off"}
    assert not any(state.enabled for state in pair.draft_sources)


def test_a_draft_as_dear_as_its_target_is_switched_off_when_measured(checkpoint, rng):
    pair = Pair.load(checkpoint(TINY_EN, 0), checkpoint(TURBO, 0), device="cpu")
    pair.warm_up()
    states = {state.name: state for state in pair.draft_sources}
    assert list(states) == ["previous hypothesis", "recycled tail", "n-grams", "draft model"]
    assert not states["draft model"].enabled
    assert states["draft model"].reason.startswith("off: costs ")
    result = pair.transcribe(random_sound(rng), max_new_tokens=10)
    assert "draft model" not in result.sources


def test_a_copy_of_the_target_is_accepted_whole(checkpoint, rng):
    folder = checkpoint(TINY, 0)
    pair = Pair.load(folder, folder, device="cpu")
    result = pair.transcribe(random_sound(rng), language="en", max_new_tokens=24)
    assert result.accepted_tokens == result.proposed_tokens > 0


def test_drafts_do_not_leak_into_the_next_utterance(checkpoint, rng):
    pair = Pair.load(checkpoint(TURBO, 0), checkpoint(TINY, 1), device="cpu")
    first, second = random_sound(rng), random_sound(rng)
    options = {"language": "en", "max_new_tokens": 12}
    alone = pair.transcribe(second, **options)
    pair.transcribe(first, prompt="something, else", **options)
    again = pair.transcribe(second, **options)
    assert again.tokens == alone.tokens
    assert again.accepted_tokens == alone.accepted_tokens


def test_decoding_stops_when_nobody_wants_it(checkpoint, rng):
    pair = Pair.load(checkpoint(TINY_EN, 0), device="cpu")
    asked = []
    with pytest.raises(DecodingCancelledError):
        pair.transcribe(random_sound(rng), cancelled=lambda: bool(asked.append(1) or asked[3:]))
    assert len(asked) == 4
