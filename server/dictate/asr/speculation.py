"""What a pair speculates with: its sources, and the board with the prices measured for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch

from dictate.asr.drafts.board import Board
from dictate.asr.drafts.heads_ctc import CTC_HEAD
from dictate.asr.drafts.heads_medusa import MEDUSA_HEADS, MedusaDraft
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
    from dictate.asr.drafts.heads import Heads
    from dictate.asr.drafts.heads_medusa import MedusaHeads
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
# The same for a CTC head, which hears the whole utterance at once, and for Medusa heads.
_NOMINAL_CTC = SourcePrice(open_ms=1.0, call_ms=0.01)
_NOMINAL_MEDUSA_MS = 0.1
_HEADS_REPEATS = 5
# The sound's own end is heard late; positions behind it are silence that was padded.
_MARGIN_POSITIONS = 25


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
    """What measuring needs of the target.

    Attributes:
        position_samples: of sound in one position of its encoder.
        heads: trained on it, if there are any.
    """

    model: Whisper
    cache: KeyValueCache
    filter: LogitFilter
    start: int
    end: int
    fixed_width: int | None
    position_samples: int
    heads: Heads | None = None


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
        self._ctc = None if target.heads is None else target.heads.ctc
        self._medusa = None if target.heads is None else target.heads.medusa
        self.heard: torch.Tensor | None = None
        """The sound as the target's encoder has it, [1, S, width]; a draft may hear through it."""
        self._board = Board(self._prices(self._nominal()))

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
        medusa = self._medusa
        if self._ctc is not None:
            offers.append(Offer(CTC_HEAD, lambda: self.ctc_source(sound)))
        if medusa is not None:
            offers.append(Offer(MEDUSA_HEADS, lambda: MedusaDraft(medusa)))
        if self._draft is not None:
            offers.append(Offer(DRAFT_MODEL, lambda: self.draft_model_source(sound, language)))
        return self._board.utterance(offers, sound_s) if offers else None

    def ctc_source(self, sound: torch.Tensor) -> DraftSource:
        """The CTC head's hypothesis of the sound, which the target has encoded as `heard`.

        Raises:
            ValueError: the target has no CTC head, or has not heard the sound.
        """
        if self._ctc is None or self.heard is None:
            raise ValueError("the target has no CTC head, or has heard nothing")
        spoken = -(-sound.numel() // self._target.position_samples) + _MARGIN_POSITIONS
        return self._ctc.listen(self.heard[:, :spoken], self._target.end)

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
        prices = self._nominal()
        if self._draft is not None:
            prices[DRAFT_MODEL] = self._measured_draft(sound, language)
        steps = StepPrices.measure(self._step, time.perf_counter)
        if self._ctc is not None:
            open_ms = _fastest_ms(lambda: self.ctc_source(sound))
            prices[CTC_HEAD] = replace(_NOMINAL_CTC, open_ms=open_ms)
        if self._medusa is not None:
            prices[MEDUSA_HEADS] = self._measured_medusa(self._medusa)
        self._board = Board(self._prices(prices), steps)

    def states(self) -> list[SourceState]:
        """How every source stands, the cheapest kind first."""
        if self._enabled:
            return self._board.states()
        reason = "off: speculation is switched off"
        return [
            SourceState(name, enabled=False, reason=reason, acceptance=0.0, figures=SourceFigures())
            for name in self._prices(self._nominal())
        ]

    def _nominal(self) -> dict[str, SourcePrice]:
        """What the sources that compute are taken to cost before anything is measured."""
        prices: dict[str, SourcePrice] = {}
        if self._ctc is not None:
            prices[CTC_HEAD] = _NOMINAL_CTC
        if self._medusa is not None:
            prices[MEDUSA_HEADS] = SourcePrice(
                call_ms=_NOMINAL_MEDUSA_MS, longest_tokens=self._medusa.tokens
            )
        if self._draft is not None:
            prices[DRAFT_MODEL] = _NOMINAL_MODEL
        return prices

    def _prices(self, computed: Mapping[str, SourcePrice]) -> dict[str, SourcePrice]:
        lookups = {PREVIOUS_HYPOTHESIS: _LOOKUP, RECYCLED_TAIL: _LOOKUP, N_GRAMS: _LOOKUP}
        return {**lookups, **computed}

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

    def _measured_medusa(self, medusa: MedusaHeads) -> SourcePrice:
        model = self._target.model
        state = torch.zeros(model.dimensions.width, device=model.device, dtype=model.dtype)
        call_ms = _fastest_ms(lambda: medusa.guess(state, self._target.end))
        return SourcePrice(call_ms=call_ms, longest_tokens=medusa.tokens)


def _fastest_ms(work: Callable[[], object]) -> float:
    """The fastest of some runs; `work` waits for the device by itself."""
    spent_ms = []
    for _ in range(_HEADS_REPEATS):
        start_s = time.perf_counter()
        work()
        spent_ms.append(1e3 * (time.perf_counter() - start_s))
    return min(spent_ms)


def wait_for(device: torch.device) -> None:
    """Wait until the device has done all it was told; times mean nothing otherwise."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()
