"""The confidences of an engine's words, for the words between white space."""

from __future__ import annotations

from collections.abc import Sequence

from dictate.engine.protocol import TranscribedWord


def words_of(text: str, transcribed: Sequence[TranscribedWord]) -> list[tuple[str, float]]:
    """The words of a text between white space, each with its confidence.

    Where the engine's words are smaller (in languages written without spaces) the least sure part
    counts. Words that the engine said nothing of are taken as sure.

    Args:
        text: of a transcript.
        transcribed: the words that came with it, in order.
    """
    words: list[tuple[str, float]] = []
    rest = list(reversed(transcribed))
    for word in text.split():
        covered, least = "", 1.0
        while rest and word.startswith(covered + rest[-1].text) and covered != word:
            part = rest.pop()
            covered, least = covered + part.text, min(least, part.confidence)
        words.append((word, least))
    return words
