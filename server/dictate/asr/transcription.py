"""What a pair says of one window of sound."""

from dataclasses import dataclass, field

from dictate.asr.confidence import Word, group_words
from dictate.asr.drafts import SourceFigures
from dictate.asr.fallback import Outcome
from dictate.asr.guards import Reason
from dictate.asr.speculative import Decoded
from dictate.asr.tokens import Tokens


@dataclass(frozen=True)
class Transcription:
    """The text of one window of sound, and how it came about.

    Attributes:
        text: without white space at its ends; empty where nobody spoke or all was withheld.
        tokens: ids of the text, without the end.
        log_probabilities: of each token.
        words: with a confidence each.
        average_log_probability: per token of the decoding that is used, its end included.
        no_speech_probability: that nobody speaks; None where it was not asked for or the checkpoint
            has no token for it. It is asked for when a language is detected and by guards in doubt.
        temperature: above 0.0 where a guard had fired and a sampled text passed.
        beams: how many hypotheses were kept.
        guards: the guards against invented text that fired at the first decoding.
        rejected: those of them that text was withheld for, all of it or a part; none where another
            decoding passed, or where the text may stand.
        prompt_tokens: length of the prompt, as it was given.
        proposed_tokens: drafted tokens that were verified.
        accepted_tokens: how many of them the target chose itself.
        target_steps: passes of the target, over all decodings.
        truncated: a bound ended the text before the target did.
        timings_ms: wall time per stage.
        sources: what each draft source did.
    """

    text: str
    tokens: list[int]
    prompt_tokens: int
    proposed_tokens: int
    accepted_tokens: int
    target_steps: int
    truncated: bool
    timings_ms: dict[str, float] = field(default_factory=dict)
    sources: dict[str, SourceFigures] = field(default_factory=dict)
    log_probabilities: list[float] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)
    average_log_probability: float = 0.0
    no_speech_probability: float | None = None
    temperature: float = 0.0
    beams: int = 1
    guards: tuple[Reason, ...] = ()
    rejected: tuple[Reason, ...] = ()


def nothing(
    timings_ms: dict[str, float], beams: int, reasons: tuple[Reason, ...] = ()
) -> Transcription:
    """Of sound that need not be decoded."""
    return Transcription(
        text="",
        tokens=[],
        prompt_tokens=0,
        proposed_tokens=0,
        accepted_tokens=0,
        target_steps=0,
        truncated=False,
        timings_ms=timings_ms,
        beams=beams,
        guards=reasons,
        rejected=reasons,
    )


def transcription(
    outcome: Outcome,
    first: Decoded,
    vocabulary: Tokens,
    language: str | None,
    no_speech_probability: float | None,
    timings_ms: dict[str, float],
) -> Transcription:
    """Of an outcome.

    Args:
        outcome: the decoding that is used, and what of it may be written.
        first: the first decoding, which alone drafts.
        vocabulary: the target's.
        language: of the speech; says whether it is written with spaces.
        no_speech_probability: None where it is not known.
        timings_ms: wall time per stage.
    """
    attempt = outcome.attempt
    tokens = [attempt.decoded.tokens[index] for index in outcome.kept]
    log_probabilities = [attempt.scores.log_probabilities[index] for index in outcome.kept]
    return Transcription(
        text=vocabulary.decode(tokens).strip(),
        tokens=tokens,
        log_probabilities=log_probabilities,
        words=group_words(tokens, log_probabilities, vocabulary, language),
        average_log_probability=attempt.scores.average_log_probability,
        no_speech_probability=no_speech_probability,
        temperature=attempt.temperature,
        beams=attempt.beams,
        guards=outcome.guards,
        rejected=outcome.rejected,
        prompt_tokens=len(attempt.prompt_tokens),
        proposed_tokens=first.proposed_tokens,
        accepted_tokens=first.accepted_tokens,
        target_steps=outcome.steps,
        truncated=attempt.decoded.truncated,
        timings_ms=timings_ms,
        sources=first.sources,
    )
