"""All guards over one decoding: which fire, and what of the text may be kept nevertheless."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dictate.asr.boilerplate import COURTESIES, CREDITS, SIGN_OFFS
from dictate.asr.confidence import TokenScores, mean
from dictate.asr.guards import (
    Loop,
    Reason,
    Thresholds,
    boilerplate_start,
    compression_ratio,
    find_loops,
    is_echo,
    is_silent,
)
from dictate.asr.tokens import Tokens


@dataclass(frozen=True)
class Judgement:
    """What the guards say.

    Attributes:
        reasons: the guards that fired, none where the text stands.
        kept: indices of the tokens that may be written even so; all where no guard fired.
    """

    reasons: tuple[Reason, ...]
    kept: tuple[int, ...]


def judge(
    tokens: Sequence[int],
    scores: TokenScores,
    vocabulary: Tokens,
    limits: Thresholds,
    *,
    truncated: bool,
    prompt: str,
    language: str | None,
    no_speech: Callable[[], float | None],
) -> Judgement:
    """Put every guard to a decoding.

    - A loop loses its repeats, and stands once.
    - Text that compresses too well without being a loop is withheld where it fills the budget.
    - Text that the target is not sure of on average, or that is the prompt read back, is withheld.
    - Boilerplate is cut off the end, or withheld where it is all.

    Args:
        tokens: of the transcript.
        scores: of the tokens, the end included.
        vocabulary: whose ids they are.
        limits: where guards fire.
        truncated: the transcript was cut short by a bound.
        prompt: the text that the target was given, cut to its budget.
        language: of the speech; None: not known.
        no_speech: probability that nobody speaks, None where the checkpoint cannot tell; costs a
            pass, so it is asked only where it matters.
    """
    everything = tuple(range(len(tokens)))
    text = vocabulary.decode(tokens).strip()
    if not text:
        return Judgement((), everything)
    reasons: list[Reason] = []
    kept = everything
    loops = find_loops(tokens, limits.loop_repeats, limits.loop_tokens)
    if loops:
        reasons.append("repetition")
        kept = _without_repeats(everything, loops)
        text = vocabulary.decode([tokens[index] for index in kept]).strip()
    elif compression_ratio(text) > limits.compression_ratio:
        reasons.append("compression")
        kept = () if truncated else kept
    average = scores.average_log_probability
    if average < limits.average_log_probability:
        reasons.append("log_probability")
    if mean(scores.entropies_nats) > limits.entropy_nats:
        reasons.append("entropy")
    unsure = "log_probability" in reasons or "entropy" in reasons
    if unsure:
        if is_silent(no_speech(), average, limits):
            reasons.append("no_speech")
        kept = ()

    def nobody() -> bool:
        """Nobody seems to speak."""
        silence = no_speech()
        return bool(loops) or (silence is not None and silence > limits.no_speech_probability)

    def average_from(cut: int) -> float:
        """Of the tokens that write the text from this character on, the end included."""
        head = _tokens_of(text[:cut].rstrip(), whole, tokens, vocabulary)
        tail = [scores.log_probabilities[index] for index in whole[len(head) :]]
        return mean(tail + scores.log_probabilities[len(tokens) :])

    whole = _without_repeats(everything, loops)
    echoes = is_echo(text, prompt, limits, heard=True)
    if not echoes and is_echo(text, prompt, limits, heard=False):
        echoes = average < limits.sure_log_probability or nobody()
    if echoes:
        reasons.append("prompt_echo")
        kept = ()
    cut = _boilerplate_cut(text, language, average_from, nobody, limits)
    if cut is not None:
        reasons.append("boilerplate")
        kept = _tokens_of(text[:cut].rstrip(), kept, tokens, vocabulary)
    return Judgement(tuple(reasons), kept)


def _boilerplate_cut(
    text: str,
    language: str | None,
    average_from: Callable[[int], float],
    nobody: Callable[[], bool],
    limits: Thresholds,
) -> int | None:
    """Where the boilerplate at the end of `text` begins; None where there is none."""
    cut = boilerplate_start(text, CREDITS, language)
    if cut is not None:
        return cut
    cut = boilerplate_start(text, SIGN_OFFS, language)
    if cut is not None and (
        cut == 0 or average_from(cut) < limits.sure_log_probability or nobody()
    ):
        return cut
    cut = boilerplate_start(text, COURTESIES, language)
    if cut is None:
        return None
    if cut == 0:
        return 0 if average_from(0) < limits.sure_log_probability or nobody() else None
    # Somebody spoke, and people do say thanks at the end.
    return cut if average_from(cut) < limits.average_log_probability else None


def _without_repeats(indices: tuple[int, ...], loops: Sequence[Loop]) -> tuple[int, ...]:
    repeats = {index for loop in loops for index in range(loop.start + loop.period, loop.end)}
    return tuple(index for index in indices if index not in repeats)


def _tokens_of(
    head: str, kept: tuple[int, ...], tokens: Sequence[int], vocabulary: Tokens
) -> tuple[int, ...]:
    """The fewest of the `kept` tokens that write all of `head`."""
    if not head:
        return ()
    for count in range(len(kept) + 1):
        written = vocabulary.decode([tokens[index] for index in kept[:count]])
        if len(written.strip()) >= len(head):
            return kept[:count]
    return kept
