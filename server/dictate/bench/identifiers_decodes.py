"""Sound decoded twice: with drafts, as it would be dictated, and by the target alone."""

from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from dictate.bench.identifiers_rungs import Told
from dictate.engine.in_process import InProcessEngine
from dictate.engine.protocol import EngineOptions, EngineSession, EngineStatus, Transcript

_SPOKEN_BEFORE_HYPOTHESIS: Final = 0.7


@dataclass(frozen=True)
class Decoded:
    """What the engine made of a sentence.

    Attributes:
        text: of the target.
        confidences: of its words.
        decode_ms: time in the decoder.
        engine_ms: from sound to text.
        is_exact: with drafts and without them the tokens are the same; None: that was not asked.
    """

    text: str
    confidences: tuple[float, ...]
    decode_ms: float
    engine_ms: float
    is_exact: bool | None


class Decoders:
    """The same pair with drafts and without them."""

    def __init__(self, options: EngineOptions) -> None:
        """Load it twice."""
        self._drafting = InProcessEngine(options)
        self._alone = InProcessEngine(msgspec.structs.replace(options, speculation=False))
        self._sessions: tuple[EngineSession, EngineSession] | None = None

    async def status(self) -> EngineStatus:
        """Of the one with drafts, once it is warm.

        Raises:
            EngineError: the pair cannot run.
        """
        await self._opened()
        return await self._drafting.status()

    async def decode(self, sound: NDArray[np.int16], told: Told) -> Decoded:
        """Decode a sentence; a hypothesis of its beginning is what is drafted from, among others.

        Args:
            sound: int16[n] at 16 kHz.
            told: of the names.
        """
        drafting, alone = await self._opened()
        for session in (drafting, alone):
            await session.configure(prompt=told.prompt, language=None, phrases=told.phrases)
        begun = round(_SPOKEN_BEFORE_HYPOTHESIS * sound.size)
        await drafting.append(sound[:begun])
        await drafting.hypothesis()
        await drafting.append(sound[begun:])
        transcript = await drafting.commit()
        await alone.append(sound)
        by_itself = await alone.commit()
        return _decoded(transcript, is_exact=_tokens(transcript) == _tokens(by_itself))

    async def decode_once(self, sound: NDArray[np.int16], told: Told) -> Decoded:
        """Decode a sentence of which nothing is known before, with drafts alone."""
        drafting, _ = await self._opened()
        await drafting.configure(prompt=told.prompt, language=None, phrases=told.phrases)
        await drafting.append(sound)
        return _decoded(await drafting.commit())

    async def close(self) -> None:
        """Free both."""
        for session in self._sessions or ():
            await session.close()
        await self._drafting.close()
        await self._alone.close()

    async def _opened(self) -> tuple[EngineSession, EngineSession]:
        if self._sessions is None:
            self._sessions = (
                await self._drafting.session(speech_only=True),
                await self._alone.session(speech_only=True),
            )
        return self._sessions


def _decoded(transcript: Transcript, *, is_exact: bool | None = None) -> Decoded:
    return Decoded(
        text=transcript.text,
        confidences=tuple(word.confidence for word in transcript.words),
        decode_ms=transcript.timings_ms.get("decode", 0.0),
        engine_ms=transcript.timings_ms.get("engine", 0.0),
        is_exact=is_exact,
    )


def _tokens(transcript: Transcript) -> list[list[int]]:
    return [token.bytes for token in transcript.token_log_probabilities]
