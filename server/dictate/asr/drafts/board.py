"""The board that decides, pass by pass, which source proposes how many tokens, if any.

It knows the price of the target's step by width, the price of every source and how often it is
right, and picks what is expected to cost least per token of the transcript: the time of the pass
and of the source, over the tokens that the pass is expected to write. Sources are looked at from
the cheapest to the dearest, and a dearer one is asked only where its tokens promise to be cheaper
than those of the proposal at hand.
What a source costs once an utterance (a draft model encodes the sound) is spread over the tokens
that the rest of the utterance will have, before it is paid.

A source that is expected to lose is switched off. It earns a fiftieth of the target's time, and as
soon as that pays for it a probe of a few short proposals, so that it comes back when it has become
better or cheaper.

A pure object but for the clock, which can be replaced.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from dictate.asr.drafts.ledger import PROBE_PASSES, PROBE_TOKENS, Ledger, SourceState
from dictate.asr.drafts.pricing import (
    LONGEST_DRAFT_TOKENS,
    NOMINAL_STEPS,
    Bargain,
    SourcePrice,
    StepPrices,
    plain_pass,
)
from dictate.asr.drafts.source import DraftSource, Offer, SourceFigures

_PRIOR_TOKENS: Final = 20.0
_PRIOR_TOKENS_PER_S: Final = 4.0
_LENGTH_WEIGHT: Final = 0.1
_LEAST_LEFT_TOKENS: Final = 2.0
# A source that lost so many steps in one utterance is left alone until the next.
_MOST_LOSS_STEPS: Final = 8.0
# Sources whose prices differ less keep the order in which they were offered.
_PRICE_GRAIN_MS: Final = 0.05
# The machine's speed changes (other programs, clocks): by so much, before the prices are adapted.
_SPEED_WEIGHT: Final = 0.05
_SPEED_RANGE: Final = (0.25, 4.0)
_SPEED_TOLERANCE: Final = 0.1

_logger = logging.getLogger(__name__)


class Board:
    """Prices and accounts over all utterances; for one thread."""

    def __init__(
        self,
        prices: Mapping[str, SourcePrice] | None = None,
        steps: StepPrices | None = None,
        *,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Open the accounts.

        Args:
            prices: what the known sources cost; others are taken as free until they are used.
            steps: what the target's steps cost; None: not measured, so a wider step is taken as
                little dearer, nothing is learnt or switched off, and nothing counted as saved.
            clock: seconds.
        """
        self.priced = steps is not None
        self.clock = clock
        self.tokens_per_utterance = _PRIOR_TOKENS
        self._tokens_per_s = _PRIOR_TOKENS_PER_S
        self._measured = steps or NOMINAL_STEPS
        self._speed = 1.0
        self.steps = self._measured
        self._ledgers = {name: Ledger(name, price) for name, price in (prices or {}).items()}
        self._review()

    def utterance(self, offers: Sequence[Offer], sound_s: float | None = None) -> "BoardDraft":
        """Begin an utterance.

        Args:
            offers: the sources that there are for it.
            sound_s: length of its sound; None: not known.
        """
        expected = self.tokens_per_utterance
        if sound_s is not None:
            expected = self._tokens_per_s * sound_s
        entries = []
        for offer in offers:
            ledger = self._ledgers.setdefault(offer.name, Ledger(offer.name, SourcePrice()))
            entries.append(_Entry(offer, ledger))
        entries.sort(key=lambda entry: self._rank(entry.ledger.price))
        return BoardDraft(self, entries, expected, sound_s)

    def states(self) -> list[SourceState]:
        """How every source stands."""
        return [
            ledger.state(self.steps, self.tokens_per_utterance)
            for ledger in list(self._ledgers.values())
        ]

    def observe_pass(self, width: int, pass_ms: float) -> None:
        """Learn how fast the machine is now."""
        lowest, highest = _SPEED_RANGE
        ratio = min(max(pass_ms / max(self._measured.at(width), 1e-6), lowest), highest)
        self._speed += _SPEED_WEIGHT * (ratio - self._speed)
        in_use = self.steps.at(1) / max(self._measured.at(1), 1e-6)
        if abs(self._speed - in_use) > _SPEED_TOLERANCE * in_use:
            self.steps = self._measured.times(self._speed)

    def end_utterance(self, tokens: int, sound_s: float | None, decoded_ms: float) -> None:
        """Learn how long utterances are, and look at every account again."""
        self.tokens_per_utterance += _LENGTH_WEIGHT * (tokens - self.tokens_per_utterance)
        if sound_s:
            self._tokens_per_s += _LENGTH_WEIGHT * (tokens / sound_s - self._tokens_per_s)
        for ledger in self._ledgers.values():
            if not ledger.enabled:
                ledger.earn(self.steps, decoded_ms)
        self._review()

    def _review(self) -> None:
        if not self.priced:
            return
        tokens = max(self.tokens_per_utterance, 1.0)
        for ledger in self._ledgers.values():
            if ledger.review(self.steps, tokens):
                ledger.credit_ms = 0.0
                _logger.info(
                    "draft source %s switched %s",
                    ledger.name,
                    ledger.state(self.steps, tokens).reason,
                )

    def _rank(self, price: SourcePrice) -> int:
        pass_ms = price.call_ms + PROBE_TOKENS * price.token_ms
        return round((pass_ms + price.open_ms / PROBE_TOKENS) / _PRICE_GRAIN_MS)


@dataclass
class _Entry:
    """A source in one utterance."""

    offer: Offer
    ledger: Ledger
    source: DraftSource | None = None
    figures: SourceFigures = field(default_factory=SourceFigures)
    probe_passes: int = 0
    probe_limit_ms: float = 0.0

    def loss_ms(self) -> float:
        return self.figures.spent_ms - self.figures.saved_ms


class BoardDraft:
    """The board's `Drafting` of one utterance."""

    def __init__(
        self,
        board: Board,
        entries: list[_Entry],
        expected_tokens: float,
        sound_s: float | None,
    ) -> None:
        self._board = board
        self._entries = entries
        self._expected_tokens = expected_tokens
        self._sound_s = sound_s
        self._decoded_ms = 0.0
        self._proposer: _Entry | None = None
        self._pending_tokens = 1
        for entry in entries:
            ledger = entry.ledger
            if not ledger.enabled:
                probe_ms = ledger.probe_ms(board.steps)
                if ledger.credit_ms >= probe_ms:
                    entry.probe_passes = PROBE_PASSES
                    entry.probe_limit_ms = 2.0 * probe_ms

    def propose(
        self, accepted: Sequence[int], limit_tokens: int, pending_tokens: int
    ) -> Sequence[int]:
        """See `Drafting`."""
        self._pending_tokens = pending_tokens
        self._proposer, proposal, best = None, list[int](), plain_pass(self._board.steps)
        limit_tokens = min(limit_tokens, LONGEST_DRAFT_TOKENS)
        if limit_tokens > 0:
            left = max(self._expected_tokens - len(accepted), _LEAST_LEFT_TOKENS)
            for entry in self._entries:
                if entry.probe_passes > 0:
                    tokens = self._probe(entry, accepted, limit_tokens)
                    if tokens:
                        self._proposer, proposal = entry, tokens
                        break
                    continue
                if not entry.ledger.enabled or self._has_lost(entry):
                    continue
                found, bargain = self._ask(entry, accepted, limit_tokens, left, best)
                if bargain.token_ms < best.token_ms:
                    self._proposer, proposal, best = entry, found, bargain
        return proposal

    def verified(self, proposed_tokens: int, accepted_tokens: int, pass_ms: float) -> None:
        """See `Drafting`."""
        board, entry, pending = self._board, self._proposer, self._pending_tokens
        self._decoded_ms += pass_ms
        if board.priced:
            board.observe_pass(pending + proposed_tokens, pass_ms)
        if entry is None:
            return
        self._proposer = None
        entry.figures.passes += proposed_tokens > 0
        entry.figures.proposed_tokens += proposed_tokens
        entry.figures.accepted_tokens += accepted_tokens
        if board.priced:
            # Where nothing of it could be fed, it was as wrong as a guess can be.
            entry.ledger.acceptance.observe(max(proposed_tokens, 1), accepted_tokens)
            steps = board.steps
            dearer_ms = steps.at(pending + proposed_tokens) - steps.at(pending)
            entry.figures.saved_ms += accepted_tokens * steps.at(1) - dearer_ms

    def end(self, tokens: int, *, complete: bool) -> dict[str, SourceFigures]:
        """See `Drafting`."""
        used = [entry for entry in self._entries if entry.source is not None]
        for entry in used:
            _add(entry.ledger.totals, entry.figures)
            if entry.probe_limit_ms:
                entry.ledger.credit_ms -= max(entry.figures.spent_ms, entry.probe_limit_ms / 2)
        if complete:
            self._board.end_utterance(tokens, self._sound_s, self._decoded_ms)
        figures = {entry.offer.name: entry.figures for entry in used}
        if used and _logger.isEnabledFor(logging.DEBUG):
            _logger.debug("%d tokens in %.1f ms; %s", tokens, self._decoded_ms, _summary(figures))
        return figures

    def _ask(
        self,
        entry: _Entry,
        accepted: Sequence[int],
        limit_tokens: int,
        left_tokens: float,
        rival: Bargain,
    ) -> tuple[list[int], Bargain]:
        """The source's proposal, cut to what pays, and what it promises; none: the rival."""
        ledger, steps = entry.ledger, self._board.steps
        promised = ledger.promise(steps, self._pending_tokens, limit_tokens)
        opening_ms = 0.0
        if entry.source is None:
            opening_ms = ledger.price.open_ms * min(1.0, promised.passed_tokens / left_tokens)
        if not ledger.worth_asking(promised, opening_ms, rival):
            return [], rival
        tokens = self._proposal(entry, accepted, promised.length_tokens)
        if not tokens:
            return [], rival
        offered = ledger.offered(steps, self._pending_tokens, len(tokens))
        return tokens[: offered.length_tokens], offered

    def _probe(self, entry: _Entry, accepted: Sequence[int], limit_tokens: int) -> list[int]:
        entry.probe_passes -= 1
        tokens = self._proposal(entry, accepted, min(PROBE_TOKENS, limit_tokens))
        if entry.figures.spent_ms > entry.probe_limit_ms:
            entry.probe_passes = 0
        return tokens

    def _proposal(self, entry: _Entry, accepted: Sequence[int], limit_tokens: int) -> list[int]:
        """Ask, and charge the time."""
        clock, priced = self._board.clock, self._board.priced
        if entry.source is None:
            start_s = clock()
            entry.source = entry.offer.open()
            spent_ms = 1e3 * (clock() - start_s)
            entry.figures.spent_ms += spent_ms
            if priced:
                entry.ledger.opened(spent_ms)
        start_s = clock()
        tokens = entry.source.propose(accepted, limit_tokens)[:limit_tokens]
        spent_ms = 1e3 * (clock() - start_s)
        entry.figures.spent_ms += spent_ms
        if priced:
            entry.ledger.asked(spent_ms, len(tokens))
        return tokens

    def _has_lost(self, entry: _Entry) -> bool:
        if not self._board.priced:
            return False
        limit_ms = entry.ledger.price.open_ms + _MOST_LOSS_STEPS * self._board.steps.at(1)
        return entry.loss_ms() > limit_ms


def _add(totals: SourceFigures, figures: SourceFigures) -> None:
    totals.proposed_tokens += figures.proposed_tokens
    totals.accepted_tokens += figures.accepted_tokens
    totals.passes += figures.passes
    totals.spent_ms += figures.spent_ms
    totals.saved_ms += figures.saved_ms


def _summary(figures: Mapping[str, SourceFigures]) -> str:
    return "; ".join(
        f"{name}: {one.accepted_tokens} of {one.proposed_tokens} accepted in {one.passes} passes, "
        f"spent {one.spent_ms:.2f} ms, saved {one.saved_ms:.2f} ms"
        for name, one in figures.items()
    )
