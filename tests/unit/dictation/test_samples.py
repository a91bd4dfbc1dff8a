"""The samples of an utterance: found by their place, forgotten when nobody asks any more."""

import random

import numpy as np

from dictate.dictation.samples import SampleBuffer


def test_random_use_finds_every_sample_by_its_place():
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    generator = random.Random(seed)
    for _ in range(20):
        buffer, all_samples, forgotten = SampleBuffer(), np.empty(0, np.int16), 0
        for _ in range(60):
            block = np.arange(generator.randrange(20_000)).astype(np.int16)
            buffer.append(block)
            all_samples = np.concatenate((all_samples, block))
            assert len(buffer) == len(all_samples)
            start = generator.randrange(forgotten, len(all_samples) + 10)
            end = generator.randrange(start, len(all_samples) + 20)
            assert np.array_equal(buffer.between(start, end), all_samples[start:end])
            if generator.random() < 0.3:
                forgotten = generator.randrange(forgotten, len(all_samples) + 1)
                buffer.forget_before(forgotten)


def test_what_is_forgotten_takes_no_memory():
    buffer = SampleBuffer()
    for second in range(600):
        buffer.append(np.full(16_000, second, np.int16))
        buffer.forget_before(len(buffer) - 32_000)
    assert len(buffer) == 600 * 16_000
    assert buffer._data.nbytes <= 2 * 16_000 * 30
    assert set(buffer.between(0, 600 * 16_000)) == {598, 599}
