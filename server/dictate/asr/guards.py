"""Guards against invented text: each a small pure function with a named threshold.

Whispers write fluent text over silence and noise, run in circles, and read their prompt back. A
guard that fires asks for another decoding (`fallback`); what no decoding clears is withheld
(`judgement`). Sources: openai/whisper, transcribe.py, for the compression ratio, the average
log-probability and the no-speech probability. The entropy was set with the bundled pair: of 160
synthetic utterances none with more than half of its words right came above 1.8 nats, while of 42
noises, tones and silences 37 did; log-probabilities and entropies of published checkpoints on
people's voices were not measured.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from dictate.asr.boilerplate import normalised

Reason = Literal[
    "silence",
    "no_speech",
    "log_probability",
    "entropy",
    "repetition",
    "compression",
    "prompt_echo",
    "boilerplate",
]


@dataclass(frozen=True)
class Thresholds:
    """Where guards fire.

    Attributes:
        compression_ratio: most bytes of text per byte behind zlib (openai/whisper).
        average_log_probability: least mean log-probability per token (openai/whisper).
        entropy_nats: most mean entropy of the distributions that the tokens were chosen from.
        no_speech_probability: most probability of the no-speech token (openai/whisper); counts only
            together with a low log-probability, or for sentences that are often invented.
        sure_log_probability: mean log-probability above which a courtesy ("thank you"), or a
            sign-off at a text's end, counts as heard.
        loop_repeats: as many times in a row must a run of tokens stand to be a loop.
        loop_tokens: as many tokens must the repeats have together.
        echo_words: as many words of the prompt in a row, in its order, make an echo.
        echo_share: when they are at least this share of the text.
    """

    compression_ratio: float = 2.4
    average_log_probability: float = -1.0
    entropy_nats: float = 2.4
    no_speech_probability: float = 0.6
    sure_log_probability: float = -0.5
    loop_repeats: int = 5
    loop_tokens: int = 20
    echo_words: int = 4
    echo_share: float = 0.8


_FEWEST_NAMES: Final = 3
"""So many names of a prompt in its order are a list read back."""
_LONGEST_PERIOD_TOKENS: Final = 64
_LEAST_SWING: Final = 2 / 32_768
_ENDING: Final = ".!?\u2026\u3002\uff01\uff1f\n"
_LEAST_COMPRESSED_CHARACTERS: Final = 64
"""Below, zlib's frame weighs more than the text."""


@dataclass(frozen=True)
class Loop:
    """Tokens `start .. end` repeat their first `period` tokens."""

    start: int
    end: int
    period: int


def find_loops(tokens: Sequence[int], least_repeats: int, least_tokens: int) -> list[Loop]:
    """Runs of tokens that stand there again and again, in order, none inside another.

    Args:
        tokens: ids.
        least_repeats: how often the run must stand there, the first time included; the last time
            may be cut short by the end of `tokens`.
        least_tokens: how many tokens all times together must have.
    """
    loops: list[Loop] = []
    position = 0
    while position < len(tokens):
        loop = _loop_at(tokens, position, least_repeats, least_tokens)
        if loop is None:
            position += 1
        else:
            loops.append(loop)
            position = loop.end
    return loops


def _loop_at(
    tokens: Sequence[int], start: int, least_repeats: int, least_tokens: int
) -> Loop | None:
    longest = min(_LONGEST_PERIOD_TOKENS, (len(tokens) - start) // max(2, least_repeats - 1))
    for period in range(1, longest + 1):
        end = start + period
        while end < len(tokens) and tokens[end] == tokens[end - period]:
            end += 1
        length = end - start
        whole = length // period
        if end == len(tokens):  # cut short by the end: it was about to stand there once more
            whole += length % period > 0
        if whole >= least_repeats and length >= least_tokens:
            cut_short = 0 if end == len(tokens) else length % period
            return Loop(start, end - cut_short, period)
    return None


def compression_ratio(text: str) -> float:
    """Bytes of `text` per byte of it behind zlib; 0.0 for texts too short to tell."""
    if len(text) < _LEAST_COMPRESSED_CHARACTERS:
        return 0.0
    data = text.encode("utf-8", errors="replace")
    return len(data) / len(zlib.compress(data))


def is_still(samples: NDArray[np.float32]) -> bool:
    """No microphone sends this: a flat line, but for the last bit of 16.

    Args:
        samples: float32 [n] in [-1, 1], n >= 1. A gate above that would drop quiet microphones.
    """
    return float(np.ptp(samples)) <= _LEAST_SWING


def is_silent(no_speech: float | None, average_log_probability: float, limits: Thresholds) -> bool:
    """Nobody spoke: the no-speech token is likely and the text is not (openai/whisper)."""
    return (
        no_speech is not None
        and no_speech > limits.no_speech_probability
        and average_log_probability < limits.average_log_probability
    )


def echo_span(text: str, prompt: str) -> tuple[int, int, int]:
    """The longest run of words that `text` shares with `prompt`; a name is one word.

    Returns:
        Index of its first word in the text, behind its last one, and how many words the text has.
    """
    said, given = _words(text), _words(prompt)
    best_start, best_end = 0, 0
    # Longest common substring over words, one row of the table at a time.
    lengths = [0] * (len(given) + 1)
    for index, word in enumerate(said):
        previous = 0
        for place, name in enumerate(given, 1):
            kept = lengths[place]
            lengths[place] = previous + 1 if word == name else 0
            previous = kept
            if lengths[place] > best_end - best_start:
                best_start, best_end = index + 1 - lengths[place], index + 1
    return best_start, best_end, len(said)


def _split(text: str) -> list[str]:
    """What stands between white space and is not marks alone."""
    return [word for word in text.split() if normalised(word)]


def _words(text: str) -> list[str]:
    """The same without case and marks: `parse_config,` is one word."""
    return [normalised(word).replace(" ", "") for word in _split(text)]


def is_echo(text: str, prompt: str, limits: Thresholds, *, heard: bool) -> bool:
    """The text is the prompt read back.

    Args:
        text: of the transcript.
        prompt: the text that the target was really given, cut to its budget.
        limits: how many words, and what share of the text.
        heard: the target was sure, and of speech. A name or two of the prompt are what a programmer
            says; they are an echo only where nobody seems to have spoken.
    """
    start, end, words = echo_span(text, prompt)
    run = end - start
    if run == 0 or run < limits.echo_share * words:
        return False
    if not heard:
        return True
    # A name of four parts is one thing to say, as two names are two: neither is a list read back.
    parts = normalised(" ".join(_split(text)[start:end])).split()
    return run >= _FEWEST_NAMES and len(parts) >= limits.echo_words


def boilerplate_start(
    text: str, table: Mapping[str, Sequence[str]], language: str | None
) -> int | None:
    """Where sentences of `table` begin that end `text`; 0 when they are the whole of it.

    Args:
        text: of the transcript.
        table: normalised sentences by language, see `boilerplate`.
        language: of the speech. English is looked at always, because it is invented in any
            language; None looks at all.

    Returns:
        Index of a character; None when the text does not end so. In front of a sentence at the end
        there is the end of another one.
    """
    languages = table if language is None else {"en", language} & set(table)
    known = {sentence for code in languages for sentence in table[code]}
    longest = max((len(sentence) for sentence in known), default=0)
    found: int | None = None
    starts = [
        index
        for index, character in enumerate(text)
        if character.isalnum() and _begins_a_sentence(text, index)
    ]
    end = len(text)
    for start in reversed(starts):
        sentence = normalised(text[start:end])
        if len(sentence) > longest:
            break
        if sentence in known:
            found = end = start
    if found is not None and not normalised(text[:found]):
        return 0
    return found


def _begins_a_sentence(text: str, index: int) -> bool:
    """Nothing but marks stands before `index`, or the marks there end another sentence."""
    end = index
    while end and not text[end - 1].isalnum():
        end -= 1
    return end == 0 or any(mark in _ENDING for mark in text[end:index])
