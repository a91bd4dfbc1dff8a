"""The previous hypothesis of the same utterance: nearly always right, and it costs nothing.

While somebody speaks, the same sound is decoded again and again, each time a little longer; most of
what was heard before is heard again. moonshine's streaming decoder verifies its last partial in the
same way.
"""

from collections.abc import Sequence

PREVIOUS_HYPOTHESIS = "previous hypothesis"
RECYCLED_TAIL = "recycled tail"

_LONGEST_MATCH_TOKENS = 4
# How far behind and before the expected place the tail is looked for.
_BEFORE_TOKENS = 8
_BEHIND_TOKENS = 16
# Farther than this, one equal token (a comma, an article) is no evidence.
_NEAR_TOKENS = 4


class HypothesisDraft:
    """Proposes the rest of a hypothesis while it agrees with what is accepted."""

    name = PREVIOUS_HYPOTHESIS

    def __init__(self, hypothesis: Sequence[int], end: int) -> None:
        """Use `hypothesis`, target ids without the initial ones and without `end`."""
        self._tokens = [*hypothesis, end]
        self._agreed_tokens = 0

    def propose(self, accepted: Sequence[int], limit_tokens: int) -> list[int]:
        """See `DraftSource`; nothing once the two have parted."""
        start = common_prefix(self._tokens, accepted)
        if start < len(accepted):
            return []
        return self._tokens[start : start + limit_tokens]


class RecycledTail:
    """Proposes what is left of a hypothesis behind a place where the target decided otherwise.

    The target wrote another token than the hypothesis (substitution), more (insertion) or fewer
    (deletion); behind it both tend to go on alike. The last accepted tokens are looked for in the
    hypothesis near the place where it would go on if nothing more had changed: the longest match
    counts, of several the nearest. Right behind a mismatch, where nothing matches, a substitution
    is assumed.
    """

    name = RECYCLED_TAIL

    def __init__(self, hypothesis: Sequence[int], end: int) -> None:
        """Use `hypothesis`, target ids without the initial ones and without `end`."""
        self._tokens = [*hypothesis, end]
        # The place in the hypothesis less the place in the transcript, as found last.
        self._shift = 0

    def propose(self, accepted: Sequence[int], limit_tokens: int) -> list[int]:
        """See `DraftSource`; nothing before the first mismatch."""
        parted = common_prefix(self._tokens, accepted)
        if parted == len(accepted):
            return []
        start = self._realigned(accepted, parted)
        if start is None:
            if len(accepted) > parted + 1:
                return []
            start = len(accepted)
        else:
            self._shift = start - len(accepted)
        return self._tokens[start : start + limit_tokens]

    def _realigned(self, accepted: Sequence[int], parted: int) -> int | None:
        """Where in the hypothesis the last accepted tokens end; None where they do not occur."""
        tokens = self._tokens
        last = accepted[-1]
        expected = len(accepted) + self._shift
        best: tuple[int, int, int] | None = None
        first = max(parted, expected - _BEFORE_TOKENS, 1)
        for place in range(first, min(len(tokens), expected + _BEHIND_TOKENS + 1)):
            if tokens[place - 1] != last:
                continue
            match = 1
            while (
                match < min(_LONGEST_MATCH_TOKENS, place, len(accepted))
                and tokens[place - 1 - match] == accepted[-1 - match]
            ):
                match += 1
            distance = abs(place - expected)
            if match == 1 and distance > _NEAR_TOKENS:
                continue
            found = (match, -distance, place)
            if best is None or found > best:
                best = found
        return None if best is None else best[2]


def common_prefix(left: Sequence[object], right: Sequence[object]) -> int:
    """How many leading tokens, or words, are equal."""
    length = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        length += 1
    return length
