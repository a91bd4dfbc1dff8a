"""The board spends time only where it is expected to come back; on a clock of our own."""

import itertools
import logging

import numpy as np
import pytest

from dictate.asr.drafts import Board, Offer, SourcePrice, StepPrices
from dictate.asr.drafts.ledger import PROBE_SHARE
from dictate.asr.drafts.pricing import Acceptance, RunningCost, best_bargain

FLAT = StepPrices.of({1: 1.0, 24: 1.2})


class Clock:
    def __init__(self):
        self.now_s = 0.0

    def __call__(self):
        return self.now_s

    def pass_ms(self, time_ms):
        self.now_s += time_ms / 1e3


class Source:
    """Right with a certain probability, at a certain price; counts what it is asked."""

    def __init__(self, clock, rng, *, rate, open_ms=0.0, call_ms=0.0, token_ms=0.0, name="source",
                 has_tokens=99):  # fmt: skip
        self.clock, self.rng, self.name, self.has_tokens = clock, rng, name, has_tokens
        self.rate, self.open_ms, self.call_ms, self.token_ms = rate, open_ms, call_ms, token_ms
        self.opened = self.asked = 0

    def offer(self):
        def opened():
            self.opened += 1
            self.clock.pass_ms(self.open_ms)
            return self

        return Offer(self.name, opened)

    def propose(self, accepted, limit_tokens):
        self.asked += 1
        self.clock.pass_ms(self.call_ms + limit_tokens * self.token_ms)
        return [
            len(accepted) + index if self.rng.random() < self.rate else -1
            for index in range(min(limit_tokens, self.has_tokens))
        ]

    @property
    def price(self):
        return SourcePrice(self.open_ms, self.call_ms, self.token_ms)


def decode(board, clock, sources, tokens=20, steps=FLAT):
    """The loop over a transcript 0, 1, 2, …; returns the figures and all the time it took."""
    start_s = clock()
    drafting = board.utterance([source.offer() for source in sources], tokens / 4)
    written, pending = 0, 3
    while written < tokens:
        left = tokens - written - 1
        proposal = drafting.propose(list(range(written)), left, pending)
        assert len(proposal) <= max(left, 0)
        pass_ms = steps.at(pending + len(proposal))
        clock.pass_ms(pass_ms)
        accepted = next(
            (at for at, token in enumerate(proposal) if token != written + at), len(proposal)
        )
        drafting.verified(len(proposal), accepted, pass_ms)
        written, pending = written + accepted + 1, 1
    return drafting.end(written, complete=True), 1e3 * (clock() - start_s)


def board_for(clock, *sources, steps=FLAT):
    return Board({source.name: source.price for source in sources}, steps, clock=clock)


def state(board, name="source"):
    return next(each for each in board.states() if each.name == name)


def test_a_source_that_is_never_right_is_switched_off_within_few_utterances(rng):
    for _ in range(30):
        clock = Clock()
        source = Source(clock, rng, rate=0.0, call_ms=float(rng.uniform(0.001, 0.3)))
        board = board_for(clock, source)
        for _ in range(12):
            decode(board, clock, [source])
        assert not state(board).enabled
        assert state(board).reason.startswith("off: costs ")


def test_a_cheap_source_that_is_right_is_used_and_saves(rng):
    for _ in range(30):
        clock = Clock()
        source = Source(clock, rng, rate=float(rng.uniform(0.85, 1.0)), call_ms=0.01)
        board = board_for(clock, source)
        times = [decode(board, clock, [source])[1] for _ in range(20)]
        assert state(board).enabled
        assert np.mean(times[5:]) < 12.0 < 20.0
        figures = state(board).figures
        assert figures.accepted_tokens > 200
        assert figures.saved_ms > figures.spent_ms


def test_a_source_too_dear_by_its_measured_price_is_never_opened(rng):
    for price in ({"open_ms": 40.0}, {"token_ms": 1.5}, {"open_ms": 8.0, "token_ms": 0.7}):
        clock = Clock()
        source = Source(clock, rng, rate=1.0, **price)
        board = board_for(clock, source)
        assert not state(board).enabled, "known before the first utterance"
        decode(board, clock, [source])
        assert source.opened == 0


def test_a_source_that_turns_out_dear_is_given_up(rng):
    clock = Clock()
    source = Source(clock, rng, rate=0.9, call_ms=25.0)
    board = Board({"source": SourcePrice(call_ms=0.01)}, FLAT, clock=clock)
    times = [decode(board, clock, [source])[1] for _ in range(40)]
    assert not state(board).enabled
    assert max(times) < 20 + 3 * 25, "even the first time it is stopped in the middle"
    assert np.mean(times[20:]) < 1.05 * 20.5


def test_opening_is_weighed_against_what_is_left_of_the_utterance(rng):
    clock = Clock()
    source = Source(clock, rng, rate=0.9, open_ms=6.0, token_ms=0.1)
    board = board_for(clock, source)
    for _ in range(30):
        decode(board, clock, [source], tokens=40)
    assert state(board).enabled
    before = source.opened
    for _ in range(3):
        decode(board, clock, [source], tokens=4)
    assert source.opened == before, "four tokens do not repay it"


def test_probing_costs_a_bounded_share_of_the_time(rng):
    for _ in range(10):
        clock = Clock()
        price = {"open_ms": float(rng.uniform(1, 20)), "token_ms": float(rng.uniform(0.5, 2))}
        source = Source(clock, rng, rate=float(rng.uniform(0, 0.3)), **price)
        board = board_for(clock, source)
        decoded_ms = sum(decode(board, clock, [source])[1] for _ in range(500))
        assert not state(board).enabled
        assert source.opened > 0, "it is probed"
        assert state(board).figures.spent_ms < 1.1 * PROBE_SHARE * decoded_ms


@pytest.mark.parametrize("better", ["acceptance", "price"])
def test_a_source_that_gets_better_comes_back(better, rng, caplog):
    caplog.set_level(logging.INFO)
    clock = Clock()
    dear = {"open_ms": 15.0, "token_ms": 0.8} if better == "price" else {"token_ms": 0.1}
    source = Source(clock, rng, rate=0.95 if better == "price" else 0.0, **dear)
    board = board_for(clock, source)
    for _ in range(20):
        decode(board, clock, [source])
    assert not state(board).enabled
    source.rate, source.open_ms, source.token_ms = 0.95, 0.2, 0.05
    utterances = 0
    while not state(board).enabled:
        decode(board, clock, [source])
        utterances += 1
        assert utterances < 2_000
    assert np.mean([decode(board, clock, [source])[1] for _ in range(10)]) < 16
    lines = [record.message for record in caplog.records]
    assert "draft source source switched off: costs" in lines[0]
    assert "draft source source switched on: costs" in lines[-1]


def test_the_board_loses_little_whatever_the_sources_are(rng):
    """Against plain decoding, for random machines and random sources, over many utterances."""
    for _ in range(40):
        clock = Clock()
        step_ms = float(10 ** rng.uniform(-0.5, 2))
        slope = float(rng.uniform(0, 0.3))
        steps = StepPrices.of({1: step_ms, 24: step_ms * (1 + 23 * slope)})
        sources = [
            Source(
                clock,
                rng,
                name=f"source {number}",
                rate=float(rng.choice([0.0, 0.3, 0.6, 0.95])),
                open_ms=float(rng.choice([0.0, 5.0])) * step_ms,
                call_ms=float(rng.choice([0.0, 0.01, 0.5])) * step_ms,
                token_ms=float(rng.choice([0.0, 0.05, 0.3, 1.0])) * step_ms,
            )
            for number in range(3)
        ]
        board = board_for(clock, *sources, steps=steps)
        alone = Board({}, steps, clock=clock)
        plain_ms = decode(alone, clock, [], steps=steps)[1]
        times = [decode(board, clock, sources, steps=steps)[1] for _ in range(60)]
        assert np.mean(times[10:]) < 1.1 * plain_ms


def test_the_cheapest_is_asked_first_and_a_dear_one_only_where_it_promises_more(rng):
    clock = Clock()
    cheap = Source(clock, rng, rate=0.97, call_ms=0.01, name="previous hypothesis")
    dear = Source(clock, rng, rate=0.97, open_ms=2.0, token_ms=0.1, name="draft model")
    board = board_for(clock, cheap, dear)
    for _ in range(10):
        decode(board, clock, [dear, cheap])
    assert cheap.asked > 0
    assert dear.asked == 0
    cheap.rate = 0.0
    for _ in range(10):
        decode(board, clock, [dear, cheap])
    assert dear.asked > 0
    assert state(board, "draft model").figures.accepted_tokens > 0


def test_tokens_at_hand_go_before_more_that_have_to_be_paid(rng):
    clock = Clock()
    few = Source(clock, rng, rate=0.97, name="previous hypothesis", has_tokens=4)
    dear = Source(clock, rng, rate=0.97, token_ms=0.3, name="draft model")
    board = board_for(clock, few, dear)
    for _ in range(20):
        decode(board, clock, [dear, few])
    assert state(board, "previous hypothesis").figures.passes > 50
    assert dear.asked == 0, "a token by its help takes 0.6 ms, by the other's 0.2 ms"


def test_lengths_follow_acceptance_and_price():
    def length(rate, token_ms=0.0, slope=0.03):
        steps = StepPrices.of({1: 1.0, 24: 1.0 + 23 * slope})
        bargain = best_bargain(
            steps,
            Acceptance(rate),
            SourcePrice(token_ms=token_ms),
            pending_tokens=1,
            limit_tokens=24,
        )
        return bargain.length_tokens if bargain.token_ms < steps.at(1) else 0

    assert length(0.99) == 24
    assert length(0.0) == 0
    assert length(0.5) < length(0.8) < length(0.95)
    assert length(0.8, token_ms=0.4) < length(0.8, token_ms=0.1) < length(0.8)
    assert length(0.8, token_ms=0.9) == 0
    assert length(0.8, slope=0.3) < length(0.8)


def test_the_expected_saving_is_that_of_a_simulation(rng):
    for rate in (0.2, 0.5, 0.8, 0.95):
        acceptance = Acceptance(rate)
        for length in (1, 3, 8, 24):
            right = rng.random((20_000, length)) < rate
            accepted = np.where(right.all(1), length, right.argmin(1))
            assert acceptance.expected_tokens(length) == pytest.approx(accepted.mean(), abs=0.15)
    assert Acceptance(1.0).expected_tokens(7) == 7


def test_acceptance_finds_the_rate_and_follows_it(rng):
    for start, rate in ((0.9, 0.2), (0.1, 0.9), (0.5, 0.5)):
        acceptance, seen = Acceptance(start), []
        for _ in range(400):
            right = rng.random(6) < rate
            acceptance.observe(6, 6 if right.all() else int(right.argmin()))
            seen.append(acceptance.rate)
            assert 0 <= acceptance.rate <= 1
        assert np.mean(seen[100:]) == pytest.approx(rate, abs=0.08)


def test_prices_are_interpolated_and_never_fall(rng):
    for _ in range(200):
        widths = sorted({1, *rng.integers(1, 40, int(rng.integers(0, 6))).tolist()})
        measured = {width: float(rng.uniform(0.1, 5)) for width in widths}
        prices = StepPrices.of(measured)
        table = [prices.at(width) for width in range(1, 200)]
        assert all(later >= earlier for earlier, later in itertools.pairwise(table))
        assert prices.at(1) == pytest.approx(measured[1])
        assert prices.times(2.0).at(7) == pytest.approx(2 * prices.at(7))
    middle = StepPrices.of({1: 1.0, 3: 2.0, 5: 4.0})
    assert [middle.at(width) for width in (1, 2, 3, 4, 5)] == pytest.approx([1, 1.5, 2, 3, 4])
    assert middle.at(7) == pytest.approx(6), "goes on with the last slope"


def test_measuring_takes_the_fastest_and_is_bounded():
    clock = Clock()
    calls = []

    def step(width):
        calls.append(width)
        clock.pass_ms(100.0 + width if len(calls) < 4 else 10.0 + width)

    prices = StepPrices.measure(step, clock)
    assert prices.at(8) == pytest.approx(18.0)
    assert clock.now_s < 1.0

    def slow(_):
        clock.pass_ms(400.0)

    before_s = clock.now_s
    StepPrices.measure(slow, clock)
    assert clock.now_s - before_s < 3.0, "a large model on a slow machine is measured once"


def test_one_pause_is_not_the_price():
    cost = RunningCost(0.1)
    cost.observe(500.0)
    assert cost.value_ms < 0.4
    for _ in range(40):
        cost.observe(5.0)
    assert cost.value_ms == pytest.approx(5.0, rel=0.01)


def test_a_slower_machine_makes_steps_dearer():
    board = Board({}, FLAT)
    for _ in range(200):
        board.observe_pass(1, 3.0)
    assert board.steps.at(1) == pytest.approx(3.0, rel=0.12)
    for _ in range(400):
        board.observe_pass(1, 1.0)
    assert board.steps.at(1) == pytest.approx(1.0, rel=0.12)


def test_without_prices_nothing_is_learnt_or_switched_off(rng):
    clock = Clock()
    source = Source(clock, rng, rate=0.0, call_ms=50.0, open_ms=100.0)
    board = Board({"source": SourcePrice()}, clock=clock)
    for _ in range(5):
        figures, _ = decode(board, clock, [source])
    assert state(board).enabled
    assert figures["source"].proposed_tokens > 0
    assert figures["source"].saved_ms == 0.0


def test_the_log_has_figures_and_no_token(rng, caplog):
    caplog.set_level(logging.DEBUG)
    clock = Clock()
    source = Source(clock, rng, rate=0.9, call_ms=0.01, name="n-grams")
    decode(board_for(clock, source), clock, [source])
    (line,) = [record.message for record in caplog.records]
    assert line.startswith("20 tokens in ")
    assert "n-grams: " in line
    assert " accepted in " in line


def test_the_same_times_give_the_same_decisions():
    def run():
        clock, rng = Clock(), np.random.default_rng(7)
        sources = [
            Source(clock, rng, rate=0.6, call_ms=0.05, name="a"),
            Source(clock, rng, rate=0.9, open_ms=2.0, token_ms=0.1, name="b"),
        ]
        board = board_for(clock, *sources)
        return [decode(board, clock, sources) for _ in range(20)], board.states()

    assert run() == run()
