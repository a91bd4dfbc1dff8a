"""From one utterance's segments to its text, through an engine that may die in between.

Segments are decoded in order while speech goes on. When the engine is lost, a new one is opened and
given what was not decoded yet, from the samples in memory; texts that arrived are never asked for
again.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dictate.dictation.engine_link import EngineLink
from dictate.dictation.samples import SampleBuffer
from dictate.engine.protocol import Engine, EngineError, EngineLost, EngineSession, Transcript

if TYPE_CHECKING:
    from dictate.vad.segmenter import Segment

_ATTEMPTS = 4
"""How often an utterance survives the loss of its engine."""
_FIRST_PAUSE_S = 0.2
_HYPOTHESIS_STEP_SAMPLES = 16_000 * 3 // 10
"""A new hypothesis is worth asking for after this much more speech."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RecognitionOptions:
    """What the engine is told before it decodes.

    Attributes:
        prompt: Names to spell so, the most important last; used where the model follows prompts. A
            future, because a long document takes some milliseconds to read while the microphone
            opens.
        language: Of the speech, as a two-letter code; None leaves it to the model.
        context: Text around the place where the words will stand; makes decoding faster.
    """

    prompt: "asyncio.Future[str] | None" = None
    language: str | None = None
    context: str = ""


@dataclass
class Recognised:
    """The text of an utterance and how it came about."""

    text: str = ""
    audio_ms: float = 0.0
    segments: int = 0
    rejected: list[str] = field(default_factory=list)
    """Why the engine withheld text, or a part of it; see `protocol.Transcript`."""
    engine_timings_ms: dict[str, float] = field(default_factory=dict)
    """The stages of the last segment, which is what a user waits for."""
    last_commit_s: float | None = None
    """Monotonic time when the last segment went to the engine."""
    last_text_s: float | None = None
    """Monotonic time when its text came back."""


class Recognition:
    """Decodes the segments of one utterance. Lives on the event loop."""

    def __init__(
        self,
        link: EngineLink,
        samples: SampleBuffer,
        options: RecognitionOptions,
        on_partial: Callable[[str], None] | None = None,
    ) -> None:
        """Prepare to decode.

        Args:
            link: Where the engine comes from.
            samples: All samples of the utterance; grows while it is spoken.
            options: Prompt and language.
            on_partial: Takes the text so far, decoded segments and hypothesis; None: no hypotheses.
        """
        self._link = link
        self._samples = samples
        self._options = options
        self._on_partial = on_partial
        self._segments: list[Segment] = []
        self._transcripts: list[Transcript] = []
        self._speech_start_sample: int | None = None
        self._finished = False
        self._changed = asyncio.Event()
        self._result = Recognised()
        self._hypothesis: asyncio.Task[str] | None = None
        self._buffered: tuple[int, int] | None = None
        self._last_partial = ""

    @property
    def has_speech(self) -> bool:
        """Somebody spoke."""
        return bool(self._segments)

    def add(self, segments: "list[Segment]", speech_start_sample: int | None) -> None:
        """Take segments that ended, in order, and where the one that is being spoken began."""
        self._segments.extend(segments)
        self._speech_start_sample = speech_start_sample
        self._changed.set()

    def finish(self) -> None:
        """No more segments will come."""
        self._finished = True
        self._speech_start_sample = None
        self._changed.set()

    async def run(self) -> Recognised:
        """Decode until `finish` and return the whole text.

        Raises:
            EngineError: the engine cannot be started, cannot decode, or dies again and again.
        """
        for attempt in range(_ATTEMPTS):
            try:
                await self._run_once()
                break
            except EngineLost:
                if attempt + 1 == _ATTEMPTS:
                    raise
                _log.warning("engine lost, replaying from segment %d", len(self._transcripts))
                await asyncio.sleep(_FIRST_PAUSE_S * attempt)
        self._result.text = joined([transcript.text for transcript in self._transcripts])
        self._result.segments = len(self._transcripts)
        self._result.rejected = list(
            dict.fromkeys(reason for each in self._transcripts for reason in each.rejected)
        )
        self._result.audio_ms = sum(transcript.audio_ms for transcript in self._transcripts)
        if self._transcripts:
            self._result.engine_timings_ms = dict(self._transcripts[-1].timings_ms)
        return self._result

    async def _run_once(self) -> None:
        engine = await self._link.engine()
        session: EngineSession | None = None
        self._buffered = None
        try:
            session = await engine.session(speech_only=True)
            prompt = await self._prompt_for(engine)
            await session.configure(
                prompt=prompt, language=self._options.language, context=self._options.context
            )
            await self._decode(session)
        finally:
            if self._hypothesis is not None:
                self._hypothesis.cancel()
                self._hypothesis = None
            if session is not None:
                self._link.dismiss(session)

    async def _prompt_for(self, engine: Engine) -> str:
        if self._options.prompt is None:
            return ""
        status = await engine.status()
        if status.state == "ready" and not status.follows_prompts:
            return ""
        try:
            return await self._options.prompt
        except Exception:  # noqa: BLE001
            # Names help the spelling; a document that breaks the lexer must not cost the dictation.
            _log.exception("no prompt")
            return ""

    async def _decode(self, session: EngineSession) -> None:
        while True:
            self._changed.clear()
            if len(self._transcripts) < len(self._segments):
                await self._decode_next(session)
            elif self._finished:
                return
            else:
                await self._ask_for_a_hypothesis(session)
                changed = asyncio.ensure_future(self._changed.wait())
                waiting: set[asyncio.Future[Any]] = {changed}
                if self._hypothesis is not None:
                    waiting.add(self._hypothesis)
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                changed.cancel()
                self._take_hypothesis()

    async def _decode_next(self, session: EngineSession) -> None:
        segment = self._segments[len(self._transcripts)]
        start_sample = segment.start_sample
        if self._buffered is not None:
            begun, until = self._buffered
            if begun == segment.start_sample and until <= segment.end_sample:
                start_sample = until
            else:
                # The segment was trimmed behind what the hypothesis heard: only its own sound
                # counts.
                await session.clear()
            self._buffered = None
        if start_sample < segment.end_sample:
            await session.append(self._samples.between(start_sample, segment.end_sample))
        self._result.last_commit_s = time.monotonic()
        transcript = await session.commit()
        self._result.last_text_s = time.monotonic()
        self._transcripts.append(transcript)
        self._show("")

    async def _ask_for_a_hypothesis(self, session: EngineSession) -> None:
        start_sample = self._speech_start_sample
        if self._on_partial is None or self._hypothesis is not None or start_sample is None:
            return
        if self._buffered is not None and self._buffered[0] != start_sample:
            await session.clear()  # what sounded like speech was none
            self._buffered = None
        until = self._buffered[1] if self._buffered is not None else start_sample
        now = len(self._samples)
        if now - until < _HYPOTHESIS_STEP_SAMPLES:
            return
        self._buffered = (start_sample, now)
        # Both take their place in the stream here, before any commit that follows.
        asked = asyncio.gather(
            session.append(self._samples.between(until, now)), session.hypothesis()
        )
        self._hypothesis = asyncio.ensure_future(_second(asked))

    def _take_hypothesis(self) -> None:
        task = self._hypothesis
        if task is None or not task.done():
            return
        self._hypothesis = None
        try:
            text = task.result()
        except EngineLost:
            raise
        except EngineError as error:
            # A hypothesis is a courtesy: if the engine is in trouble, the commit says so.
            _log.info("no hypothesis: %s", error)
            return
        # A segment that ended meanwhile makes the hypothesis old: its final is on the way.
        if text and len(self._transcripts) == len(self._segments):
            self._show(text)

    def _show(self, hypothesis: str) -> None:
        if self._on_partial is None or self._finished:
            return
        text = joined([*(transcript.text for transcript in self._transcripts), hypothesis])
        if text and text != self._last_partial:
            self._last_partial = text
            self._on_partial(text)


async def _second(asked: "asyncio.Future[tuple[None, str]]") -> str:
    return (await asked)[1]


def joined(texts: list[str]) -> str:
    """Join the texts of consecutive segments with single spaces."""
    return " ".join(stripped for text in texts if (stripped := text.strip()))
