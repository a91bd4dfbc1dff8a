"""Utterances decoded together equal each decoded alone."""

import numpy as np
import pytest
import torch

from dictate.asr import DecodingOptions, Pair
from dictate.asr.batch import decode_batch
from dictate.asr.checkpoint import Checkpoint
from dictate.asr.confidence import TokenScores
from dictate.asr.guards import Thresholds
from dictate.asr.logit_filters import LogitFilter
from dictate.asr.model import Whisper
from dictate.asr.speculative import DecodingCancelledError, decode
from tests.rigs.checkpoints import TINY, TINY_EN, TURBO

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
            model, cache, [prefix] * batch, end, free, max_new_tokens=limit, scores=scores
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
    results = decode_batch(model, cache, [list(range(440))] * 2, -1, free)
    assert [len(result.tokens) for result in results] == [8, 8]
    assert all(result.truncated for result in results)


@torch.inference_mode()
def test_a_batch_can_be_cancelled(checkpoint):
    model = Whisper.load(Checkpoint.open(checkpoint(TINY, 0)), CPU)
    cache = model.new_cache(2)
    model.begin(cache, torch.randn(2, 80, 40))
    free = LogitFilter([], [], model.dimensions.vocabulary_size, CPU)
    with pytest.raises(DecodingCancelledError):
        decode_batch(model, cache, [[1], [2]], -1, free, cancelled=lambda: True)


@pytest.mark.parametrize("prompt", ["", "get_user_by_id, parse_config"])
@pytest.mark.parametrize("architecture", [TINY, TINY_EN], ids=["detected language", "english"])
def test_a_pair_writes_several_utterances_as_it_writes_each(architecture, prompt, checkpoint, rng):
    pair = Pair.load(checkpoint(architecture, 1), device="cpu", dtype="float32")
    assert pair.transcribes_together
    sounds = [
        (0.1 * rng.standard_normal(int(rng.integers(1_600, 80_000)))).astype(np.float32)
        for _ in range(3)
    ]
    for guards in (None, Thresholds()):
        options = DecodingOptions(
            prompt=prompt, max_new_tokens=12, guards=guards, temperatures=(0.4,)
        )
        together = pair.transcribe_together(sounds, options)
        alone = [pair.transcribe(sound, options, speculate=False) for sound in sounds]
        for one, other in zip(together, alone, strict=True):
            assert (one.text, one.tokens) == (other.text, other.tokens)
            assert (one.guards, one.rejected) == (other.guards, other.rejected)
            assert one.average_log_probability == pytest.approx(
                other.average_log_probability, abs=1e-3
            )


def test_what_cannot_be_written_together_is_written_one_by_one(bundled):
    pair = Pair.load(bundled / "target", device="cpu", short_window=True)
    assert not pair.transcribes_together
    sounds = [np.zeros(0, np.float32), np.zeros(16_000, np.float32)]
    assert [one.text for one in pair.transcribe_together(sounds)] == [
        pair.transcribe(sound).text for sound in sounds
    ]
