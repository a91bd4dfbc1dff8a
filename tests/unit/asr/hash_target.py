"""A target that is a hash of what stands before, its cache, and drafts that are right by chance."""

import zlib
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import torch

from dictate.asr.drafts import (
    Board,
    HypothesisDraft,
    NGramDraft,
    NGramIndex,
    Offer,
    RecycledTail,
    SourcePrice,
)


class HashCache:
    """Remembers tokens by position, as a real cache does keys; refuses what lies beyond it."""

    def __init__(self, capacity):
        self.capacity = capacity
        self.tokens = [None] * capacity
        self.lengths = [0]

    def advance(self, count):
        self.lengths = [self.lengths[0] + count]
        assert self.lengths[0] <= self.capacity
        assert None not in self.tokens[: self.lengths[0]]

    def rollback(self, length):
        self.lengths = [min(length, self.lengths[0])]


@dataclass
class HashTarget:
    """Writes what a hash of everything before says; every so often the end."""

    vocabulary_size: int
    end: int
    seed: int
    ends: float = 0.05
    graphs: None = None
    tap: None = None

    def __post_init__(self):
        self.device = torch.device("cpu")
        self.dimensions = SimpleNamespace(vocabulary_size=self.vocabulary_size)
        self.widths = []

    def step(self, tokens, positions, cache, *, logits_from=0):
        (row,) = tokens.tolist()
        start = positions[0]
        assert start == cache.lengths[0]
        assert row, "a pass feeds something"
        assert start + len(row) <= cache.capacity, "nothing is written beyond the cache"
        assert all(0 <= token < self.vocabulary_size for token in row)
        self.widths.append(len(row))
        cache.tokens[start : start + len(row)] = row
        logits = torch.zeros(1, len(row) - logits_from, self.vocabulary_size)
        for column in range(logits_from, len(row)):
            context = cache.tokens[: start + column + 1]
            logits[0, column - logits_from, self.choice(context)] = 1.0
        return logits

    def choice(self, context):
        number = zlib.crc32(np.array([self.seed, *context], np.int64).tobytes())
        if number % 1_000 < 1_000 * self.ends:
            return self.end
        # A small range makes equal pairs of tokens likely, which n-grams need.
        return number // 1_000 % min(self.vocabulary_size, 11)


class Adversary:
    """Right, wrong, garbage, out of range, too long, too short, ends in the middle: by chance."""

    name = "adversary"

    def __init__(self, truth, end, vocabulary_size, rng):
        self.truth, self.end, self.size, self.rng = [*truth, end], end, vocabulary_size, rng

    def propose(self, accepted, limit_tokens):
        assert limit_tokens > 0
        kind = self.rng.integers(8)
        length = int(self.rng.integers(0, 2 * limit_tokens + 2))
        right = self.truth[len(accepted) : len(accepted) + length]
        if kind == 0:
            return []
        if kind == 1:
            return self.rng.integers(0, self.size, length).tolist()
        if kind == 2:
            return self.rng.integers(-(2**40), 2**40, length).tolist()
        if kind == 3:
            cut = int(self.rng.integers(0, len(right) + 1))
            return [*right[:cut], self.end, *right[cut:], self.end]
        if kind == 4:
            return [token if self.rng.random() < 0.8 else token ^ 1 for token in right]
        if kind == 5:
            return [*right, self.size, -1]
        return right * 2 if kind == 6 else right


def mixed_board(truth, target, rng, steps):
    """A board with every host-side source, in whatever state, and an adversary."""
    index = NGramIndex(64)
    index.add([*truth, target.end])
    index.add(rng.integers(0, target.vocabulary_size, 20).tolist())
    mangled = [token for token in truth if rng.random() < 0.9]
    board = Board(steps=steps, prices={"adversary": SourcePrice(token_ms=0.01)})
    offers = [
        Offer("previous hypothesis", lambda: HypothesisDraft(mangled, target.end)),
        Offer("recycled tail", lambda: RecycledTail(mangled, target.end)),
        Offer("n-grams", lambda: NGramDraft([index])),
        Offer("adversary", lambda: Adversary(truth, target.end, target.vocabulary_size, rng)),
    ]
    rng.shuffle(offers)
    return board.utterance(offers, float(rng.uniform(0, 10)))
