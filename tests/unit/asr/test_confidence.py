"""Confidence: what a distribution says of the token chosen, and what tokens say of words."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch

from dictate.asr.checkpoint import Checkpoint
from dictate.asr.confidence import TokenScores, group_words
from dictate.asr.tokens import Tokens
from tests.rigs.checkpoints import TINY, TINY_EN


def distribution(row):
    """Probabilities of a row of logits, in double precision."""
    row = row.astype(np.float64)
    weights = np.exp(row - row.max())
    return weights / weights.sum()


def test_scores_are_those_of_the_filtered_distribution(rng):
    for _ in range(30):
        vocabulary = int(rng.integers(2, 400))
        scores, expected = TokenScores(), []
        for _ in range(int(rng.integers(1, 8))):
            count = int(rng.integers(0, 50))
            logits = rng.normal(0, rng.uniform(0.1, 30), (count, vocabulary)).astype(np.float32)
            for row in logits:
                suppressed = rng.random(vocabulary) < rng.uniform(0, 0.9)
                suppressed[rng.integers(vocabulary)] = False
                row[suppressed] = -np.inf
            tokens = [int(row.argmax()) for row in logits]
            rows = torch.from_numpy(logits.copy())
            scores.add(rows, tokens)
            rows.zero_()  # the decoder's buffer is used again
            for row, token in zip(logits, tokens, strict=True):
                share = distribution(row)
                kept = share[share > 0]
                expected.append((math.log(share[token]), -(kept * np.log(kept)).sum()))
            if rng.random() < 0.2:
                assert len(scores.log_probabilities) == len(expected)
        if not expected:
            assert scores.average_log_probability == 0.0
            continue
        wanted = np.array(expected)
        assert np.allclose(scores.log_probabilities, wanted[:, 0], atol=1e-4)
        assert np.allclose(scores.entropies_nats, wanted[:, 1], atol=1e-4)
        assert min(scores.entropies_nats) >= 0.0
        assert scores.average_log_probability == pytest.approx(wanted[:, 0].mean(), abs=1e-4)


def test_certain_and_even_distributions_have_their_exact_figures():
    scores = TokenScores()
    certain = torch.full((1, 51_866), -torch.inf)
    certain[0, 7] = 3.0
    scores.add(certain, [7])
    scores.add(torch.zeros(1, 51_866), [7])
    assert scores.log_probabilities[0] == scores.entropies_nats[0] == 0.0
    assert scores.log_probabilities[1] == pytest.approx(-math.log(51_866), abs=1e-4)
    assert scores.entropies_nats[1] == pytest.approx(math.log(51_866), abs=1e-3)


def test_rows_and_tokens_must_agree():
    with pytest.raises(ValueError, match="2 rows"):
        TokenScores().add(torch.zeros(2, 5), [1])


@pytest.fixture(scope="module", params=[TINY, TINY_EN], ids=lambda a: a.name)
def vocabulary(request, checkpoint):
    return Tokens(Checkpoint.open(checkpoint(request.param, 0)))


def random_text(rng):
    alphabet = [
        *"aB1_().,' \t\n  é",
        "ß",
        "\u3000",
        "語",
        "👩‍👩‍👧",
        "नि",
        "\u00a0",
        "\u2009",
        "ไทย",
    ]
    return "".join(rng.choice(alphabet, int(rng.integers(0, 30))))


def test_words_are_the_text_between_white_space(vocabulary, rng):
    for _ in range(300):
        text = random_text(rng)
        tokens = vocabulary.encode(text)
        values = (-rng.exponential(1.0, len(tokens))).tolist()
        words = group_words(tokens, [*values, -5.0], vocabulary)
        assert [word.text for word in words] == text.split()
        for word in words:
            share = values[word.start_token : word.end_token]
            assert word.confidence == pytest.approx(math.exp(np.mean(share)))
            assert word.text in vocabulary.decode(tokens[word.start_token : word.end_token])
        for one, other in pairwise(words):
            assert one.start_token < one.end_token
            assert one.end_token - 1 <= other.start_token


def test_without_spaces_each_token_is_a_word_and_no_character_breaks(vocabulary, rng):
    for _ in range(300):
        text = "".join(rng.choice(list("今日は良い天気ですねA。 "), int(rng.integers(0, 20))))
        tokens = vocabulary.encode(text)
        words = group_words(tokens, [-0.1] * len(tokens), vocabulary, "ja")
        assert "".join(word.text for word in words) == "".join(text.split())
        assert not any("\ufffd" in word.text for word in words)


@pytest.mark.parametrize("language", [None, "ja"])
def test_any_tokens_have_words_broken_characters_included(vocabulary, language, rng):
    for _ in range(300):
        tokens = rng.integers(0, len(vocabulary.byte_strings), int(rng.integers(0, 25))).tolist()
        words = group_words(tokens, [-0.5] * len(tokens), vocabulary, language)
        text = vocabulary.decode(tokens)
        assert "".join(word.text for word in words) == "".join(text.split())
        for word in words:
            assert 0 <= word.start_token < word.end_token <= len(tokens)
            assert word.confidence == pytest.approx(math.exp(-0.5))
