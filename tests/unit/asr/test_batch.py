"""Utterances decoded together equal each decoded alone."""

import pytest
import torch

from dictate.asr.batch import decode_batch
from dictate.asr.checkpoint import Checkpoint
from dictate.asr.confidence import TokenScores
from dictate.asr.logit_filters import LogitFilter
from dictate.asr.model import Whisper
from dictate.asr.speculative import DecodingCancelledError, decode
from tests.rigs.checkpoints import TINY, TURBO

CPU = torch.device("cpu")


@torch.inference_mode()
@pytest.mark.parametrize("architecture", [TINY, TURBO], ids=["tiny", "turbo"])
def test_every_utterance_of_a_batch_equals_itself_alone(architecture, checkpoint, rng):
    model = Whisper.load(Checkpoint.open(checkpoint(architecture, 0)), CPU)
    vocabulary = model.dimensions.vocabulary_size
    ended = 0
    for _ in range(25):
        batch = int(rng.integers(1, 6))
        features = torch.randn(batch, architecture.mel_bins, 2 * int(rng.integers(20, 80)))
        prefix = [int(token) for token in rng.integers(0, vocabulary, int(rng.integers(1, 9)))]
        limit = int(rng.integers(0, 25))
        free = LogitFilter([1, 2, 3], [4, 5], vocabulary, CPU)
        single = model.new_cache()
        model.begin(single, features[:1])
        first = decode(model, single, prefix, -1, free, max_new_tokens=12).tokens
        # An end that the first of them writes somewhere, so that slots end at different times.
        end = first[int(rng.integers(len(first)))]
        scores = [TokenScores() for _ in range(batch)]
        cache = model.new_cache(batch)
        model.begin(cache, features)
        together = decode_batch(
            model, cache, prefix, end, free, max_new_tokens=limit, scores=scores
        )
        for slot in range(batch):
            model.begin(single, features[slot : slot + 1])
            alone_scores = TokenScores()
            alone = decode(
                model, single, prefix, end, free, max_new_tokens=limit, scores=alone_scores
            )
            assert together[slot].tokens == alone.tokens
            assert together[slot].truncated == alone.truncated
            assert scores[slot].log_probabilities == pytest.approx(
                alone_scores.log_probabilities, abs=1e-3
            )
            ended += not alone.truncated
    assert ended


@torch.inference_mode()
def test_a_batch_fills_the_cache_to_its_end_and_no_further(checkpoint):
    model = Whisper.load(Checkpoint.open(checkpoint(TINY, 0)), CPU)
    cache = model.new_cache(2)
    model.begin(cache, torch.randn(2, 80, 40))
    free = LogitFilter([], [], model.dimensions.vocabulary_size, CPU)
    results = decode_batch(model, cache, list(range(440)), -1, free)
    assert [len(result.tokens) for result in results] == [8, 8]
    assert all(result.truncated for result in results)


@torch.inference_mode()
def test_a_batch_can_be_cancelled(checkpoint):
    model = Whisper.load(Checkpoint.open(checkpoint(TINY, 0)), CPU)
    cache = model.new_cache(2)
    model.begin(cache, torch.randn(2, 80, 40))
    free = LogitFilter([], [], model.dimensions.vocabulary_size, CPU)
    with pytest.raises(DecodingCancelledError):
        decode_batch(model, cache, [1], -1, free, cancelled=lambda: True)
