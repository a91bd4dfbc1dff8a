"""What a pair speculates with: its sources, and the board with the prices measured for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from dictate.asr.drafts.board import Board
from dictate.asr.drafts.hypothesis import (
    PREVIOUS_HYPOTHESIS,
    RECYCLED_TAIL,
    HypothesisDraft,
    RecycledTail,
)
from dictate.asr.drafts.ledger import SourceState
from dictate.asr.drafts.model_draft import DRAFT_MODEL
from dictate.asr.drafts.ngrams import N_GRAMS, NGramDraft, NGramIndex
from dictate.asr.drafts.pricing import SourcePrice, StepPrices
from dictate.asr.drafts.source import Drafting, DraftSource, Offer, SourceFigures
from dictate.asr.speculative import Passes

if TYPE_CHECKING:
    from dictate.asr.drafts.model_draft import DraftModel
    from dictate.asr.kv_cache import KeyValueCache
    from dictate.asr.logit_filters import LogitFilter
    from dictate.asr.model import Whisper
    from dictate.asr.vocabulary_map import VocabularyMap

# What looking something up costs is known after a few passes.
_LOOKUP = SourcePrice(call_ms=0.01)
# Before anything is measured a draft model is taken as a tenth of its target (a step counts 1.0).
_NOMINAL_MODEL = SourcePrice(token_ms=0.1)
_DRAFT_REPEATS = 3
_DRAFT_STEPS = 8


@dataclass(frozen=True)
class Recall:
    """Tokens of the target's that may well be said (again).

    Attributes:
        hypothesis: of an earlier decoding of the same sound, without initial ids and end.
        indexes: gives the texts to look up continuations in, the likeliest first; called when they
            are first wanted. None: there are none.
    """

    hypothesis: Sequence[int] = ()
    indexes: Callable[[], Sequence[NGramIndex]] | None = None


@dataclass(frozen=True)
class Target:
    """What measuring needs of the target."""

    model: Whisper
    cache: KeyValueCache
    filter: LogitFilter
    start: int
    end: int
    fixed_width: int | None


class Speculation:
    """The draft sources of one pair."""

    def __init__(
        self,
        target: Target,
        draft: DraftModel | None,
        to_target: VocabularyMap | None,
        *,
        enabled: bool,
        short_window: bool,
    ) -> None:
        """Prepare; nothing has a price before `measure`.

        Args:
            target: who verifies.
            draft: the draft model, if there is one.
            to_target: from its vocabulary; given exactly if `draft` is.
            enabled: False: nothing is ever drafted.
            short_window: see `Pair.load`.
        """
        self._target = target
        self._draft = draft
        self._map = to_target
        self._enabled = enabled
        self._short_window = short_window
        self.heard: torch.Tensor | None = None
        """The sound as the target's encoder has it, [1, S, width]; a draft may hear through it."""
        self._board = Board(self._prices(_NOMINAL_MODEL))

    def drafting(
        self, sound: torch.Tensor, language: str | None, recall: Recall, sound_s: float
    ) -> Drafting | None:
        """Where the proposals for one utterance come from; None: there are no sources.

        Args:
            sound: float32 [n] on the pair's device.
            language: as the target uses.
            recall: what else is known.
            sound_s: length of the sound.
        """
        if not self._enabled:
            return None
        hypothesis, indexes, end = recall.hypothesis, recall.indexes, self._target.end
        offers = []
        if hypothesis:
            offers.append(Offer(PREVIOUS_HYPOTHESIS, lambda: HypothesisDraft(hypothesis, end)))
            offers.append(Offer(RECYCLED_TAIL, lambda: RecycledTail(hypothesis, end)))
        if indexes is not None:
            offers.append(Offer(N_GRAMS, lambda: NGramDraft(indexes())))
        if self._draft is not None:
            offers.append(Offer(DRAFT_MODEL, lambda: self.draft_model_source(sound, language)))
        return self._board.utterance(offers, sound_s) if offers else None

    def draft_model_source(self, sound: torch.Tensor, language: str | None) -> DraftSource:
        """The draft model with the sound encoded; the device has finished when it returns.

        Raises:
            ValueError: the pair has no draft model.
        """
        if self._draft is None or self._map is None:
            raise ValueError("the pair has no draft model")
        if self._draft.shares_encoder and self.heard is not None:
            source = self._draft.listen_to(self.heard, language, self._map)
        else:
            features = self._draft.log_mel(sound, pad_to_window=not self._short_window)
            source = self._draft.listen(features, language, self._map)
        wait_for(self._target.model.device)
        return source

    @torch.inference_mode()
    def measure(self, sound: torch.Tensor, language: str | None) -> None:
        """Time the target's step and the draft model; what the board had learnt is forgotten.

        The target's cache must have been begun with an utterance, which is lost.

        Args:
            sound: float32 [n], what the draft model is timed with.
            language: as the target uses.
        """
        if not self._enabled:
            return
        model_price = _NOMINAL_MODEL
        if self._draft is not None:
            model_price = self._measured_draft(sound, language)
        steps = StepPrices.measure(self._step, time.perf_counter)
        self._board = Board(self._prices(model_price), steps)

    def states(self) -> list[SourceState]:
        """How every source stands, the cheapest kind first."""
        if self._enabled:
            return self._board.states()
        reason = "off: speculation is switched off"
        return [
            SourceState(name, enabled=False, reason=reason, acceptance=0.0, figures=SourceFigures())
            for name in self._prices(_NOMINAL_MODEL)
        ]

    def _prices(self, model_price: SourcePrice) -> dict[str, SourcePrice]:
        prices = {PREVIOUS_HYPOTHESIS: _LOOKUP, RECYCLED_TAIL: _LOOKUP, N_GRAMS: _LOOKUP}
        if self._draft is not None:
            prices[DRAFT_MODEL] = model_price
        return prices

    def _step(self, width: int) -> None:
        """One pass as the decoding loop makes it, its result on the host."""
        target = self._target
        target.cache.rollback(0)
        passes = Passes(target.model, target.cache, [target.start], target.end, target.fixed_width)
        proposal = [target.end] * min(width - 1, passes.room_tokens)
        target.filter(passes.verify(proposal), 1).argmax(-1).tolist()

    def _measured_draft(self, sound: torch.Tensor, language: str | None) -> SourcePrice:
        assert self._draft is not None
        draft = self._draft
        open_ms, token_ms = [], []
        row = torch.tensor([[draft.tokens.start]], device=draft.model.device)
        for _ in range(_DRAFT_REPEATS):
            start_s = time.perf_counter()
            self.draft_model_source(sound, language)
            opened_s = time.perf_counter()
            for _ in range(_DRAFT_STEPS):
                logits = draft.model.step(row, draft.cache.lengths, draft.cache)[0]
                int(draft.filter(logits, 1).argmax())
                draft.cache.advance(1)
            open_ms.append(1e3 * (opened_s - start_s))
            token_ms.append(1e3 * (time.perf_counter() - opened_s) / _DRAFT_STEPS)
        return SourcePrice(open_ms=min(open_ms), token_ms=min(token_ms))


def wait_for(device: torch.device) -> None:
    """Wait until the device has done all it was told; times mean nothing otherwise."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()
