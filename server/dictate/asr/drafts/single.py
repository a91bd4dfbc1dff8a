"""One source alone, without prices: for callers who bring a draft of their own."""

import time
from collections.abc import Callable, Sequence

from dictate.asr.drafts.source import DraftSource, SourceFigures

_FIRST_DRAFT_TOKENS = 8
_LONGEST_DRAFT_TOKENS = 24
_SHORTEST_DRAFT_TOKENS = 2


class SingleDraft:
    """Asks one source before every pass."""

    def __init__(
        self,
        source: DraftSource,
        length_tokens: int | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Prepare for one utterance.

        Args:
            source: whom to ask.
            length_tokens: how many tokens to ask for each time; None: longer while everything is
                accepted, else about as many as were.
            clock: seconds, for the time that the source takes.
        """
        self._source = source
        self._adapts = length_tokens is None
        self._length_tokens = _FIRST_DRAFT_TOKENS if length_tokens is None else length_tokens
        self._clock = clock
        self._figures = SourceFigures()

    def propose(
        self, accepted: Sequence[int], limit_tokens: int, pending_tokens: int
    ) -> Sequence[int]:
        """See `Drafting`."""
        del pending_tokens
        limit_tokens = min(self._length_tokens, limit_tokens)
        if limit_tokens <= 0:
            return []
        start_s = self._clock()
        proposal = self._source.propose(accepted, limit_tokens)
        self._figures.spent_ms += 1e3 * (self._clock() - start_s)
        return proposal[:limit_tokens]

    def verified(self, proposed_tokens: int, accepted_tokens: int, pass_ms: float) -> None:
        """See `Drafting`."""
        del pass_ms
        if not proposed_tokens:
            return
        self._figures.passes += 1
        self._figures.proposed_tokens += proposed_tokens
        self._figures.accepted_tokens += accepted_tokens
        if not self._adapts:
            return
        if accepted_tokens == proposed_tokens:
            self._length_tokens = min(_LONGEST_DRAFT_TOKENS, self._length_tokens + 4)
        else:
            self._length_tokens = max(_SHORTEST_DRAFT_TOKENS, accepted_tokens + 1)

    def end(self, tokens: int, *, complete: bool) -> dict[str, SourceFigures]:
        """See `Drafting`."""
        del tokens, complete
        return {self._source.name: self._figures}
