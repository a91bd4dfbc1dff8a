"""Listed phrases win where they are near: exactly where the definition says, whatever drafts."""

import math
import zlib
from dataclasses import replace

import numpy as np
import pytest
import torch

from dictate.asr.batch import decode_batch
from dictate.asr.beam import beam_search
from dictate.asr.bias import BEGINNING, Bias, BiasLimits, Chooser, Verdict
from dictate.asr.bias_lookup import Question, look_up
from dictate.asr.confidence import TokenScores
from dictate.asr.drafts import HypothesisDraft, SingleDraft, StepPrices
from dictate.asr.logit_filters import LogitFilter
from dictate.asr.phrase_trie import PhraseTrie
from dictate.asr.speculative import decode
from tests.rigs.tiny_models import random_features, random_filter, random_model
from tests.unit.asr.hash_target import Adversary, HashCache, HashTarget, mixed_board

CPU = torch.device("cpu")
CASES = 100


class DoubtfulTarget(HashTarget):
    """Its logits are spread as if it hesitated: a hash of what stands before seeds all of them."""

    def step(self, tokens, positions, cache, *, logits_from=0):
        logits = super().step(tokens, positions, cache, logits_from=logits_from)
        for column in range(logits.shape[1]):
            context = cache.tokens[: positions[0] + logits_from + column + 1]
            logits[0, column] = self.row(context)
        return logits

    def row(self, context):
        number = zlib.crc32(np.array([self.seed, *context], np.int64).tobytes())
        drawn = np.random.default_rng(number).normal(0, 1.5, self.vocabulary_size)
        return torch.from_numpy(drawn.astype(np.float32))


class Case:
    """A target, what it may not write, phrases, and limits, all by chance."""

    def __init__(self, rng):
        self.capacity = int(rng.integers(6, 40))
        self.size = int(rng.integers(5, 30))
        self.end = int(rng.integers(0, self.size))
        self.target = DoubtfulTarget(self.size, self.end, int(rng.integers(2**31)))
        self.prefix = rng.integers(0, self.size, int(rng.integers(1, 5))).tolist()
        suppressed = rng.integers(0, self.size, int(rng.integers(0, 3))).tolist()
        self.suppressed = [token for token in suppressed if token != self.end]
        self.filter = LogitFilter(self.suppressed, [self.end], self.size, CPU)
        self.begins_word = [bool(rng.random() < 0.5) for _ in range(self.size)]
        self.begins_word[self.end] = False
        self.sequences = [
            rng.integers(0, self.size, int(rng.integers(1, 6))).tolist()
            for _ in range(int(rng.integers(1, 25)))
        ]
        self.limits = BiasLimits(
            begin_nats=float(rng.choice([0.0, 1.0, 3.0, 5.0])),
            continue_nats=float(rng.choice([0.0, 2.0, 6.0])),
            phrase_nats=float(rng.choice([0.0, 2.0, 5.0, 9.0, 20.0])),
            most_overturns=int(rng.choice([0, 1, 2, 3, 5])),
        )

    def bias(self, limits=None):
        trie = PhraseTrie(self.sequences, self.begins_word, self.end)
        return Bias(trie, limits or self.limits)

    def run(self, bias, **options):
        cache = HashCache(self.capacity)
        return decode(self.target, cache, self.prefix, self.end, self.filter, bias=bias, **options)

    def logits(self, tokens):
        row = self.target.row([*self.prefix, *tokens])
        return self.filter(row[None], len(tokens))[0]


def by_the_book(case):
    """The definition, from the whole prefix anew at every position: no trie, no state."""
    tokens, gaps = [], []
    limits, begins = case.limits, case.begins_word
    while len(case.prefix) + len(tokens) < case.capacity:
        logits = case.logits(tokens)
        best = int(logits.argmax())
        choice, least = best, math.inf
        run = 0
        while run < len(gaps) and gaps[-1 - run] > 0.0:
            run += 1
        new_word = not tokens or begins[best]
        for start in range(len(tokens) + 1):
            written = tokens[start:]
            for sequence in case.sequences:
                if len(sequence) <= len(written) or sequence[: len(written)] != written:
                    continue
                if start > 0 and not begins[sequence[0]]:
                    continue
                token = sequence[len(written)]
                if token == case.end or (not new_word and (begins[token] or not written)):
                    continue
                bound = limits.continue_nats if written else limits.begin_nats
                bound = min(bound, limits.phrase_nats - sum(gaps[start:]))
                gap = float(logits[best]) - float(logits[token])
                if gap < min(bound, least):
                    choice, least = token, gap
        if best == case.end or run >= limits.most_overturns:
            choice = best
        gaps.append(float(logits[best]) - float(logits[choice]))
        if choice == case.end:
            return tokens, gaps
        tokens.append(choice)
    return tokens, gaps


def test_what_is_written_is_what_the_definition_says_of_each_prefix(rng):
    overturned = 0
    for _ in range(CASES):
        case = Case(rng)
        tokens, gaps = by_the_book(case)
        assert case.run(case.bias()).tokens == tokens
        overturned += sum(gap > 0.0 for gap in gaps)
    assert overturned > CASES / 4, "the phrases had something to say"


def test_any_draft_leaves_the_biased_tokens_alone(rng):
    changed = 0
    steps = StepPrices.of({1: 1.0, 24: 1.2})
    for _ in range(CASES):
        case = Case(rng)
        alone = case.run(case.bias())
        unbiased = case.run(None)
        changed += alone.tokens != unbiased.tokens
        adversary = Adversary(alone.tokens, case.end, case.size, rng)
        # What a draft without the bias would propose.
        plain = Adversary(unbiased.tokens, case.end, case.size, rng)
        for options in (
            {"draft": adversary},
            {"draft": plain},
            {"drafting": SingleDraft(adversary, int(rng.integers(0, 30)))},
            {"drafting": mixed_board(alone.tokens, case.target, rng, rng.choice([None, steps]))},
            {"draft": adversary, "fixed_width": int(rng.integers(1, 24))},
        ):
            result = case.run(case.bias(), **options)
            assert result.tokens == alone.tokens
            assert result.truncated == alone.truncated
            assert result.accepted_tokens <= result.proposed_tokens
    assert changed > CASES / 5


def test_a_right_draft_is_accepted_whole_where_the_bias_overturns(rng):
    for _ in range(CASES):
        case = Case(rng)
        alone = case.run(case.bias())

        result = case.run(case.bias(), draft=HypothesisDraft(alone.tokens, case.end))
        assert result.tokens == alone.tokens
        assert result.accepted_tokens == result.proposed_tokens


def test_a_position_depends_on_nothing_behind_it(rng):
    for _ in range(CASES):
        case = Case(rng)
        bias = case.bias()
        truth = case.run(bias).tokens
        rows = torch.stack([case.logits(truth[:count]) for count in range(len(truth) + 1)])
        whole = bias.verdicts(rows, BEGINNING, truth)
        assert [verdict.token for verdict in whole][: len(truth)] == truth
        state = BEGINNING
        for index, token in enumerate(truth):
            behind = torch.randn(5, case.size)
            wild = rng.integers(0, case.size, 5).tolist()
            seen = torch.cat((rows[index : index + 1], behind))
            assert bias.verdicts(seen, state, wild)[0] == whole[index]
            state = bias.after(state, token, whole[index])


def test_the_logits_stay_as_they_are(rng):
    for _ in range(50):
        case = Case(rng)
        rows = torch.randn(4, case.size)
        before = rows.clone()
        Chooser(case.bias()).choices(rows, rng.integers(0, case.size, 3).tolist())
        assert torch.equal(rows, before)


def test_what_a_device_gathers_first_is_answered_alike(rng):
    for _ in range(300):
        case = Case(rng)
        trie = PhraseTrie(case.sequences, case.begins_word, case.end)
        rows = int(rng.integers(1, 6))
        logits = torch.randn(rows, case.size)
        bests = logits.argmax(-1).tolist()
        questions = []
        for row in range(rows):
            in_front = row == 0 and bool(rng.integers(2))
            begins = bool(rng.integers(2)) and trie.beginnings[in_front].size > 0
            followers = [
                rng.permutation(case.size)[: int(rng.integers(0, 4))].tolist()
                for _ in range(int(rng.integers(0, 3)))
            ]
            question = Question(begins, in_front, followers)
            questions.append(None if rng.random() < 0.2 else question)
        at_once = look_up(logits, bests, questions, trie, gathers=False)
        assert look_up(logits, bests, questions, trie, gathers=True) == at_once
        for row, (question, answer) in enumerate(zip(questions, at_once, strict=True)):
            assert (question is None) == (answer is None)
            if question is not None and question.begins:
                listed = trie.beginnings[question.in_front].tolist()
                token, value = answer.beginning
                assert token in listed
                assert value == max(float(logits[row, one]) for one in listed)


@pytest.mark.parametrize(
    "nothing",
    [
        {"begin_nats": 0.0, "continue_nats": 0.0},
        {"phrase_nats": 0.0},
        {"most_overturns": 0},
    ],
    ids=str,
)
def test_without_any_allowance_nothing_is_biased(nothing, rng):
    for _ in range(CASES // 4):
        case = Case(rng)
        limits = replace(BiasLimits(9.0, 9.0, 9.0, 9), **nothing)
        assert case.run(case.bias(limits)).tokens == case.run(None).tokens


def test_suppressed_tokens_stay_suppressed_and_the_end_is_never_put_off_or_brought_on(rng):
    generous = BiasLimits(1e6, 1e6, 1e6, 1_000)
    for _ in range(CASES):
        case = Case(rng)
        if len(case.suppressed) + 1 >= case.size:
            continue
        case.sequences += [[token] for token in [*case.suppressed, case.end]]
        result = case.run(case.bias(generous))
        assert not set(result.tokens) & set(case.suppressed)
        written = [*result.tokens, *([] if result.truncated else [case.end])]
        for index, token in enumerate(written):
            best = int(case.logits(written[:index]).argmax())
            assert (token == case.end) == (best == case.end)


def choices(logits, sequences, begins_word, limits, written=()):
    """What is chosen behind `written`, each of whose tokens the target wrote itself."""
    bias = Bias(PhraseTrie(sequences, begins_word, len(begins_word) - 1), limits)
    state = BEGINNING
    for token in written:
        state = bias.after(state, token, Verdict(token))
    return bias.verdicts(torch.tensor([logits]), state, [])[0].token


# Tokens: 0 and 1 begin a word, 2 and 3 go on with one, 4 is a mark, 5 the end.
WORDS = [True, True, False, False, False, False]
WIDE = BiasLimits(begin_nats=2.0, continue_nats=3.0, phrase_nats=9.0, most_overturns=9)


def test_a_phrase_begins_only_where_the_target_begins_a_word():
    assert choices([1.0, 2.0, 0, 0, 0, 0], [[0]], WORDS, WIDE, [1]) == 0
    assert choices([1.0, 0, 2.0, 0, 0, 0], [[0]], WORDS, WIDE, [1]) == 2, "a word is not cut short"
    assert choices([1.0, 0, 0, 0, 2.0, 0], [[0]], WORDS, WIDE, [1]) == 4, "nor a mark left out"
    assert choices([0, 2.0, 1.0, 0, 0, 0], [[2]], WORDS, WIDE, [1]) == 1, "nor begun inside a word"
    assert choices([0, 2.0, 1.0, 0, 0, 0], [[2]], WORDS, WIDE) == 2, "in front of all it may"
    assert choices([1.0, 0, 2.0, 0, 0, 0], [[1, 0]], WORDS, WIDE, [1]) == 2, "nor gone on so"


def test_only_what_is_near_the_best_wins():
    assert choices([0.1, 2.0, 0, 0, 0, 0], [[0]], WORDS, WIDE, [1]) == 0
    assert choices([-0.1, 2.0, 0, 0, 0, 0], [[0]], WORDS, WIDE, [1]) == 1
    assert choices([0, 2.5, -0.4, 0, 0, 0], [[0, 2]], WORDS, WIDE, [0]) == 2
    assert choices([0, 2.5, -0.6, 0, 0, 0], [[0, 2]], WORDS, WIDE, [0]) == 1


def test_of_several_the_likeliest_wins_and_a_listed_best_stays():
    assert choices([1.5, 2.0, 1.9, 0, 0, 0], [[0], [3, 2]], WORDS, WIDE, [3]) == 2
    assert choices([1.9, 2.0, 1.5, 0, 0, 0], [[0], [3, 2]], WORDS, WIDE, [3]) == 0
    assert choices([1.9, 2.0, 0, 0, 0, 0], [[0], [1]], WORDS, WIDE, [3]) == 1


def doubtful_rows(gaps, tokens):
    """Rows whose best is the mark, with `tokens` so far behind it."""
    rows = torch.full((len(gaps), 6), -50.0)
    rows[:, 4] = 0.0
    for row, (gap, token) in enumerate(zip(gaps, tokens, strict=True)):
        rows[row, token] = -gap
    return rows


def test_a_phrase_has_one_bound_for_all_its_tokens():
    sequence = [0, 2, 3, 2, 3]
    bias = Bias(PhraseTrie([sequence], WORDS, 5), replace(WIDE, phrase_nats=5.0))
    rows = doubtful_rows([1.5, 1.5, 1.5, 1.5, 1.5], sequence)
    tokens = [verdict.token for verdict in bias.verdicts(rows, BEGINNING, sequence[:-1])]
    assert tokens == [0, 2, 3, 4], "three times 1.5 fit into 5, four times do not"


def test_so_many_in_a_row_and_no_more_go_against_the_target():
    sequence = [0, 2, 3, 2, 3]
    bias = Bias(PhraseTrie([sequence], WORDS, 5), replace(WIDE, most_overturns=2))
    rows = doubtful_rows([1.0, 1.0, 1.0, 1.0, 1.0], sequence)
    tokens = [verdict.token for verdict in bias.verdicts(rows, BEGINNING, sequence[:-1])]
    assert tokens == [0, 2, 4]
    rows[2, 3] = 1.0  # here the target agrees, and the count begins anew
    tokens = [verdict.token for verdict in bias.verdicts(rows, BEGINNING, sequence[:-1])]
    assert tokens == sequence


def test_the_end_is_never_overturned_and_never_brought_on():
    assert choices([0, 0, 0, 0, 1.0, 0.9], [[5]], WORDS, WIDE) == 4
    assert choices([0.9, 0, 0, 0, 0, 1.0], [[0]], WORDS, WIDE) == 5


def test_figures_are_those_of_the_target_without_the_bias(rng):
    for _ in range(100):
        case = Case(rng)
        scores = TokenScores()
        result = case.run(case.bias(), scores=scores)
        written = [*result.tokens, *([] if result.truncated else [case.end])]
        expected = [
            float(torch.log_softmax(case.logits(written[:index]), -1)[token])
            for index, token in enumerate(written)
        ]
        assert scores.log_probabilities == pytest.approx(expected, abs=1e-4)


class Real:
    """A random small Whisper with phrases, and a sound."""

    def __init__(self, rng, *, ends=True):
        self.model = random_model(rng)
        self.size = self.model.dimensions.vocabulary_size
        self.end = int(rng.integers(self.size))
        self.filter = (
            random_filter(self.model, rng, self.end)
            if ends
            else LogitFilter([self.end], [], self.size, CPU)
        )
        begins_word = (rng.random(self.size) < 0.5).tolist()
        begins_word[self.end] = False
        sequences = rng.integers(0, self.size, (60, 3)).tolist()
        self.trie = PhraseTrie(sequences, begins_word, self.end)
        self.features = random_features(self.model, rng, 4)

    def bias(self, **limits):
        return Bias(self.trie, replace(BiasLimits(3.0, 4.0, 6.0, 3), **limits))

    def cache(self, slots):
        cache = self.model.new_cache(slots)
        self.model.begin(cache, self.features if slots > 1 else self.features[:1])
        return cache

    def greedy(self, slot=0, **options):
        cache = self.model.new_cache()
        self.model.begin(cache, self.features[slot : slot + 1])
        return decode(
            self.model, cache, [1, 2], self.end, self.filter, max_new_tokens=15, **options
        )

    def beams(self, beams, **options):
        cache = self.model.new_cache(beams)
        self.model.begin(cache, self.features[:1])
        return beam_search(
            self.model, cache, [1, 2], self.end, self.filter, max_new_tokens=15, **options
        )


@torch.inference_mode()
def test_texts_side_by_side_are_biased_as_each_alone(rng):
    changed = 0
    for _ in range(8):
        case = Real(rng)
        bias = case.bias()
        together = decode_batch(
            case.model,
            case.cache(4),
            [[1, 2]] * 4,
            case.end,
            case.filter,
            bias=bias,
            max_new_tokens=15,
        )
        for slot in range(4):
            alone = case.greedy(slot, bias=bias)
            assert together[slot].tokens == alone.tokens
            assert together[slot].truncated == alone.truncated
            changed += alone.tokens != case.greedy(slot).tokens
    assert changed > 4


@torch.inference_mode()
def test_a_single_beam_is_biased_as_greedy_decoding(rng):
    changed = 0
    for _ in range(12):
        case = Real(rng, ends=False)
        scores, greedy_scores = TokenScores(), TokenScores()
        beam = case.beams(1, bias=case.bias(), scores=scores)
        greedy = case.greedy(bias=case.bias(), scores=greedy_scores)
        assert beam.tokens == greedy.tokens
        assert scores.log_probabilities == pytest.approx(greedy_scores.log_probabilities, abs=1e-3)
        changed += greedy.tokens != case.greedy().tokens
    assert changed > 2


@torch.inference_mode()
def test_every_beam_is_biased_on_its_own_prefix(rng):
    changed = 0
    for _ in range(6):
        case = Real(rng)
        plain = case.beams(3)
        assert case.beams(3, bias=case.bias(phrase_nats=0.0)).tokens == plain.tokens
        asked = []
        bias = case.bias()
        verdicts_beside, after = bias.verdicts_beside, bias.after
        prefixes = {id(BEGINNING): ()}
        kept = [BEGINNING]

        def follow(state, token, verdict, after=after, prefixes=prefixes, kept=kept):
            new = after(state, token, verdict)
            kept.append(new)  # so that no other takes its place in memory
            prefixes[id(new)] = (*prefixes[id(state)], token)
            return new

        def ask(logits, states, ask=verdicts_beside, asked=asked, prefixes=prefixes):
            asked.append([prefixes[id(state)] for state in states])
            return ask(logits, states)

        bias.after, bias.verdicts_beside = follow, ask
        written = case.beams(3, bias=bias).tokens
        assert all(len(prefix) == step for step, each in enumerate(asked) for prefix in each)
        assert any(written[: len(prefix)] == list(prefix) for prefix in asked[-1]) or len(
            written
        ) < len(asked)
        changed += written != plain.tokens
    assert changed
