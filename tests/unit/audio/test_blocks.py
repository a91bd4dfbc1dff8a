import random

import numpy as np

from dictate.audio.blocks import MAX_BLOCK_SAMPLES, MIN_BLOCK_SAMPLES, BlockCutter, PreRoll


def test_blocks_are_20_to_60_ms_and_hold_every_sample_in_order():
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    generator = random.Random(seed)
    for _ in range(50):
        sound = np.arange(generator.randrange(30_000)).astype(np.int16)
        cutter, fed = BlockCutter(), 0
        blocks: list[np.ndarray] = []
        while fed < len(sound):
            size = generator.choice([0, 1, 95, 320, 960, 961, 1_279, 1_280, 5_000])
            blocks += cutter.feed(sound[fed : fed + size])
            fed += size
        assert all(MIN_BLOCK_SAMPLES <= len(block) <= MAX_BLOCK_SAMPLES for block in blocks)
        rest = list(cutter.flush())
        assert sum(map(len, rest)) < MIN_BLOCK_SAMPLES
        assert np.array_equal(np.concatenate([*blocks, *rest, sound[:0]]), sound)
        assert list(cutter.flush()) == []


def test_the_pre_roll_keeps_at_least_its_capacity_and_not_much_more():
    pre_roll = PreRoll(8_000)
    sound = np.arange(50_000).astype(np.int16)
    for start in range(0, 50_000, 300):
        pre_roll.feed(sound[start : start + 300])
    kept = np.concatenate(pre_roll.take())
    assert 8_000 <= len(kept) < 8_300
    assert np.array_equal(kept, sound[-len(kept) :])
    assert pre_roll.take() == []


def test_a_pre_roll_shorter_than_its_capacity_is_kept_whole():
    pre_roll = PreRoll(8_000)
    pre_roll.feed(np.zeros(0, np.int16))
    pre_roll.feed(np.arange(100).astype(np.int16))
    assert sum(map(len, pre_roll.take())) == 100
