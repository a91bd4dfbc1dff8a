"""What is known of one source: its price, how often it is right, whether it pays."""

from dataclasses import dataclass, field

from dictate.asr.drafts.heads_ctc import CTC_HEAD
from dictate.asr.drafts.heads_medusa import MEDUSA_HEADS
from dictate.asr.drafts.hypothesis import PREVIOUS_HYPOTHESIS, RECYCLED_TAIL
from dictate.asr.drafts.model_draft import DRAFT_MODEL
from dictate.asr.drafts.ngrams import N_GRAMS
from dictate.asr.drafts.pricing import (
    LONGEST_DRAFT_TOKENS,
    Acceptance,
    Bargain,
    RunningCost,
    SourcePrice,
    StepPrices,
    best_bargain,
)
from dictate.asr.drafts.source import SourceFigures

PRIOR_ACCEPTANCE = {
    PREVIOUS_HYPOTHESIS: 0.9,
    RECYCLED_TAIL: 0.6,
    N_GRAMS: 0.4,
    DRAFT_MODEL: 0.7,
    CTC_HEAD: 0.7,
    MEDUSA_HEADS: 0.5,
}
"""Acceptance of a source before there is any evidence; it weighs as much as eight tokens.

A hypothesis of the same sound differs in its last words mostly; behind a mismatch every second
realignment is right; of three-word sequences of a text somewhat more than a third go on as before;
published drafts of the same family reach 0.7 to 0.9, and those that do are found out by probing.
"""
_OTHER_PRIOR = 0.5
_PRIOR_ANSWERS = 0.7
_ANSWER_WEIGHT = 0.02

_STAY_ON_MARGIN = 1.1
"""A source must save so many times its cost: prices are estimates, and a loss is felt more."""
_BACK_ON_MARGIN = 1.2
"""The same for a source that was switched off, so that it does not go to and fro."""

PROBE_SHARE = 0.02
"""Of the time that the target decodes, what a source that is switched off may cost to be probed."""
PROBE_PASSES = 4
PROBE_TOKENS = 4
_MOST_CREDIT_PROBES = 1.5


@dataclass(frozen=True)
class SourceState:
    """A source as `dictate engine status` shows it.

    Attributes:
        name: of the source.
        enabled: it is asked.
        reason: one line, why or why not.
        acceptance: estimate of the share of proposed tokens that the target takes.
        figures: sums over all utterances.
    """

    name: str
    enabled: bool
    reason: str
    acceptance: float
    figures: SourceFigures


@dataclass
class Ledger:
    """The account of one source over all utterances."""

    name: str
    price: SourcePrice
    enabled: bool = True
    credit_ms: float = 0.0
    totals: SourceFigures = field(default_factory=SourceFigures)

    def __post_init__(self) -> None:
        self.acceptance = Acceptance(PRIOR_ACCEPTANCE.get(self.name, _OTHER_PRIOR))
        self._answers = _PRIOR_ANSWERS
        self._open = RunningCost(self.price.open_ms)
        # A source with a price per token is charged per token, others per call.
        self._per_token = self.price.token_ms > 0.0
        self._running = RunningCost(self.price.token_ms if self._per_token else self.price.call_ms)

    def opened(self, spent_ms: float) -> None:
        """It was made ready."""
        self._open.observe(spent_ms)
        self._reprice()

    def asked(self, spent_ms: float, tokens: int) -> None:
        """It was asked and proposed so many tokens."""
        self._answers += _ANSWER_WEIGHT * (float(tokens > 0) - self._answers)
        self._running.observe(spent_ms / max(tokens, 1) if self._per_token else spent_ms)
        self._reprice()

    def promise(self, steps: StepPrices, pending_tokens: int, limit_tokens: int) -> Bargain:
        """The best that it can be asked for; see `best_bargain`."""
        return best_bargain(
            steps,
            self.acceptance,
            self.price,
            pending_tokens=pending_tokens,
            limit_tokens=limit_tokens,
        )

    def offered(self, steps: StepPrices, pending_tokens: int, tokens: int) -> Bargain:
        """The best use of that many proposed tokens: what asking cost is gone either way."""
        return best_bargain(
            steps,
            self.acceptance,
            SourcePrice(),
            pending_tokens=pending_tokens,
            limit_tokens=tokens,
        )

    def worth_asking(self, bargain: Bargain, opening_ms: float, rival: Bargain) -> bool:
        """Its tokens would be cheaper than those at hand, by enough to pay for asking in vain.

        Args:
            bargain: what it promises.
            opening_ms: the pass's share of what making it ready still costs.
            rival: the proposal at hand, or the plain pass.
        """
        call_ms = self.price.call_ms
        better_ms = bargain.saves_ms(rival) + call_ms - opening_ms
        return self._answers * better_ms > call_ms

    def per_utterance(self, steps: StepPrices, tokens: float) -> tuple[float, float]:
        """What it costs and saves in an utterance of so many tokens, in milliseconds.

        The length is the one that saves most or loses least.
        """
        bargain = self.promise(steps, 1, LONGEST_DRAFT_TOKENS)
        passes = tokens / bargain.passed_tokens
        call_ms = self.price.call_ms
        proposal_ms = bargain.cost_ms - steps.at(1)
        cost_ms = passes * (call_ms + self._answers * (proposal_ms - call_ms))
        saved_ms = passes * self._answers * (bargain.passed_tokens - 1.0) * steps.at(1)
        return self.price.open_ms + cost_ms, saved_ms

    def review(self, steps: StepPrices, tokens: float) -> bool:
        """Switch off what does not pay and on what does; True when that changed something."""
        cost_ms, saved_ms = self.per_utterance(steps, tokens)
        enabled = saved_ms > cost_ms * (_STAY_ON_MARGIN if self.enabled else _BACK_ON_MARGIN)
        changed = enabled != self.enabled
        self.enabled = enabled
        return changed

    def probe_ms(self, steps: StepPrices) -> float:
        """What a probe costs at most, if prices are as they were."""
        pass_ms = (
            self.price.call_ms
            + PROBE_TOKENS * self.price.token_ms
            + steps.at(1 + PROBE_TOKENS)
            - steps.at(1)
        )
        return self.price.open_ms + PROBE_PASSES * pass_ms

    def earn(self, steps: StepPrices, decoded_ms: float) -> None:
        """Save up for a probe while the target decodes."""
        most_ms = _MOST_CREDIT_PROBES * self.probe_ms(steps)
        self.credit_ms = min(self.credit_ms + PROBE_SHARE * decoded_ms, most_ms)

    def state(self, steps: StepPrices, tokens: float) -> SourceState:
        """How it stands."""
        cost_ms, saved_ms = self.per_utterance(steps, tokens)
        expected = "" if self.totals.proposed_tokens else " (expected)"
        return SourceState(
            name=self.name,
            enabled=self.enabled,
            reason=f"{'on' if self.enabled else 'off'}: costs {cost_ms:.1f} ms an utterance, "
            f"saves {saved_ms:.1f} ms{expected}",
            acceptance=self.acceptance.rate,
            figures=self.totals,
        )

    def _reprice(self) -> None:
        running_ms = self._running.value_ms
        self.price = SourcePrice(
            open_ms=self._open.value_ms,
            call_ms=self.price.call_ms if self._per_token else running_ms,
            token_ms=running_ms if self._per_token else 0.0,
            longest_tokens=self.price.longest_tokens,
        )
