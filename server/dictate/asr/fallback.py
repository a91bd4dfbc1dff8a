"""What happens once a guard has fired: other decodings, and what is inserted when none is better.

The scheme is openai/whisper's (transcribe.py, `decode_with_fallback`): higher and higher
temperatures until a text passes. Two things differ, because what is dictated goes into a document.
The text of the last attempt is not taken whether it passes or not: what no guard clears is
withheld. And what the target was told to expect is left out first: a prompt that was read back, and
phrases that may have led it astray.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from dictate.asr.decoding import Attempt
from dictate.asr.guards import Reason
from dictate.asr.judgement import Judgement

# A sampled text is the luckiest of several, so it must be surer than a greedy one to be believed.
_LEAST_SAMPLED_LOG_PROBABILITY: Final = -0.5

_WORTH_SAMPLING: Final[frozenset[Reason]] = frozenset(
    {"repetition", "compression", "log_probability", "entropy"}
)
"""What chance may help: a loop is left, a doubt may be another's certainty. Nobody's speech is not
found in silence by trying again."""


@dataclass(frozen=True)
class Outcome:
    """What an utterance ends with.

    Attributes:
        attempt: the decoding that is used.
        kept: indices of its tokens that may be written.
        guards: the guards that fired at the first decoding.
        rejected: the guards that text was withheld for: all of it, or a part.
        steps: passes of the target over all decodings.
    """

    attempt: Attempt
    kept: tuple[int, ...]
    guards: tuple[Reason, ...] = ()
    rejected: tuple[Reason, ...] = ()
    steps: int = 0


def settle(
    first: Attempt,
    judge: Callable[[Attempt], Judgement],
    sampled: Callable[[float], Attempt],
    temperatures: tuple[float, ...],
    untold: Callable[[bool], Attempt],
) -> Outcome:
    """Accept the first decoding, or the first other one that passes every guard.

    Args:
        first: greedy or beam search.
        judge: puts the guards to an attempt.
        sampled: decodes at a temperature.
        temperatures: to be tried in this order; none: no other decodings at all.
        untold: decodes as the first did, but without phrases; with the prompt or without.
    """
    verdict = judge(first)
    steps = first.decoded.target_steps
    if not verdict.reasons:
        return Outcome(first, verdict.kept, steps=steps)
    for attempt in _others(first, verdict, sampled, temperatures, untold):
        steps += attempt.decoded.target_steps
        other = judge(attempt)
        sure = attempt.scores.average_log_probability >= _LEAST_SAMPLED_LOG_PROBABILITY
        if not other.reasons and other.kept and (sure or attempt.temperature == 0.0):
            return Outcome(attempt, other.kept, guards=verdict.reasons, steps=steps)
    withheld = len(verdict.kept) < len(first.decoded.tokens)
    return Outcome(
        first,
        verdict.kept,
        guards=verdict.reasons,
        rejected=verdict.reasons if withheld else (),
        steps=steps,
    )


def _others(
    first: Attempt,
    verdict: Judgement,
    sampled: Callable[[float], Attempt],
    temperatures: tuple[float, ...],
    untold: Callable[[bool], Attempt],
) -> Iterator[Attempt]:
    """The decodings worth trying, one by one."""
    if not temperatures or "no_speech" in verdict.reasons:
        return
    if "prompt_echo" in verdict.reasons:
        yield untold(False)
    elif _WORTH_SAMPLING & set(verdict.reasons):
        if first.is_biased:
            yield untold(True)
        yield from map(sampled, temperatures)
