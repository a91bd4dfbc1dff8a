"""The dictated sound decoded again, in this process: alone in one piece, and as it was dictated.

Alone, nothing is drafted: what the target writes is what the final has to equal. As dictated, the
sound grows and hypotheses of it are asked for as often as the time that each takes allows; then it
is committed, and the tokens that the last hypothesis saved are counted.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from dictate.audio.format import SAMPLE_RATE_HZ, samples_of_ms
from dictate.dictation.recognition import joined
from dictate.engine.in_process import InProcessEngine
from dictate.engine.protocol import EngineOptions, EngineSession, Transcript
from dictate.vad.segmenter import SegmenterOptions, split_speech

_STEP_SAMPLES: Final = samples_of_ms(100)
_LONGEST_REST_S: Final = 1.0
"""As a dictation asks: see `dictate.dictation.recognition`."""
_OF_LAST_PARTIAL: Final = ("previous hypothesis", "recycled tail")


@dataclass(frozen=True)
class Dictation:
    """What was dictated: its sound, how that was cut, and what the engine was told."""

    samples: NDArray[np.int16]
    segmenter: SegmenterOptions
    prompt: str = ""
    phrases: tuple[str, ...] = ()


class LastPartial(msgspec.Struct):
    """What the last partial was worth to its final.

    Attributes:
        proposed_tokens: of the last partial, those that the target verified.
        accepted_tokens: those of them that it chose itself.
        final_tokens: of the final, the end of each segment's text included.
        decoder_ms: time in the decoder for the final, with all drafts.
        alone_ms: the same of the target alone.
    """

    proposed_tokens: int = 0
    accepted_tokens: int = 0
    final_tokens: int = 0
    decoder_ms: float = 0.0
    alone_ms: float = 0.0


@dataclass(frozen=True)
class DecodedAgain:
    """A dictation's text by the target alone, and the worth of its last partial.

    Attributes:
        text: of all segments.
        confidences: of its words.
    """

    text: str
    confidences: list[float]
    last_partial: LastPartial


async def decode_again(
    wanted: EngineOptions, dictations: Sequence[Dictation]
) -> list[DecodedAgain]:
    """Decode dictations again, in order.

    Args:
        wanted: of the engine that decoded them first.
        dictations: what was dictated.

    Raises:
        EngineError: the pair cannot run here.
    """
    drafting = InProcessEngine(wanted)
    alone = InProcessEngine(msgspec.structs.replace(wanted, speculation=False))
    try:
        return [await _decode_again(drafting, alone, each) for each in dictations]
    finally:
        await drafting.close()
        await alone.close()


async def _decode_again(
    drafting: InProcessEngine, alone: InProcessEngine, dictation: Dictation
) -> DecodedAgain:
    worth = LastPartial()
    texts = []
    confidences: list[float] = []
    by_drafts = await _session(drafting, dictation)
    by_itself = await _session(alone, dictation)
    for segment in split_speech(dictation.samples, dictation.segmenter):
        sound = dictation.samples[segment.start_sample : segment.end_sample]
        await by_itself.append(sound)
        transcript = await by_itself.commit()
        texts.append(transcript.text)
        confidences += [word.confidence for word in transcript.words]
        worth.alone_ms += _decoder_ms(transcript)
        worth.final_tokens += len(transcript.token_log_probabilities) + 1
        await _grow(by_drafts, sound)
        before = await _last_partial_tokens(drafting)
        worth.decoder_ms += _decoder_ms(await by_drafts.commit())
        after = await _last_partial_tokens(drafting)
        worth.proposed_tokens += after[0] - before[0]
        worth.accepted_tokens += after[1] - before[1]
    await by_drafts.close()
    await by_itself.close()
    return DecodedAgain(joined(texts), confidences, worth)


async def _session(engine: InProcessEngine, dictation: Dictation) -> EngineSession:
    session = await engine.session(speech_only=True)
    status = await engine.status()
    await session.configure(
        prompt=dictation.prompt if status.follows_prompts else "",
        language=None,
        phrases=dictation.phrases,
    )
    return session


async def _grow(session: EngineSession, sound: NDArray[np.int16]) -> None:
    """Put the sound into the buffer as it would arrive, and ask for hypotheses meanwhile."""
    heard = 0
    next_sample = _STEP_SAMPLES
    took_samples = 0
    # One that would not be ready at the end would have been given up there.
    while next_sample + took_samples <= sound.size:
        await session.append(sound[heard:next_sample])
        heard = next_sample
        begun_s = time.perf_counter()
        await session.hypothesis()
        took_s = time.perf_counter() - begun_s
        took_samples = round(took_s * SAMPLE_RATE_HZ)
        rest_samples = round(min(took_s, _LONGEST_REST_S) * SAMPLE_RATE_HZ)
        next_sample = heard + max(_STEP_SAMPLES, took_samples + rest_samples)
    await session.append(sound[heard:])


async def _last_partial_tokens(engine: InProcessEngine) -> tuple[int, int]:
    """Tokens of hypotheses so far: proposed and accepted."""
    sources = [
        source
        for source in (await engine.status()).draft_sources
        if source.name in _OF_LAST_PARTIAL
    ]
    return (
        sum(source.proposed_tokens for source in sources),
        sum(source.accepted_tokens for source in sources),
    )


def _decoder_ms(transcript: Transcript) -> float:
    return transcript.timings_ms.get("decode", 0.0)
