"""The loop alone, over a target that is a hash: whatever drafts, the tokens are its own."""

import pytest
import torch

from dictate.asr import DecodingCancelledError
from dictate.asr.drafts import (
    Board,
    HypothesisDraft,
    Offer,
    SingleDraft,
    StepPrices,
)
from dictate.asr.logit_filters import LogitFilter
from dictate.asr.speculative import decode, fixed_width_of
from tests.rigs.checkpoints import Architecture
from tests.unit.asr.hash_target import Adversary, HashCache, HashTarget, mixed_board

CASES = 1_500


def random_case(rng):
    capacity = int(rng.integers(4, 60))
    size = int(rng.integers(2, 40))
    end = size - 1 if rng.random() < 0.7 else int(rng.integers(0, size))
    target = HashTarget(size, end, int(rng.integers(2**31)), ends=float(rng.choice([0, 0.05, 0.3])))
    prefix = rng.integers(0, size, int(rng.integers(1, capacity + 2))).tolist()
    some = rng.integers(-2, size + 2, int(rng.integers(0, 3))).tolist()
    # Not everything may be suppressed, or nothing is the best.
    some = [token for token in some if size > 6]
    logit_filter = LogitFilter(some, [end], size, torch.device("cpu"))
    limit = None if rng.random() < 0.5 else int(rng.integers(0, 40))

    def run(**options):
        cache = HashCache(capacity)
        return decode(target, cache, prefix, end, logit_filter, max_new_tokens=limit, **options)

    return target, run


def greedy_by_hand(target, prefix, capacity, end):
    tokens = []
    while len(prefix) + len(tokens) < capacity:
        token = target.choice([*prefix, *tokens])
        if token == end:
            return tokens, False
        tokens.append(token)
    return tokens, True


def test_any_draft_leaves_the_tokens_alone(rng):
    steps = StepPrices.of({1: 1.0, 24: 1.2})
    used = set()
    for _ in range(CASES):
        target, run = random_case(rng)
        alone = run()
        adversary = Adversary(alone.tokens, target.end, target.vocabulary_size, rng)
        board = mixed_board(alone.tokens, target, rng, rng.choice([None, steps]))
        length = int(rng.integers(0, 30))
        for options in (
            {"draft": adversary},
            {"drafting": SingleDraft(adversary, length)},
            {"drafting": board},
        ):
            result = run(**options)
            assert result.tokens == alone.tokens
            assert result.truncated == alone.truncated
            assert result.target_steps <= alone.target_steps
            assert result.accepted_tokens <= result.proposed_tokens
            sums = [
                (each.proposed_tokens, each.accepted_tokens) for each in result.sources.values()
            ]
            assert sum(each[0] for each in sums) == result.proposed_tokens
            assert sum(each[1] for each in sums) == result.accepted_tokens
            used |= {name for name, each in result.sources.items() if each.accepted_tokens}
    assert used >= {"previous hypothesis", "recycled tail", "n-grams", "adversary"}


def test_passes_of_fixed_width_write_the_same_and_stay_within_the_cache(rng):
    for _ in range(CASES):
        target, run = random_case(rng)
        alone = run()
        width = int(rng.integers(1, 24))
        adversary = Adversary(alone.tokens, target.end, target.vocabulary_size, rng)
        for options in ({}, {"draft": adversary}):
            target.widths.clear()
            result = run(fixed_width=width, **options)
            assert result.tokens == alone.tokens
            assert result.truncated == alone.truncated
            # A long prompt goes in front, in one pass of its own; all others are alike.
            assert len(set(target.widths[-result.target_steps :])) <= 1
            assert len(target.widths) <= result.target_steps + 1


def test_the_loop_is_greedy_decoding(rng):
    device = torch.device("cpu")
    for _ in range(300):
        size, capacity = int(rng.integers(2, 30)), int(rng.integers(2, 50))
        end = int(rng.integers(0, size))
        target = HashTarget(size, end, int(rng.integers(2**31)))
        prefix = rng.integers(0, size, int(rng.integers(1, capacity + 1))).tolist()
        result = decode(target, HashCache(capacity), prefix, end, LogitFilter([], [], size, device))
        assert (result.tokens, result.truncated) == greedy_by_hand(target, prefix, capacity, end)


class Recorder:
    def __init__(self):
        self.best, self.tokens = [], []

    def add(self, logits, tokens):
        assert logits.shape[0] == len(tokens)
        self.best += logits.argmax(-1).tolist()
        self.tokens += tokens


def test_every_written_token_is_scored_once_the_end_included(rng):
    for _ in range(500):
        target, run = random_case(rng)
        scores = Recorder()
        alone = run(scores=scores)
        written = [*alone.tokens, *([] if alone.truncated else [target.end])]
        assert scores.tokens == scores.best == written
        again = Recorder()
        run(draft=Adversary(alone.tokens, target.end, target.vocabulary_size, rng), scores=again)
        assert again.tokens == again.best == written


def test_a_right_draft_saves_passes_and_is_told_the_end():
    target = HashTarget(30, 20, 5, ends=0.0)
    logit_filter = LogitFilter([], [], 30, torch.device("cpu"))

    def run(**options):
        return decode(
            target, HashCache(448), [1, 2], 20, logit_filter, max_new_tokens=100, **options
        )

    alone = run()
    assert alone.target_steps == len(alone.tokens) == 100
    result = run(draft=HypothesisDraft(alone.tokens, 20))
    assert result.tokens == alone.tokens
    assert result.target_steps < 10


def test_what_is_given_up_is_neither_counted_nor_lost(rng):
    target, asked = HashTarget(30, 20, 5, ends=0.0), []
    board = Board(steps=StepPrices.of({1: 1.0}))
    drafting = board.utterance([Offer("adversary", lambda: Adversary([], 20, 30, rng))], 5.0)
    before = board.tokens_per_utterance
    with pytest.raises(DecodingCancelledError):
        decode(
            target,
            HashCache(448),
            [1],
            20,
            LogitFilter([], [], 30, torch.device("cpu")),
            drafting=drafting,
            cancelled=lambda: bool(asked.append(1) or asked[5:]),
        )
    assert board.tokens_per_utterance == before


@pytest.mark.parametrize(
    ("device", "precision", "fixed"),
    [
        ("cpu", "float32", False),
        ("cpu", "int8", True),
        ("cpu", "int4", True),
        ("cpu", "bfloat16", True),
        ("cuda", "float32", True),
        ("cuda", "float16", True),
        ("mps", "float16", True),
    ],
)
def test_passes_have_one_width_wherever_rounding_depends_on_it(device, precision, fixed):
    assert (fixed_width_of(torch.device(device), precision) is not None) == fixed


NANO = Architecture("nano", 80, False, 99, 1, 2, width=32, heads=2)


@pytest.mark.parametrize(
    ("precision", "fixed_width"),
    [
        ("float32", None),
        ("float32", 8),
        ("int8", 8),
        ("int4", 8),
        ("bfloat16", 8),
        ("float16", 8),
    ],
)
def test_real_models_decode_the_same_with_any_draft(checkpoint, rng, precision, fixed_width):
    from dictate.asr.checkpoint import Checkpoint
    from dictate.asr.model import Whisper
    from dictate.asr.tokens import Tokens

    opened = Checkpoint.open(checkpoint(NANO, int(rng.integers(2))))
    device = torch.device("cpu")
    model, tokens = Whisper.load(opened, device, precision), Tokens(opened)
    size = opened.dimensions.vocabulary_size
    logit_filter = LogitFilter(tokens.suppressed(), tokens.suppressed_at_begin(), size, device)
    cache = model.new_cache()
    with torch.inference_mode():
        for _ in range(4):
            source = model.encode(torch.randn(1, 80, 200))
            prefix = tokens.initial(None)
            if rng.random() < 0.5:
                # As near to the end of the positions as it gets.
                prefix = [*rng.integers(0, 50_000, int(rng.integers(380, 440))), *prefix]

            def run(source=source, prefix=prefix, **options):
                model.listen(cache, source)
                return decode(
                    model, cache, prefix, tokens.end, logit_filter, max_new_tokens=30, **options
                )

            alone = run(fixed_width=fixed_width)
            for _ in range(8):
                adversary = Adversary(alone.tokens, tokens.end, size, rng)
                result = run(draft=adversary, fixed_width=fixed_width)
                assert result.tokens == alone.tokens
                assert result.truncated == alone.truncated
