"""Properties of `step`: it may be fed in any pieces, in any slot."""

import torch

from dictate.asr.checkpoint import Checkpoint
from dictate.asr.model import Whisper
from tests.rigs.checkpoints import TINY, TINY_EN, TURBO

CLOSE = {"rtol": 1e-4, "atol": 1e-4}


def load(folder):
    return Whisper.load(Checkpoint.open(folder), torch.device("cpu"))


@torch.inference_mode()
def test_any_partition_of_the_tokens_gives_the_same_logits(checkpoint, rng):
    model = load(checkpoint(TURBO, 0))
    features = torch.randn(1, 128, 200)
    tokens = torch.randint(0, 50_000, (1, 30))
    cache = model.new_cache()
    model.begin(cache, features)
    whole = model.step(tokens, cache.lengths, cache)
    model.begin(cache, features)
    pieces = []
    while (start := cache.lengths[0]) < 30:
        piece = tokens[:, start : start + int(rng.integers(1, 8))]
        pieces.append(model.step(piece, cache.lengths, cache))
        cache.advance(piece.shape[1])
    torch.testing.assert_close(torch.cat(pieces, dim=1), whole, **CLOSE)


@torch.inference_mode()
def test_tokens_taken_back_leave_no_trace(checkpoint, rng):
    model = load(checkpoint(TINY_EN, 0))
    cache = model.new_cache()
    model.begin(cache, torch.randn(1, 80, 100))
    tokens = torch.randint(0, 50_000, (1, 12))
    expected = model.step(tokens, cache.lengths, cache)[:, 5:]
    model.step(torch.randint(0, 50_000, (1, 40)), [5], cache)
    cache.advance(45)
    cache.rollback(5)
    torch.testing.assert_close(model.step(tokens[:, 5:], cache.lengths, cache), expected, **CLOSE)


@torch.inference_mode()
def test_batched_slots_at_their_own_positions_equal_single_ones(checkpoint, rng):
    model = load(checkpoint(TINY, 0))
    features = torch.randn(3, 80, 120)
    histories = [torch.randint(0, 50_000, (1, int(n))) for n in rng.integers(1, 20, 3)]
    steps = torch.randint(0, 50_000, (3, 4))
    expected = []
    for slot, history in enumerate(histories):
        cache = model.new_cache()
        model.begin(cache, features[slot : slot + 1])
        model.step(history, cache.lengths, cache)
        cache.advance(history.shape[1])
        expected.append(model.step(steps[slot : slot + 1], cache.lengths, cache))
    batch = model.new_cache(3)
    model.begin(batch, features)
    longest = max(history.shape[1] for history in histories)
    padded = torch.cat([torch.nn.functional.pad(h, (0, longest - h.shape[1])) for h in histories])
    model.step(padded, batch.lengths, batch)
    batch.advance([history.shape[1] for history in histories])
    actual = model.step(steps, batch.lengths, batch)
    torch.testing.assert_close(actual, torch.cat(expected), **CLOSE)


@torch.inference_mode()
def test_logits_from_leaves_out_leading_positions_only(checkpoint):
    model = load(checkpoint(TINY, 0))
    cache = model.new_cache()
    model.begin(cache, torch.randn(1, 80, 60))
    tokens = torch.randint(0, 50_000, (1, 9))
    whole = model.step(tokens, cache.lengths, cache)
    last = model.step(tokens, cache.lengths, cache, logits_from=7)
    torch.testing.assert_close(last, whole[:, 7:], **CLOSE)


@torch.inference_mode()
def test_slots_that_share_a_sound_equal_slots_with_copies_of_it(checkpoint):
    model = load(checkpoint(TINY, 0))
    features = torch.randn(1, 80, 120)
    shared, copies = model.new_cache(3), model.new_cache(3)
    model.begin(shared, features)
    model.begin(copies, features.repeat(3, 1, 1))
    tokens = torch.randint(0, 50_000, (3, 5))
    torch.testing.assert_close(
        model.step(tokens, shared.lengths, shared),
        model.step(tokens, copies.lengths, copies),
        **CLOSE,
    )


@torch.inference_mode()
def test_a_selected_slot_goes_on_as_the_one_that_it_copies(checkpoint, rng):
    model = load(checkpoint(TINY, 0))
    features = torch.randn(1, 80, 120)
    for _ in range(5):
        histories = torch.randint(0, 50_000, (4, int(rng.integers(1, 12))))
        cache = model.new_cache(4)
        model.begin(cache, features)
        model.step(histories, cache.lengths, cache)
        cache.advance(histories.shape[1])
        origins = [int(slot) for slot in rng.integers(0, 4, 4)]
        cache.select(origins)
        new = torch.randint(0, 50_000, (4, 1))
        actual = model.step(new, cache.lengths, cache)
        model.begin(cache, features)
        together = torch.cat([histories[origins], new], dim=1)
        expected = model.step(together, cache.lengths, cache)[:, -1:]
        torch.testing.assert_close(actual, expected, **CLOSE)
