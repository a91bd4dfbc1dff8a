"""What a source of drafts is: a cheap guess at what the target will write next."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol


class DraftSource(Protocol):
    """Proposes a continuation; whatever it says changes the time, never the text."""

    @property
    def name(self) -> str:
        """How figures and the log call it."""
        ...

    def propose(self, accepted: Sequence[int], limit_tokens: int) -> list[int]:
        """Up to `limit_tokens` target ids that may follow `accepted`.

        Args:
            accepted: target ids of the transcript so far, without the initial ones.
            limit_tokens: how many the target will look at.
        """
        ...


@dataclass(frozen=True)
class Offer:
    """A source that could be had for an utterance.

    Attributes:
        name: the source's name.
        open: makes it ready; may cost time (a draft model encodes the sound), so it is called when
            the source is first wanted, and once at most.
    """

    name: str
    open: Callable[[], DraftSource]


@dataclass
class SourceFigures:
    """What a source did in one utterance.

    Attributes:
        proposed_tokens: how many of its tokens the target verified.
        accepted_tokens: how many of those the target chose itself.
        passes: passes of the target that verified something of it.
        spent_ms: time it took to open and to propose.
        saved_ms: estimate of the target's time that it saved: for each of its passes, the accepted
            tokens times the price of a step of one token, less what the pass was dearer for being
            wider. Its own `spent_ms` is not taken off. 0.0 where the steps have no prices.
    """

    proposed_tokens: int = 0
    accepted_tokens: int = 0
    passes: int = 0
    spent_ms: float = 0.0
    saved_ms: float = 0.0


class Drafting(Protocol):
    """Where the decoding loop gets proposals for one utterance, and tells what became of them."""

    def propose(
        self, accepted: Sequence[int], limit_tokens: int, pending_tokens: int
    ) -> Sequence[int]:
        """Tokens for the next pass; anything goes, and the loop cuts what cannot be fed.

        Args:
            accepted: the transcript so far.
            limit_tokens: the most that the pass has room for.
            pending_tokens: how many tokens the pass feeds anyway.
        """
        ...

    def verified(self, proposed_tokens: int, accepted_tokens: int, pass_ms: float) -> None:
        """The pass that followed `propose` has run.

        Args:
            proposed_tokens: how many tokens of the proposal it fed.
            accepted_tokens: how many leading ones the target chose itself.
            pass_ms: time of the pass.
        """
        ...

    def end(self, tokens: int, *, complete: bool) -> dict[str, SourceFigures]:
        """The utterance is over; returns what each source did.

        Args:
            tokens: length of the transcript.
            complete: False when decoding was given up.
        """
        ...
