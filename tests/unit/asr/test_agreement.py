"""Local agreement: what two hypotheses share, in whole words."""

import random

from dictate.asr.agreement import committed_tokens, likely_tokens
from dictate.asr.confidence import Word
from dictate.asr.drafts.hypothesis import common_prefix


def word(start, end, confidence=1.0):
    return Word("w", confidence, start, end)


def random_tokens(generator):
    return [generator.randrange(3) for _ in range(generator.randrange(12))]


def test_the_agreed_prefix_is_the_longest_common_one():
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    generator = random.Random(seed)
    for _ in range(500):
        one, other = (
            [generator.randrange(3) for _ in range(generator.randrange(12))] for _ in "ab"
        )
        agreed = common_prefix(one, other)
        assert one[:agreed] == other[:agreed]
        assert one[: agreed + 1] != other[: agreed + 1] or agreed == min(len(one), len(other))
        assert agreed == common_prefix(other, one)


def test_half_a_word_is_not_committed():
    words = [word(0, 2), word(2, 3), word(3, 6)]
    assert [committed_tokens(words, agreed) for agreed in range(7)] == [0, 0, 2, 3, 3, 3, 6]
    assert committed_tokens([], 0) == 0


def test_a_text_is_likely_up_to_the_first_word_in_doubt():
    assert likely_tokens([word(0, 2, 0.9), word(2, 3, 0.5), word(3, 6, 0.7)]) == 6
    assert likely_tokens([word(0, 2, 0.9), word(2, 3, 0.49), word(3, 6, 0.7)]) == 2
    assert likely_tokens([word(0, 2, 0.1)]) == 0
    assert likely_tokens([]) == 0
