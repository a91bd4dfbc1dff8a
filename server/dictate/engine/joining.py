"""One transcript of the pieces that a stretch of sound was decoded in."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from dictate.asr.agreement import committed_tokens, likely_tokens
from dictate.engine.protocol import TokenLogProbability, TranscribedWord, Transcript

if TYPE_CHECKING:
    from dictate.asr import Transcription
    from dictate.asr.tokens import Tokens

_LEAST_LOG_PROBABILITY: Final = -100.0
"""In place of minus infinity, which JSON does not know."""


class Joiner:
    """Takes pieces in order; `transcript` gives the whole."""

    def __init__(self, vocabulary: Tokens) -> None:
        """Begin with nothing; `vocabulary` is the target's."""
        self._vocabulary = vocabulary
        self._pieces: list[Transcription] = []
        self._texts: list[str] = []
        self._committed = _Beginning(vocabulary)
        self._likely = _Beginning(vocabulary)

    def add(self, piece: Transcription, agreed: int = 0) -> str:
        """Take a piece; returns what it adds to the text, a space in front where one is needed.

        Args:
            piece: the next one.
            agreed: how many of its tokens an earlier hypothesis began with.
        """
        self._pieces.append(piece)
        text = piece.text.strip()
        if not text:
            return ""
        space = " " if self._texts else ""
        self._texts.append(space + text)
        self._committed.add(piece, space, committed_tokens(piece.words, agreed))
        self._likely.add(piece, space, likely_tokens(piece.words))
        return space + text

    def transcript(self, audio_ms: float, timings_ms: dict[str, float]) -> Transcript:
        """The whole.

        Args:
            audio_ms: length of the sound.
            timings_ms: what is to be told besides the pieces' own stages, which are added up.
        """
        pieces = self._pieces
        words: list[TranscribedWord] = []
        tokens = 0
        stages_ms: dict[str, float] = {}
        for piece in pieces:
            words += [
                TranscribedWord(
                    text=word.text,
                    confidence=word.confidence,
                    start_token=tokens + word.start_token,
                    end_token=tokens + word.end_token,
                )
                for word in piece.words
            ]
            tokens += len(piece.tokens)
            for stage, spent_ms in piece.timings_ms.items():
                stages_ms[stage] = stages_ms.get(stage, 0.0) + spent_ms
        silences = [
            piece.no_speech_probability
            for piece in pieces
            if piece.no_speech_probability is not None
        ]
        return Transcript(
            text="".join(self._texts),
            audio_ms=audio_ms,
            timings_ms=timings_ms | stages_ms,
            proposed_tokens=sum(piece.proposed_tokens for piece in pieces),
            accepted_tokens=sum(piece.accepted_tokens for piece in pieces),
            truncated=any(piece.truncated for piece in pieces),
            words=words,
            average_log_probability=_average(pieces),
            no_speech_probability=min(silences, default=None),
            temperature=max((piece.temperature for piece in pieces), default=0.0),
            beams=max((piece.beams for piece in pieces), default=1),
            guards=_ordered([reason for piece in pieces for reason in piece.guards]),
            rejected=_ordered([reason for piece in pieces for reason in piece.rejected]),
            token_log_probabilities=[
                figure for piece in pieces for figure in self._token_figures(piece)
            ],
            committed=self._committed.text,
            likely=self._likely.text,
        )

    def _token_figures(self, piece: Transcription) -> list[TokenLogProbability]:
        figures = []
        for token, value in zip(piece.tokens, piece.log_probabilities, strict=True):
            data = self._vocabulary.bytes_of([token])
            figures.append(
                TokenLogProbability(
                    token=data.decode("utf-8", errors="replace"),
                    logprob=_finite(value),
                    bytes=list(data),
                )
            )
        return figures


class _Beginning:
    """The pieces that are kept whole, and the beginning of the one behind them."""

    def __init__(self, vocabulary: Tokens) -> None:
        self.text = ""
        self._vocabulary = vocabulary
        self._is_whole = True

    def add(self, piece: Transcription, space: str, kept_tokens: int) -> None:
        """Take the first tokens of the next piece."""
        if self._is_whole:
            self._is_whole = kept_tokens == len(piece.tokens)
            kept = self._vocabulary.decode(piece.tokens[:kept_tokens]).strip()
            self.text += space + kept if kept else ""


def _average(pieces: list[Transcription]) -> float:
    """Over the tokens of all pieces; each has an end besides."""
    counts = [len(piece.tokens) + 1 for piece in pieces]
    sums = [
        count * piece.average_log_probability for count, piece in zip(counts, pieces, strict=True)
    ]
    return _finite(math.fsum(sums) / sum(counts)) if pieces else 0.0


def _finite(value: float) -> float:
    return value if value > _LEAST_LOG_PROBABILITY else _LEAST_LOG_PROBABILITY


def _ordered(reasons: list[str]) -> list[str]:
    """Each once, in the order of its first appearance."""
    return list(dict.fromkeys(reasons))
