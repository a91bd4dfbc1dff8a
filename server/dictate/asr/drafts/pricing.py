"""What things cost and how often guesses are right: the figures that a board decides by."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

WIDTHS = (1, 2, 4, 8, 16, 24)
"""Widths whose step is timed; between them the price is interpolated."""

_TABLE_WIDTHS = 64
_REPEATS = 5
_BUDGET_S = 0.5

LONGEST_DRAFT_TOKENS = 24
"""No proposal is longer: an utterance has some 20 tokens."""
# The lengths that are weighed; those in between are hardly ever better.
_LENGTHS = (1, 2, 3, 4, 6, 8, 12, 16, LONGEST_DRAFT_TOKENS)

_PRIOR_TRIALS = 8
"""How many observed tokens weigh as much as the prior acceptance."""
_LEAST_WEIGHT = 0.05
"""Of a new observation, however many there were: half of what is known is some 14 tokens old."""
_COST_WEIGHT = 0.2
_HIGHEST_JUMP = 10.0
"""One observation of a cost counts as so many times the mean at most: a pause of the garbage
collector or of the scheduler is not the source's price."""
_LEAST_COST_MS = 0.02


@dataclass(frozen=True)
class StepPrices:
    """Milliseconds of one pass of the target by its width in tokens; never falling.

    Attributes:
        table_ms: price of width w at index w - 1.
    """

    table_ms: tuple[float, ...]

    @classmethod
    def of(cls, measured_ms: dict[int, float]) -> "StepPrices":
        """Interpolate linearly between measured widths, and go on with the last slope.

        Args:
            measured_ms: time by width; at least one.
        """
        widths = sorted(measured_ms)
        times: list[float] = []
        for width in widths:
            times.append(max(measured_ms[width], *times[-1:], 0.0))
        if len(widths) == 1:
            return cls((times[0],) * _TABLE_WIDTHS)
        table: list[float] = []
        upper = 1
        for width in range(1, _TABLE_WIDTHS + 1):
            while width > widths[upper] and upper + 1 < len(widths):
                upper += 1
            left, right = widths[upper - 1], widths[upper]
            slope = (times[upper] - times[upper - 1]) / (right - left)
            price_ms = times[upper - 1] + slope * (width - left)
            table.append(max(price_ms, times[0], *table[-1:]))
        return cls(tuple(table))

    @classmethod
    def measure(cls, step: Callable[[int], None], clock: Callable[[], float]) -> "StepPrices":
        """Time `step` at several widths; the fastest of some runs each, within half a second.

        Args:
            step: runs a pass of that many tokens and waits for its result.
            clock: seconds.
        """
        measured_ms: dict[int, float] = {}
        start_s = clock()
        for _ in range(_REPEATS):
            for width in WIDTHS:
                before_s = clock()
                step(width)
                spent_ms = 1e3 * (clock() - before_s)
                measured_ms[width] = min(spent_ms, measured_ms.get(width, spent_ms))
            if clock() - start_s > _BUDGET_S:
                break
        return cls.of(measured_ms)

    def at(self, width: int) -> float:
        """Price of a pass of `width` tokens in milliseconds; wide ones cost as the widest known."""
        return self.table_ms[min(max(width, 1), len(self.table_ms)) - 1]

    def times(self, factor: float) -> "StepPrices":
        """The prices on a machine that takes `factor` times as long."""
        return StepPrices(tuple(factor * price_ms for price_ms in self.table_ms))


NOMINAL_STEPS = StepPrices.of({1: 1.0, 24: 1.5})
"""In place of a measurement: a wider step costs little more."""


@dataclass(frozen=True)
class SourcePrice:
    """What a source costs in milliseconds.

    Attributes:
        open_ms: once an utterance, when it is first wanted.
        call_ms: each time that it is asked.
        token_ms: for each token that it proposes.
        longest_tokens: it never proposes more at once.
    """

    open_ms: float = 0.0
    call_ms: float = 0.0
    token_ms: float = 0.0
    longest_tokens: int = LONGEST_DRAFT_TOKENS


class Acceptance:
    """How likely a proposed token is the target's, given that those before it were.

    A geometric model: of n proposed tokens `p + p² + … + pⁿ` are expected to be accepted (Leviathan
    et al., 2023, equation 1, less the token that the pass writes anyway). A pass observes one hit
    for each accepted token and one miss for the first rejected one. `p` is the mean of the
    observations, with the prior counting as 8 of them, until 20 are reached; from there on it is an
    exponential mean, so that a source which changes is noticed.
    """

    def __init__(self, prior: float) -> None:
        self.rate = prior
        self._trials = _PRIOR_TRIALS

    def observe(self, proposed_tokens: int, accepted_tokens: int) -> None:
        """Learn from a pass."""
        for index in range(min(proposed_tokens, accepted_tokens + 1)):
            self._trials += 1
            weight = max(1.0 / self._trials, _LEAST_WEIGHT)
            self.rate += weight * (float(index < accepted_tokens) - self.rate)

    def expected_tokens(self, proposed_tokens: int) -> float:
        """How many of so many proposed tokens will be accepted."""
        if self.rate >= 1.0:
            return float(proposed_tokens)
        return self.rate * (1.0 - self.rate**proposed_tokens) / (1.0 - self.rate)


class RunningCost:
    """A price that follows what is observed, in milliseconds."""

    def __init__(self, value_ms: float) -> None:
        self.value_ms = value_ms

    def observe(self, spent_ms: float) -> None:
        """Learn from one observation."""
        limit_ms = _HIGHEST_JUMP * max(self.value_ms, _LEAST_COST_MS)
        self.value_ms += _COST_WEIGHT * (min(spent_ms, limit_ms) - self.value_ms)


@dataclass(frozen=True)
class Bargain:
    """What a pass is expected to cost and to write.

    Attributes:
        length_tokens: how many tokens to propose; 0: none.
        cost_ms: of the pass and of the proposal, as if the pass fed no more than one other token.
        passed_tokens: that the pass writes, the one that it writes anyway included.
    """

    length_tokens: int
    cost_ms: float
    passed_tokens: float = 1.0

    @property
    def token_ms(self) -> float:
        """Time for a token of the transcript."""
        return self.cost_ms / self.passed_tokens

    def saves_ms(self, rival: "Bargain") -> float:
        """How much sooner its tokens stand than if they cost as much as the rival's."""
        return self.passed_tokens * rival.token_ms - self.cost_ms


def plain_pass(steps: StepPrices) -> Bargain:
    """The pass that nothing is proposed for."""
    return Bargain(0, steps.at(1))


def best_bargain(
    steps: StepPrices,
    acceptance: Acceptance,
    price: SourcePrice,
    *,
    pending_tokens: int,
    limit_tokens: int,
) -> Bargain:
    """The length whose tokens are the cheapest; the plain pass where none may be proposed.

    A pass with n proposed tokens costs `step(1) + step(w + n) - step(w) + call + n · token` and
    writes `1 + E(n)` tokens. The w tokens that are fed anyway (in the first pass, the prompt) have
    to be paid for either way, hence count as one. Passes follow one another until the text ends, so
    the whole takes least where the time per token is least (the improvement factor of Leviathan et
    al., 2023, theorem 3.8, with prices for widths and calls).

    Args:
        steps: prices of the target.
        acceptance: of the source.
        price: of the source; its `open_ms` is not looked at.
        pending_tokens: w.
        limit_tokens: the most that may be proposed.
    """
    anyway_ms = steps.at(1) - steps.at(pending_tokens)
    bargains = (
        Bargain(
            length,
            anyway_ms + steps.at(pending_tokens + length) + price.call_ms + length * price.token_ms,
            1.0 + acceptance.expected_tokens(length),
        )
        for length in _candidates(min(limit_tokens, price.longest_tokens))
    )
    return min(bargains, key=lambda bargain: bargain.token_ms, default=plain_pass(steps))


def _candidates(limit_tokens: int) -> Sequence[int]:
    if limit_tokens >= _LENGTHS[-1]:
        return _LENGTHS
    if limit_tokens <= 0:
        return ()
    return [*(length for length in _LENGTHS if length < limit_tokens), limit_tokens]
