"""A draft that is right as often as one says, at the real draft's cost.

With random weights a draft never guesses its target's tokens. So the draft runs for its cost alone:
it hears the sound and writes its tokens, and what is proposed in their place are the target's own,
each wrong with a set probability.
"""

from collections.abc import Sequence

import numpy as np


class ReplayedMap:
    """A `VocabularyMap` that replaces what the draft wrote by the target's tokens, with errors.

    It stands where a draft's tokens become the target's, so that the draft's own code, with its
    cache and its roll-backs, does all that it would do.
    """

    def __init__(
        self, tokens: Sequence[int], acceptance: float, vocabulary_tokens: int, seed: int
    ) -> None:
        """Prepare for one utterance.

        Args:
            tokens: what the target writes alone.
            acceptance: how likely a proposed token is the target's, each by itself.
            vocabulary_tokens: ids below it write text in both vocabularies.
            seed: of the errors.
        """
        self._tokens = list(tokens)
        self._acceptance = acceptance
        self._vocabulary_tokens = vocabulary_tokens
        self._random = np.random.default_rng(seed)
        # What was proposed at each position, and what the draft itself had written there.
        self._proposed: dict[int, int] = {}
        self._written: dict[int, int] = {}

    def to_draft(self, accepted: Sequence[int]) -> list[int]:
        """What the draft has in its cache, where its guess was taken; else the target's token."""
        return [
            self._written[position]
            if self._proposed.get(position) == token
            else token % self._vocabulary_tokens
            for position, token in enumerate(accepted)
        ]

    def to_target(self, accepted: Sequence[int], drafted: Sequence[int]) -> list[int]:
        """As many tokens of the target's as the draft wrote."""
        proposal = []
        for position, own in enumerate(drafted, start=len(accepted)):
            if position >= len(self._tokens):
                break
            token = self.guess(position)
            self._proposed[position] = token
            self._written[position] = own
            proposal.append(token)
        return proposal

    def guess(self, position: int) -> int:
        """The target's token at `position`, or a wrong one."""
        token = self._tokens[position]
        if self._random.random() < self._acceptance:
            return token
        return (token + 1) % self._vocabulary_tokens


class ReplayedSource:
    """The same guesses from a source that costs nothing, such as a hypothesis."""

    name = "replayed"

    def __init__(self, guesses: ReplayedMap) -> None:
        self._guesses = guesses

    def propose(self, accepted: Sequence[int], limit_tokens: int) -> list[int]:
        """See `DraftSource`."""
        return self._guesses.to_target(accepted, [0] * limit_tokens)
