"""Whole pairs with phrases: drafts, batches, beams and guards leave the biased text alone."""

import numpy as np
import pytest

from dictate.asr import DecodingOptions, Pair
from dictate.asr.bias import BiasLimits
from dictate.asr.drafts import NGramIndex
from dictate.asr.guards import Thresholds
from dictate.asr.speculation import Recall
from dictate.audio.file import read_audio
from tests.rigs.checkpoints import BASE, TINY, TINY_EN, TURBO
from tests.unit.asr.hash_target import Adversary

PAIRS = [
    pytest.param(TURBO, TINY, id="turbo+tiny: shifted special tokens"),
    pytest.param(TINY_EN, TINY, id="tiny.en+tiny: English-only target"),
]
GENEROUS = BiasLimits(begin_nats=20.0, continue_nats=20.0, phrase_nats=60.0, most_overturns=3)
"""What random weights prefer has nothing to do with phrases."""


def phrases_of(pair, rng, count=400):
    """Phrases that random weights may write: of random tokens, as the vocabulary has them."""
    size = len(pair.tokens.byte_strings)
    texts = (
        pair.tokens.decode(rng.integers(0, size, int(rng.integers(1, 4))).tolist())
        for _ in range(count)
    )
    return tuple(text for text in texts if text.strip())


def random_sound(rng, seconds=3):
    return (0.1 * rng.standard_normal(int(16_000 * rng.uniform(0.5, seconds)))).astype(np.float32)


@pytest.mark.parametrize(("target", "draft"), PAIRS)
def test_no_draft_changes_what_is_written_with_phrases(target, draft, checkpoint, rng):
    pair = Pair.load(checkpoint(target, 0), checkpoint(draft, 1), device="cpu")
    language = "en" if target.multilingual else None
    samples, changed = random_sound(rng), 0
    for _ in range(2):
        options = DecodingOptions(
            phrases=phrases_of(pair, rng), bias=GENEROUS, language=language, max_new_tokens=10
        )
        alone = pair.transcribe(samples, options, speculate=False)
        plain = pair.transcribe(samples, speculate=False, language=language, max_new_tokens=10)
        changed += alone.tokens != plain.tokens
        index = NGramIndex(100)
        index.add(plain.tokens)
        adversary = Adversary(alone.tokens, pair.tokens.end, 50_000, rng)
        for drafts in (
            {},
            {"recall": Recall(plain.tokens, lambda index=index: [index])},
            {"recall": Recall(alone.tokens)},
            {"draft": adversary},
        ):
            result = pair.transcribe(samples, options, **drafts)
            assert result.tokens == alone.tokens
            assert result.truncated == alone.truncated
    assert changed, "the phrases had something to say"


def test_utterances_together_are_biased_as_each_alone(checkpoint, rng):
    pair = Pair.load(checkpoint(BASE, 0), device="cpu", dtype="float32")
    assert pair.transcribes_together
    sounds = [random_sound(rng) for _ in range(3)]
    options = DecodingOptions(
        phrases=phrases_of(pair, rng), bias=GENEROUS, language="en", max_new_tokens=10
    )
    together = pair.transcribe_together(sounds, options)
    alone = [pair.transcribe(sound, options, speculate=False) for sound in sounds]
    assert [one.tokens for one in together] == [one.tokens for one in alone]


def test_beams_follow_phrases_too(checkpoint, rng):
    pair = Pair.load(checkpoint(TINY_EN, 0), device="cpu")
    sound, changed = random_sound(rng), 0
    for _ in range(3):
        plain = DecodingOptions(beams=2, max_new_tokens=8)
        biased = DecodingOptions(
            beams=2, max_new_tokens=8, phrases=phrases_of(pair, rng), bias=GENEROUS
        )
        changed += pair.transcribe(sound, biased).tokens != pair.transcribe(sound, plain).tokens
    assert changed


@pytest.fixture(scope="module")
def bundled_pair(bundled):
    return Pair.load(bundled / "target", bundled / "draft", device="cpu", short_window=True)


@pytest.fixture(scope="module")
def recording(bundled):
    samples = read_audio(bundled / "recordings" / "rename_this_variable_to_max_retries.wav")
    return samples.astype(np.float32) / 32_768


def test_phrases_that_are_heard_anyway_change_neither_text_nor_figures(bundled_pair, recording):
    plain = bundled_pair.transcribe(recording)
    told = bundled_pair.transcribe(recording, DecodingOptions(phrases=("max retries", "variable")))
    assert told.tokens == plain.tokens
    # Passes of another width sum floats in another order.
    assert [word.confidence for word in told.words] == pytest.approx(
        [word.confidence for word in plain.words], abs=1e-4
    )
    assert told.average_log_probability == pytest.approx(plain.average_log_probability, abs=1e-4)


def test_a_name_that_was_not_said_is_not_written(bundled_pair, recording):
    plain = bundled_pair.transcribe(recording)
    names = ("parse config", "socket handler", "renew lease", "getUserById", "retry queue")
    assert bundled_pair.transcribe(recording, DecodingOptions(phrases=names)).text == plain.text


def test_confidences_are_the_targets_own_where_a_phrase_won(bundled_pair, recording):
    plain = bundled_pair.transcribe(recording)
    # So generous that the name wins, whatever is said.
    limits = BiasLimits(30.0, 30.0, 90.0, 9)
    options = DecodingOptions(phrases=("zebra",), bias=limits)
    told = bundled_pair.transcribe(recording, options)
    assert "zebra" in told.text.lower()
    assert told.average_log_probability < plain.average_log_probability - 0.5
    led = next(word for word in told.words if "zebra" in word.text.lower())
    assert led.confidence < 0.05


def test_what_phrases_led_astray_is_decoded_without_them_when_a_guard_fires(
    bundled_pair, recording
):
    plain = bundled_pair.transcribe(recording)
    options = DecodingOptions(
        phrases=("zebra",), bias=BiasLimits(30.0, 30.0, 90.0, 9), guards=Thresholds()
    )
    told = bundled_pair.transcribe(recording, options)
    assert told.guards
    assert (told.text, told.temperature, told.rejected) == (plain.text, 0.0, ())


def test_a_prompt_is_cut_to_what_the_target_stands(bundled, checkpoint):
    prompt = ", ".join(f"getUserNumber{index}" for index in range(200))
    for wanted, most in ((None, 223), (36, 36), (10_000, 223)):
        pair = Pair.load(checkpoint(TINY, 0), device="cpu", prompt_tokens=wanted)
        assert pair.prompt_budget_tokens == most
        given = pair.transcribe(
            np.zeros(8_000, np.float32), prompt=prompt, language="en", max_new_tokens=2
        )
        assert most - 8 < given.prompt_tokens <= most
        last = pair.tokens.prompt(prompt, most)
        assert pair.tokens.decode(last).endswith("getUserNumber199"), "the tail is kept"
