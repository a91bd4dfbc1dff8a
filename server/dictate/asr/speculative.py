"""The decoding loop: draft, verify in one pass, accept; with nothing drafted it is plain greedy.

The scheme is greedy speculative decoding (Leviathan et al., "Fast Inference from Transformers via
Speculative Decoding", 2023, the case of temperature 0): the target's own choice is kept at every
position, so the tokens are exactly those that it would have written alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import torch

from dictate.asr.bias import Chooser
from dictate.asr.drafts.single import SingleDraft
from dictate.asr.drafts.source import Drafting, DraftSource, SourceFigures
from dictate.asr.precision import Precision, rounds_by_shape

if TYPE_CHECKING:
    from dictate.asr.bias import Bias
    from dictate.asr.confidence import TokenScores
    from dictate.asr.device_greedy import Written
    from dictate.asr.kv_cache import KeyValueCache
    from dictate.asr.logit_filters import LogitFilter
    from dictate.asr.model import Whisper

_FIXED_WIDTH: Final = {"cpu": 8}
_FIXED_WIDTH_ELSEWHERE: Final = 16
"""A tile of tensor cores: on a GPU so many columns cost as much as one."""


class DecodingCancelledError(Exception):
    """Somebody does not want this text any more."""


@dataclass
class Decoded:
    """What the loop wrote, and what it took.

    Attributes:
        tokens: the transcript, without the end.
        truncated: the room ended before the transcript did.
        target_steps: passes of the target.
        proposed_tokens: drafted tokens that were verified, of all sources.
        accepted_tokens: how many of them the target chose itself.
        sources: what each source did that was asked, by name.
    """

    tokens: list[int]
    truncated: bool = False
    target_steps: int = 0
    proposed_tokens: int = 0
    accepted_tokens: int = 0
    sources: dict[str, SourceFigures] = field(default_factory=dict)


def fixed_width_of(device: torch.device, precision: Precision) -> int | None:
    """The width that every pass needs for plain and speculative decoding to agree; None: any."""
    if not rounds_by_shape(precision, device):
        return None
    return _FIXED_WIDTH.get(device.type, _FIXED_WIDTH_ELSEWHERE)


class Passes:
    """Feeds one slot of a target: what is not yet in the cache, and a proposal behind it."""

    def __init__(
        self,
        model: Whisper,
        cache: KeyValueCache,
        prefix: Sequence[int],
        padding: int,
        fixed_width: int | None = None,
    ) -> None:
        """Begin behind `prefix`, none of which is in the cache.

        Args:
            model: the target.
            cache: begun, one slot, without tokens.
            prefix: prompt and initial ids, at least one.
            padding: any id of the vocabulary; fed where a pass of fixed width has room left.
            fixed_width: of every pass but the first, which a long prompt may make longer; None:
                passes are as wide as what they feed.

        Raises:
            ValueError: `fixed_width` is below 1.
        """
        if fixed_width is not None and fixed_width < 1:
            raise ValueError(f"a pass of width {fixed_width} feeds nothing")
        self._model = model
        self._cache = cache
        self._padding = padding
        # Graphs take tokens from the host by themselves.
        self._device = model.device if model.graphs is None else torch.device("cpu")
        self._width = None if fixed_width is None else min(fixed_width, cache.capacity)
        self._vocabulary_size = model.dimensions.vocabulary_size
        self._context = list(prefix)
        # The context's tokens before this one are in the cache.
        self._fed = 0
        self._start = 0
        # Row of the latest pass whose logits chose the first token behind the context.
        self._first_row = 0
        if model.tap is not None:
            model.tap.clear()
        if self._width is not None and len(prefix) > self._width:
            head = self._context[:-1]
            self._model.step(self._row(head), cache.lengths, cache, logits_from=len(head) - 1)
            cache.advance(len(head))
            self._fed = len(head)
        self._rewind()

    @property
    def pending_tokens(self) -> int:
        """How many tokens the next pass feeds anyway."""
        return len(self._context) - self._start

    @property
    def room_tokens(self) -> int:
        """How many proposed tokens the next pass could feed."""
        room = self._cache.capacity - len(self._context)
        return room if self._width is None else min(room, self._width - self.pending_tokens)

    def feedable(self, proposal: Sequence[int], end: int, limit_tokens: int) -> list[int]:
        """The part of a proposal that can be fed and is worth it.

        Ends before an id that the vocabulary does not have, behind an end of the text, and where
        the room does.
        """
        fed: list[int] = []
        for token in proposal[: max(0, min(limit_tokens, self.room_tokens))]:
            if not 0 <= token < self._vocabulary_size:
                break
            fed.append(token)
            if token == end:
                break
        return fed

    def verify(self, proposal: Sequence[int]) -> torch.Tensor:
        """One pass; float32 logits [len(proposal) + 1, V] behind the context and each proposal."""
        row = [*self._context[self._start :], *proposal]
        first = self.pending_tokens - 1
        self._first_row = 0 if self._width is None else first
        if self._width is None:
            return self._model.step(
                self._row(row), self._cache.lengths, self._cache, logits_from=first
            )[0]
        row += [self._padding] * (self._width - len(row))
        # All rows of the logits, so that their product has the same shape every time, too.
        logits = self._model.step(self._row(row), self._cache.lengths, self._cache)[0]
        return logits[first : first + len(proposal) + 1]

    def greedy(
        self, limit_tokens: int, end: int, bias: torch.Tensor, before_token: Callable[[], None]
    ) -> Written | None:
        """All passes at once, by a device that decodes alone; see `Whisper.greedy`."""
        if self._width is None:
            return None
        return self._model.greedy(
            self._cache,
            self._context[self._start :],
            limit_tokens,
            end,
            bias,
            width=self._width,
            before_token=before_token,
        )

    def keep(self, written: Sequence[int]) -> None:
        """Take over what the pass wrote: the accepted proposals, and one token that comes next."""
        if self._model.tap is not None:
            self._model.tap.keep(self._first_row + len(written) - 1)
        self._cache.advance(self.pending_tokens + len(written) - 1)
        self._fed = len(self._context) + len(written) - 1
        self._context += written
        self._rewind()

    def _rewind(self) -> None:
        """Near the end a fixed width reaches back: tokens are fed again rather than beyond it."""
        self._start = self._fed
        if self._width is not None and self._fed + self._width > self._cache.capacity:
            self._start = self._cache.capacity - self._width
            self._cache.rollback(self._start)

    def _row(self, tokens: Sequence[int]) -> torch.Tensor:
        return torch.tensor([tokens], dtype=torch.long, device=self._device)


def decode(
    model: Whisper,
    cache: KeyValueCache,
    prefix: Sequence[int],
    end: int,
    logit_filter: LogitFilter,
    *,
    bias: Bias | None = None,
    draft: DraftSource | None = None,
    drafting: Drafting | None = None,
    scores: TokenScores | None = None,
    fixed_width: int | None = None,
    max_new_tokens: int | None = None,
    cancelled: Callable[[], bool] | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> Decoded:
    """Write the transcript of the utterance that `cache` was begun with.

    Args:
        model: the target.
        cache: begun by `model.begin`, one slot, without tokens.
        prefix: prompt and initial ids.
        end: the id that ends a transcript; it is not part of the result.
        logit_filter: applied at every position on that position's own prefix.
        bias: phrases that may win over the target's own choice, likewise; None: none.
        draft: a source of proposals that is asked before every pass.
        drafting: in place of `draft`, something that chooses between sources; without either the
            loop decodes greedily.
        scores: gets the filtered logits of every token written, the end included; without the bias.
        fixed_width: see `fixed_width_of`.
        max_new_tokens: bound on the transcript; the model's positions bound it anyway.
        cancelled: asked before every pass of the target.
        clock: seconds, for the figures.

    Raises:
        DecodingCancelledError: `cancelled` said so.
    """
    if drafting is None and draft is not None:
        drafting = SingleDraft(draft, clock=clock)
    result = Decoded(tokens=[], truncated=True)
    room = cache.capacity - len(prefix)
    limit = room if max_new_tokens is None else min(room, max_new_tokens)
    complete = False
    try:
        if limit > 0:
            passes = Passes(model, cache, prefix, end, fixed_width)
            # A device that goes on by itself knows no phrases.
            alone = drafting is None and bias is None and model.graphs is not None
            if not alone or not _write_on_device(
                result, passes, end, logit_filter, limit, scores, cancelled
            ):
                _write(
                    result,
                    passes,
                    end,
                    logit_filter,
                    limit,
                    bias,
                    drafting,
                    scores,
                    cancelled,
                    clock,
                )
        complete = True
    finally:
        if drafting is not None:
            result.sources = drafting.end(len(result.tokens), complete=complete)
    return result


def _write_on_device(
    result: Decoded,
    passes: Passes,
    end: int,
    logit_filter: LogitFilter,
    limit: int,
    scores: TokenScores | None,
    cancelled: Callable[[], bool] | None,
) -> bool:
    """As `_write` without drafts, but the device goes on by itself; False: it cannot."""

    def before_token() -> None:
        if cancelled is not None and cancelled():
            raise DecodingCancelledError

    written = passes.greedy(limit, end, logit_filter.bias, before_token)
    if written is None:
        return False
    result.target_steps = len(written.tokens)
    result.truncated = written.tokens[-1] != end
    result.tokens = written.tokens if result.truncated else written.tokens[:-1]
    if scores is not None:
        scores.extend(written.log_probabilities, written.entropies_nats)
    return True


def _write(
    result: Decoded,
    passes: Passes,
    end: int,
    logit_filter: LogitFilter,
    limit: int,
    bias: Bias | None,
    drafting: Drafting | None,
    scores: TokenScores | None,
    cancelled: Callable[[], bool] | None,
    clock: Callable[[], float],
) -> None:
    chooser = Chooser(bias)
    while len(result.tokens) < limit:
        if cancelled is not None and cancelled():
            raise DecodingCancelledError
        proposal: list[int] = []
        if drafting is not None:
            # The pass writes one token more than it accepts.
            left = min(limit - len(result.tokens) - 1, passes.room_tokens)
            wanted = drafting.propose(result.tokens, left, passes.pending_tokens)
            proposal = passes.feedable(wanted, end, left)
        start_s = clock()
        logits = logit_filter(passes.verify(proposal), len(result.tokens))
        choices = chooser.choices(logits, proposal)
        pass_ms = 1e3 * (clock() - start_s)
        accepted = agreeing(proposal, choices)
        result.target_steps += 1
        result.proposed_tokens += len(proposal)
        result.accepted_tokens += accepted
        if drafting is not None:
            drafting.verified(len(proposal), accepted, pass_ms)
        written = choices[: accepted + 1]
        ended = end in written
        if ended:
            written = written[: written.index(end) + 1]
        if scores is not None:
            scores.add(logits[: len(written)], written)
        if ended:
            result.tokens += written[:-1]
            result.truncated = False
            return
        result.tokens += written
        passes.keep(written)
        chooser.keep(written)


def agreeing(proposal: Sequence[int], choices: Sequence[int]) -> int:
    """How many leading proposals are what the target chose itself."""
    for index, (proposed, chosen) in enumerate(zip(proposal, choices, strict=False)):
        if proposed != chosen:
            return index
    return len(proposal)
