"""Graphs give what the eager model gives: on the CPU by a rig, on CUDA where there is one."""

import functools
import logging
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from dictate.asr.cache_graphs import CacheGraphs
from dictate.asr.confidence import TokenScores
from dictate.asr.cuda_graphs import check_compiler, out_of_memory
from dictate.asr.device_greedy import DeviceGreedy
from dictate.asr.drafts.model_draft import ModelDraft
from dictate.asr.graphed_model import FILL_WIDTH, STEP_WIDTHS, plan_passes
from dictate.asr.speculative import DecodingCancelledError, decode
from dictate.errors import DictateError
from tests.rigs.late_queue import LateQueue
from tests.rigs.tiny_models import (
    random_features,
    random_filter,
    random_model,
    random_tokens,
)

CLOSE = {"rtol": 1e-4, "atol": 1e-4}
WIDTH = STEP_WIDTHS[-1]


def graphed(model, **options):
    """The same model with graphs, and its queue."""
    queue = LateQueue(**options)
    model.use_graphs(queue)
    return queue


class Twins:
    """One model with two caches, of which the graphs use the second."""

    def __init__(self, rng, *, batch=1, sounds=1, whole=True, **changes):
        self.model = random_model(rng, **changes)
        features = random_features(self.model, rng, sounds, whole=whole)
        self.plain = self.model.new_cache(batch)
        self.model.begin(self.plain, features)
        self.queue = graphed(self.model)
        self.graphs = self.model.graphs
        self.cache = self.model.new_cache(batch)
        self.model.begin(self.cache, features)

    def step(self, tokens, positions, logits_from=0):
        """Logits of the eager model, and of the graphs."""
        eager = self.model.decoder.step(tokens, positions, self.plain, logits_from)
        return eager, self.model.step(tokens, positions, self.cache, logits_from=logits_from)


def test_passes_feed_every_token_once_and_give_every_logit_wanted(rng):
    for _ in range(2000):
        width = int(rng.integers(1, 460))
        logits_from = int(rng.integers(0, width + 1))
        passes = plan_passes(width, logits_from)
        fed = [token for one in passes for token in range(one.start, one.stop)]
        assert fed == list(range(width))
        for one in passes:
            assert one.stop - one.start <= one.width
            assert one.has_logits or one.stop <= logits_from
            assert one.width in (STEP_WIDTHS if one.has_logits else (FILL_WIDTH,))
    assert len(plan_passes(224, 223)) == 5
    assert [one.width for one in plan_passes(1, 0)] == [1]


@torch.inference_mode()
def test_steps_at_positions_of_the_device_equal_steps_at_positions_of_the_host(rng):
    for _ in range(40):
        batch = int(rng.integers(1, 5))
        sounds = batch if rng.integers(2) else 1
        twins = Twins(rng, batch=batch, sounds=sounds, whole=bool(rng.integers(2)))
        capacity = twins.cache.capacity
        history = random_tokens(twins.model, rng, batch, capacity)
        for _ in range(4):
            # Padding overwrites what stands behind it, so all is written anew.
            twins.step(history, [0] * batch, capacity - 1)
            together = bool(rng.integers(2))
            width = int(rng.integers(1, capacity // 2))
            lengths = rng.integers(0, capacity - width + 1, 1 if together else batch)
            if rng.integers(3) == 0:
                lengths[:] = capacity - width
            lengths = [int(n) for n in np.broadcast_to(lengths, batch)]
            tokens = random_tokens(twins.model, rng, batch, width)
            eager, captured = twins.step(tokens, lengths, int(rng.integers(0, width)))
            torch.testing.assert_close(captured, eager, **CLOSE)
            assert torch.equal(captured.argmax(-1), eager.argmax(-1))


@torch.inference_mode()
def test_padding_leaves_what_was_written_before_alone(rng):
    for _ in range(30):
        twins = Twins(rng)
        capacity = twins.cache.capacity
        history = random_tokens(twins.model, rng, 1, capacity)
        twins.step(history, [0], capacity - 1)
        for _ in range(5):
            start = int(rng.integers(0, capacity))
            twins.step(history[:, start : start + 1], [start])
            for own in twins.cache.own:
                assert torch.isfinite(own).all()
            # What stands before is intact; what padding overwrote behind is fed again.
            eager, captured = twins.step(history[:, start:], [start])
            torch.testing.assert_close(captured, eager, **CLOSE)


@torch.inference_mode()
def test_tokens_beyond_the_last_position_are_refused(rng):
    twins = Twins(rng)
    capacity = twins.cache.capacity
    for width, position in ((1, capacity), (2, capacity - 1), (capacity + 1, 0), (1, -1)):
        with pytest.raises(ValueError, match="do not fit"):
            twins.model.step(random_tokens(twins.model, rng, 1, width), [position], twins.cache)


@torch.inference_mode()
def test_encoding_and_listening_equal_the_eager_ones_whatever_was_heard_before(rng):
    for _ in range(20):
        model = random_model(rng)
        utterances = [random_features(model, rng, whole=bool(rng.integers(2))) for _ in range(4)]
        expected = [model.encode(features).clone() for features in utterances]
        graphed(model)
        cache, reference = model.new_cache(2), model.new_cache(2)
        sources = [model.encode(features) for features in utterances]
        for source, wanted in zip(sources, expected, strict=True):
            torch.testing.assert_close(source, wanted, **CLOSE)
            tokens = random_tokens(model, rng, 2, 5)
            reference.listen(model.decoder.project_source(wanted))
            model.listen(cache, source)
            assert cache.lengths == [0, 0]
            eager = model.decoder.step(tokens, [0, 0], reference, 0)
            torch.testing.assert_close(model.step(tokens, [0, 0], cache), eager, **CLOSE)


@torch.inference_mode()
def test_beams_that_change_places_equal_eager_ones(rng):
    for _ in range(20):
        twins = Twins(rng, batch=3, sounds=1)
        twins.step(random_tokens(twins.model, rng, 1, 4).expand(3, -1), [0] * 3)
        for cache in (twins.plain, twins.cache):
            cache.advance(4)
        for _ in range(6):
            eager, captured = twins.step(random_tokens(twins.model, rng, 3, 1), twins.cache.lengths)
            torch.testing.assert_close(captured, eager, **CLOSE)
            slots = [int(slot) for slot in rng.integers(0, 3, 3)]
            for cache in (twins.plain, twins.cache):
                cache.advance(1)
                cache.select(slots)


@torch.inference_mode()
def test_a_replay_does_what_was_captured_and_takes_nothing_from_the_host(rng):
    for _ in range(5):
        model = random_model(rng)
        queue = graphed(model, checked=True)
        cache = model.new_cache()
        end = int(rng.integers(model.dimensions.vocabulary_size))
        for _ in range(3):
            model.begin(cache, random_features(model, rng, whole=bool(rng.integers(2))))
            tokens = random_tokens(model, rng, 1, 20)
            model.step(tokens, [0], cache, logits_from=19)
            cache.lengths = [int(rng.integers(0, 20))]
            bias = random_filter(model, rng, end).bias
            model.greedy(cache, [1, 2], 3, end, bias, width=WIDTH, before_token=lambda: None)
            queue.drain()
        assert queue.replays > 2 * queue.captured


@torch.inference_mode()
def test_a_pass_of_fixed_width_verifies_like_one_as_wide_as_it_must_be(rng):
    for _ in range(40):
        twins = Twins(rng)
        capacity = twins.cache.capacity
        history = int(rng.integers(0, capacity - WIDTH))
        twins.step(random_tokens(twins.model, rng, 1, max(1, history)), [0])
        width = int(rng.integers(1, WIDTH + 1))
        row = random_tokens(twins.model, rng, 1, WIDTH)
        narrow = twins.model.decoder.step(row[:, :width], [history], twins.plain, 0)
        wide = twins.model.step(row, [history], twins.cache)[:, :width]
        torch.testing.assert_close(wide, narrow, **CLOSE)
        assert torch.equal(wide.argmax(-1), narrow.argmax(-1))


class Case:
    """A random model, utterance, filter, prefix and bound."""

    def __init__(self, rng, **changes):
        self.model = random_model(rng, **changes)
        self.features = random_features(self.model, rng, whole=bool(rng.integers(4)))
        self.end = int(rng.integers(self.model.dimensions.vocabulary_size))
        capacity = self.model.dimensions.max_target_positions
        count = int(rng.integers(1, capacity + 1 if rng.integers(6) == 0 else 8))
        self.prefix = random_tokens(self.model, rng, count).tolist()
        self.limit = None if rng.integers(2) else int(rng.integers(0, 40))
        self.filter = random_filter(self.model, rng, self.end)
        written = self.decode()[0].tokens
        if written and rng.integers(3):
            # Random models hardly ever end, unless the end is something that they write.
            self.end = written[int(rng.integers(len(written)))]
            self.filter = random_filter(self.model, rng, self.end)

    def decode(self, **options):
        cache = self.model.new_cache()
        self.model.begin(cache, self.features)
        scores = TokenScores()
        decoded = decode(
            self.model,
            cache,
            self.prefix,
            self.end,
            self.filter,
            scores=scores,
            fixed_width=WIDTH,
            max_new_tokens=self.limit,
            **options,
        )
        return decoded, scores, cache


@torch.inference_mode()
def test_the_device_alone_writes_what_the_host_writes_token_by_token(rng):
    ended = written = 0
    for _ in range(120):
        case = Case(rng)
        plain, plain_scores, plain_cache = case.decode()
        queue = graphed(case.model)
        alone, scores, cache = case.decode()
        assert (alone.tokens, alone.truncated) == (plain.tokens, plain.truncated)
        assert alone.target_steps == plain.target_steps
        np.testing.assert_allclose(
            scores.log_probabilities, plain_scores.log_probabilities, atol=1e-3
        )
        np.testing.assert_allclose(scores.entropies_nats, plain_scores.entropies_nats, atol=1e-3)
        assert queue.replays > 0 or not alone.target_steps
        if plain.tokens:
            # The cache is one that decoding could go on with.
            fed = [*case.prefix, *plain.tokens][: cache.lengths[0]]
            assert cache.lengths[0] == len(case.prefix) + plain.target_steps - 1
            if cache.lengths[0] < cache.capacity:
                plain_cache.lengths = [0]
                eager = case.model.decoder.step(
                    torch.tensor([[*fed, 1]]), [0], plain_cache, len(fed)
                )
                captured = case.model.step(torch.tensor([[1]]), cache.lengths, cache)
                torch.testing.assert_close(captured, eager, rtol=1e-3, atol=1e-3)
        ended += not plain.truncated
        written += len(plain.tokens)
    assert ended > 20
    assert written > 500


@torch.inference_mode()
def test_the_device_runs_at_most_two_passes_beyond_the_end(rng):
    for _ in range(40):
        case = Case(rng)
        queue = graphed(case.model)
        cache = case.model.new_cache()
        case.model.begin(cache, case.features)
        case.model.prepare(cache)
        pending = case.prefix[:WIDTH]
        arguments = (cache, pending, 30, case.end, case.filter.bias)
        case.model.greedy(*arguments, width=WIDTH, before_token=lambda: None)
        cache.lengths = [0]
        before = queue.replays
        written = case.model.greedy(*arguments, width=WIDTH, before_token=lambda: None)
        assert queue.replays - before <= 2 * (len(written.tokens) + 2)


@torch.inference_mode()
def test_cancelling_stops_the_device_and_the_next_utterance_is_unharmed(rng):
    for _ in range(20):
        case = Case(rng)
        case.limit = None
        plain = case.decode()[0]
        if len(plain.tokens) < 3:
            continue
        graphed(case.model)
        asked = []

        def cancelled(asked=asked):
            asked.append(True)
            return len(asked) > 2

        with pytest.raises(DecodingCancelledError):
            case.decode(cancelled=cancelled)
        assert case.decode()[0].tokens == plain.tokens


@torch.inference_mode()
def test_graphs_are_captured_once_and_again_for_another_cache(rng):
    model = random_model(rng, max_target_positions=100)
    queue = graphed(model)
    features = random_features(model, rng)
    bias = random_filter(model, rng, 0).bias
    counts = []
    for cache in (model.new_cache(), model.new_cache(), model.new_cache(2)):
        for _ in range(3):
            model.begin(cache, features)
            model.prepare(cache)
            positions = [0] * cache.batch
            model.step(random_tokens(model, rng, cache.batch, 40), positions, cache)
            if cache.batch == 1:
                model.greedy(cache, [1], 3, 0, bias, width=WIDTH, before_token=lambda: None)
        counts.append(queue.captured)
    # The encoder; per cache listening and three widths, and where it writes alone the choice.
    assert counts == [6, 11, 15]


@torch.inference_mode()
def test_graphs_of_a_forgotten_cache_go_with_it(rng):
    import weakref

    model = random_model(rng)
    graphed(model)
    cache = model.new_cache()
    model.begin(cache, random_features(model, rng))
    bias = random_filter(model, rng, 0).bias
    model.greedy(cache, [1], 3, 0, bias, width=WIDTH, before_token=lambda: None)
    model.graphs.queue.drain()
    buffer = weakref.ref(cache.own[0])
    del cache
    assert buffer() is None


@torch.inference_mode()
@pytest.mark.parametrize("fails_at", [0, 1, 2, 3])
def test_without_memory_for_graphs_decoding_goes_on_and_says_so_once(rng, fails_at, caplog):
    for _ in range(5):
        case = Case(rng)
        plain = case.decode()[0]
        queue = graphed(case.model, fails_at=fails_at)
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            assert case.decode()[0].tokens == plain.tokens
            assert case.decode()[0].tokens == plain.tokens
        assert len(caplog.records) <= 1
        assert queue.released == bool(caplog.records)


def test_other_faults_of_a_capture_are_not_taken_for_a_lack_of_memory():
    assert not out_of_memory(RuntimeError("CUDA error: operation not permitted"))
    assert out_of_memory(torch.OutOfMemoryError("CUDA out of memory"))


def test_compiling_is_refused_where_nothing_compiles():
    with pytest.raises(DictateError, match="leave it out"):
        check_compiler(torch.device("cpu"))


class Drafted:
    """Proposes what the target is known to write, with errors."""

    name = "drafted"

    def __init__(self, rng, text, vocabulary_size):
        self._rng = rng
        self._text = text
        self._size = vocabulary_size

    def propose(self, accepted, limit_tokens):
        start = len(accepted)
        proposal = list(self._text[start : start + int(self._rng.integers(0, 9))])
        for place in range(len(proposal)):
            if self._rng.integers(4) == 0:
                proposal[place] = int(self._rng.integers(self._size))
        return proposal[:limit_tokens]


@torch.inference_mode()
def test_speculation_through_graphs_writes_what_the_device_writes_alone(rng):
    accepted = 0
    for _ in range(80):
        case = Case(rng)
        graphed(case.model)
        alone = case.decode()[0]
        text = [*alone.tokens, case.end]
        draft = Drafted(rng, text, case.model.dimensions.vocabulary_size)
        speculative = case.decode(draft=draft)[0]
        assert (speculative.tokens, speculative.truncated) == (alone.tokens, alone.truncated)
        accepted += speculative.accepted_tokens
    assert accepted > 100


class SameVocabulary:
    """What `VocabularyMap` does between equal vocabularies."""

    def to_draft(self, tokens):
        return list(tokens)

    def to_target(self, accepted, drafted):
        return list(drafted)


@torch.inference_mode()
def test_a_draft_model_proposes_the_same_by_graphs(rng):
    proposed = 0
    for _ in range(30):
        case = Case(rng)
        initial = case.prefix[:5]
        rounds = [
            (random_tokens(case.model, rng, int(n)).tolist(), int(rng.integers(0, 12)))
            for n in rng.integers(0, 20, 4)
        ]
        proposals = []
        for with_graphs in (False, True):
            if with_graphs:
                graphed(case.model)
            draft = SimpleNamespace(
                model=case.model,
                cache=case.model.new_cache(),
                filter=case.filter,
                tokens=SimpleNamespace(end=case.end),
            )
            case.model.begin(draft.cache, case.features)
            source = ModelDraft(draft, initial, SameVocabulary())
            proposals.append([])
            for accepted, limit in rounds:
                for more in range(3):
                    # What was proposed is accepted in part, then the target goes elsewhere.
                    kept = accepted + (proposals[-1][-1][:more] if more else [])
                    proposals[-1].append(source.propose(kept, limit))
                    assert len(source._cached) == draft.cache.lengths[0]
        assert proposals[0] == proposals[1]
        proposed += sum(map(len, proposals[0]))
    assert proposed > 500


@torch.inference_mode()
def test_all_that_a_graph_touches_lies_on_the_models_device(rng):
    # Tensors of the device `meta` have no values, but do not mix with the host's either.
    for _ in range(2):
        model = random_model(rng, max_target_positions=100, device=torch.device("meta"))
        graphed(model)
        for batch in (1, 3):
            cache = model.new_cache(batch)
            for whole in (True, False):
                model.begin(cache, random_features(model, rng, whole=whole))
                model.prepare(cache)
                for width in (1, 7, 50):
                    tokens = torch.zeros((batch, width), dtype=torch.int64)
                    for given in (tokens, tokens.to("meta")):
                        logits = model.step(given, [3] * batch, cache, logits_from=width - 1)
                        assert logits.device.type == "meta"
                        assert logits.shape == (batch, 1, model.dimensions.vocabulary_size)
        graphs = CacheGraphs(model.graphs, model.new_cache())
        greedy = DeviceGreedy(model.graphs, graphs, 100)
        assert greedy.capture_choice(WIDTH) is not None


@torch.inference_mode()
def test_what_the_compiler_traces_equals_the_eager_step(rng, monkeypatch):
    # Tracing, without making kernels of it, which takes a minute.
    tracing = functools.partial(torch.compile, backend="aot_eager")
    monkeypatch.setattr(torch, "compile", tracing)
    model = random_model(rng, decoder_layers=1)
    features = random_features(model, rng)
    plain = model.new_cache()
    model.begin(plain, features)
    tokens = random_tokens(model, rng, 1, WIDTH)
    eager = model.decoder.step(tokens, [2], plain, 0)
    model.use_graphs(LateQueue(), compiled=True)
    cache = model.new_cache()
    model.begin(cache, features)
    for _ in range(2):
        torch.testing.assert_close(model.step(tokens, [2], cache), eager, **CLOSE)


SHAPE = {
    "width": 128,
    "encoder_heads": 2,
    "decoder_heads": 2,
    "encoder_ffn": 512,
    "decoder_ffn": 512,
    "vocabulary_size": 2000,
    "max_source_positions": 1500,
    "max_target_positions": 448,
    "mel_bins": 80,
    "decoder_layers": 2,
}
PRECISIONS = ("float32", "float16", "bfloat16", "int8", "int4")
LOOSE = {"float32": 1e-3, "float16": 5e-2, "bfloat16": 0.4, "int8": 5e-2, "int4": 0.4}


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
class TestCuda:
    """The same on the real thing; the shapes of heads and widths are those of real models."""

    def model(self, rng, precision):
        torch.backends.cuda.matmul.allow_tf32 = False
        return random_model(rng, device=torch.device("cuda", 0), precision=precision, **SHAPE)

    @torch.inference_mode()
    @pytest.mark.parametrize("precision", PRECISIONS)
    def test_graphs_equal_the_eager_model(self, rng, precision):
        model = self.model(rng, precision)
        print(model.attention_name)
        for batch in (1, 3):
            plain, cache = model.new_cache(batch), model.new_cache(batch)
            for whole in (True, False, True):
                features = random_features(model, rng, whole=whole)
                source = model.encoder(features)
                torch.testing.assert_close(
                    model.encode(features).float(), source.float(), rtol=0.1,
                    atol=LOOSE[precision],
                )  # fmt: skip
                plain.listen(model.decoder.project_source(source))
                model.listen(cache, source)
                for width in (1, 100, 4, 16):
                    tokens = random_tokens(model, rng, batch, width)
                    eager = model.decoder.step(
                        tokens.to(model.device), plain.lengths, plain, width - 1
                    )
                    for given in (tokens, tokens.to(model.device)):
                        logits = model.step(given, cache.lengths, cache, logits_from=width - 1)
                        error = (logits - eager).norm() / eager.norm()
                        assert float(error) < LOOSE[precision]
                    plain.advance(width)
                    cache.advance(width)

    @torch.inference_mode()
    @pytest.mark.parametrize("precision", PRECISIONS)
    def test_drafts_and_the_device_alone_write_the_same_tokens_exactly(self, rng, precision):
        accepted = 0
        for _ in range(5):
            case = Case(rng, device=torch.device("cuda", 0), precision=precision, **SHAPE)
            assert case.model.graphs is not None
            alone = case.decode()[0]
            text = [*alone.tokens, case.end]
            for _ in range(4):
                draft = Drafted(rng, text, case.model.dimensions.vocabulary_size)
                drafted = case.decode(draft=draft)[0]
                assert drafted.tokens == alone.tokens
                accepted += drafted.accepted_tokens
        assert accepted > 0

    @torch.inference_mode()
    def test_writing_allocates_nothing_and_never_waits_for_the_stream(self, rng):
        model = self.model(rng, "float16")
        cache = model.new_cache()
        model.begin(cache, random_features(model, rng))
        bias = random_filter(model, rng, 0).bias
        options = {"width": WIDTH, "before_token": lambda: None}
        model.greedy(cache, [1], 50, -1, bias, **options)
        cache.lengths = [0]
        torch.cuda.synchronize()
        before = torch.cuda.memory_stats()["allocation.all.allocated"]
        torch.cuda.set_sync_debug_mode("error")
        try:
            written = model.greedy(cache, [1], 50, -1, bias, **options)
        finally:
            torch.cuda.set_sync_debug_mode("default")
        assert len(written.tokens) == 50
        assert torch.cuda.memory_stats()["allocation.all.allocated"] == before

    @torch.inference_mode()
    def test_graphs_may_be_replayed_in_any_order(self, rng):
        model = self.model(rng, "float32")
        cache = model.new_cache()
        features = [random_features(model, rng) for _ in range(3)]
        rows = [random_tokens(model, rng, 1, width) for width in (1, 16, 80)]

        def outcome(utterance, row):
            model.begin(cache, utterance)
            return model.step(row, [0], cache, logits_from=row.shape[1] - 1)

        expected = [[outcome(utterance, row) for row in rows] for utterance in features]
        for _ in range(100):
            one, other = (int(n) for n in rng.integers(0, 3, 2))
            torch.testing.assert_close(
                outcome(features[one], rows[other]), expected[one][other], rtol=0, atol=0
            )
