"""From one utterance's segments to its text, through an engine that may die in between.

Segments are decoded in order while speech goes on. When the engine is lost, a new one is opened and
given what was not decoded yet, from the samples in memory; texts that arrived are never asked for
again.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from dictate.dictation.engine_link import EngineLink
from dictate.dictation.samples import SampleBuffer
from dictate.dictation.word_confidences import words_of
from dictate.engine.protocol import (
    Engine,
    EngineError,
    EngineLost,
    EngineSession,
    Hypothesis,
    Transcript,
)

if TYPE_CHECKING:
    from dictate.vad.segmenter import Segment

_ATTEMPTS = 4
"""As often in a row, without a text in between, the engine may be lost; then it is given up."""
_FIRST_PAUSE_S = 0.2
_HYPOTHESIS_STEP_SAMPLES = 16_000 // 10
"""A new hypothesis is worth asking for after this much more speech."""
_LONGEST_REST_S = 1.0
"""Between two hypotheses the engine rests as long as the last one took, but no longer than this."""

_log = logging.getLogger(__name__)
_T = TypeVar("_T")


@dataclass(frozen=True)
class RecognitionOptions:
    """What the engine is told before it decodes.

    Attributes:
        prompt: Names to spell so, the most important last; used where the model follows prompts. A
            future, because a long document takes some milliseconds to read while the microphone
            opens.
        phrases: Names and words that may be said, the likeliest first; every model follows them.
        language: Of the speech, as a two-letter code; None leaves it to the model.
        context: Text around the place where the words will stand; makes decoding faster.
    """

    prompt: "asyncio.Future[str] | None" = None
    phrases: "asyncio.Future[Sequence[str]] | None" = None
    language: str | None = None
    context: str = ""


@dataclass
class Recognised:
    """The text of an utterance and how it came about."""

    text: str = ""
    words: list[tuple[str, float]] = field(default_factory=list)
    """The words of the text between white space, each with its confidence, 0.0 to 1.0."""
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
        on_partial: Callable[[Hypothesis], None] | None = None,
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
        self._growing: Segment | None = None
        self._is_quiet = True
        self._finished = False
        self._changed = asyncio.Event()
        self._result = Recognised()
        self._hypothesis: asyncio.Task[Hypothesis] | None = None
        self._hypothesis_place = 0  # of the segment it is of, among all
        self._rest_until_s = 0.0
        self._previewed: Segment | None = None
        self._buffered: tuple[int, int] | None = None
        self._last_partial = Hypothesis()

    @property
    def has_speech(self) -> bool:
        """Somebody spoke."""
        return bool(self._segments)

    def add(self, segments: "list[Segment]", growing: "Segment | None", *, is_quiet: bool) -> None:
        """Take what was found in the sound so far.

        Args:
            segments: those that ended, in order.
            growing: the one that would end if nothing more were said.
            is_quiet: only more speech can change that one.
        """
        self._segments.extend(segments)
        self._growing, self._is_quiet = growing, is_quiet
        self._changed.set()

    def finish(self) -> None:
        """No more segments will come."""
        self._finished = True
        self._growing = None
        self._changed.set()

    async def run(self) -> Recognised:
        """Decode until `finish` and return the whole text.

        Raises:
            EngineError: the engine cannot be started, cannot decode, or dies again and again.
        """
        attempt, decoded = 0, 0
        while True:
            try:
                await self._run_once()
                break
            except EngineLost:
                attempt = attempt + 1 if len(self._transcripts) == decoded else 1
                decoded = len(self._transcripts)
                if attempt == _ATTEMPTS:
                    raise
                _log.warning("engine lost, replaying from segment %d", decoded)
                await asyncio.sleep(_FIRST_PAUSE_S * (attempt - 1))
        self._result.text = joined([transcript.text for transcript in self._transcripts])
        self._result.words = [
            word for each in self._transcripts for word in words_of(each.text, each.words)
        ]
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
        self._buffered = self._previewed = None
        try:
            session = await engine.session(speech_only=True)
            prompt = await self._prompt_for(engine)
            phrases = await _or_else(self._options.phrases, (), "phrases")
            await session.configure(
                prompt=prompt,
                language=self._options.language,
                context=self._options.context,
                phrases=phrases,
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
        return await _or_else(self._options.prompt, "", "prompt")

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
                try:
                    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                finally:
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
        # Not asked for again, even by a replay: minutes of speech take no more memory than seconds.
        self._samples.forget_before(segment.end_sample)
        self._show(Hypothesis())

    async def _ask_for_a_hypothesis(self, session: EngineSession) -> None:
        """Have the growing segment decoded: as its final will be in a pause, as a guess before."""
        growing = self._growing
        if growing is None or growing == self._previewed:
            return
        until = growing.start_sample if self._buffered is None else self._buffered[1]
        if not self._is_quiet and (
            self._on_partial is None
            or self._hypothesis is not None
            or growing.end_sample - until < _HYPOTHESIS_STEP_SAMPLES
            or time.monotonic() < self._rest_until_s
        ):
            return
        if self._buffered is not None and self._buffered[0] != growing.start_sample:
            await session.clear()  # what sounded like speech was none
            until = growing.start_sample
        self._buffered = (growing.start_sample, growing.end_sample)
        # All take their place in the stream here, before any commit that follows.
        appended = session.append(self._samples.between(until, growing.end_sample))
        if self._is_quiet:
            self._previewed = growing
            if self._hypothesis is not None:
                self._hypothesis.cancel()
            answer = session.preview()
        else:
            answer = session.hypothesis()
        self._hypothesis = asyncio.ensure_future(self._asked(appended, answer))
        self._hypothesis_place = len(self._segments)

    async def _asked(
        self, appended: Coroutine[Any, Any, None], answer: Coroutine[Any, Any, Hypothesis]
    ) -> Hypothesis:
        begun_s = time.monotonic()
        answers: tuple[None, Hypothesis] = await asyncio.gather(appended, answer)
        ended_s = time.monotonic()
        self._rest_until_s = ended_s + min(ended_s - begun_s, _LONGEST_REST_S)
        return answers[1]

    def _take_hypothesis(self) -> None:
        task = self._hypothesis
        if task is None or not task.done():
            return
        self._hypothesis = None
        try:
            hypothesis = task.result()
        except EngineLost:
            raise
        except EngineError as error:
            # A hypothesis is a courtesy: if the engine is in trouble, the commit says so.
            _log.info("no hypothesis: %s", error)
            return
        # A segment that ended meanwhile makes the hypothesis old: its final comes, or is there.
        if hypothesis.text and self._hypothesis_place == len(self._segments):
            self._show(steadied(hypothesis))

    def _show(self, hypothesis: Hypothesis) -> None:
        if self._on_partial is None or self._finished:
            return
        finals = [transcript.text for transcript in self._transcripts]
        partial = Hypothesis(
            text=joined([*finals, hypothesis.text]),
            committed=joined([*finals, hypothesis.committed]),
        )
        if partial.text and partial != self._last_partial:
            self._last_partial = partial
            self._on_partial(partial)


async def _or_else(told: "asyncio.Future[_T] | None", otherwise: _T, name: str) -> _T:
    """What the engine is to be told; names help the spelling, and cost no dictation if they fail.

    A document that breaks the lexer is such a failure.
    """
    if told is None:
        return otherwise
    try:
        return await told
    except Exception:  # noqa: BLE001
        _log.exception("no %s", name)
        return otherwise


def steadied(hypothesis: Hypothesis) -> Hypothesis:
    """Leave out what will probably change: what the model doubts, and an unconfirmed last word.

    Mostly that is the word being spoken. Showing less of what may change is the masking of
    Arivazhagan et al., "Re-translation versus Streaming for Simultaneous Translation" (2020), with
    one word. Text without any space, such as Chinese, is one word here, and shown as far as it is
    committed.
    """
    before_the_last = hypothesis.text.rpartition(" ")[0]
    steady = min(before_the_last, hypothesis.likely, key=len)
    shown = max(steady, hypothesis.committed, key=len)
    return Hypothesis(text=shown, committed=hypothesis.committed)


def joined(texts: list[str]) -> str:
    """Join the texts of consecutive segments with single spaces."""
    return " ".join(stripped for text in texts if (stripped := text.strip()))
