"""One dictation, from the first sample to its text.

    source -> spool -> voice activity -> engine -> text

    starting --first real samples--> listening --release or end of sound--> finishing --> Outcome

What becomes of the text (the edit, its acknowledgement, the spool's final state) is its owner's
business: a session that raises, or whose task is cancelled, leaves every sample in the spool.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from dictate.audio.source import AudioError, AudioSource
from dictate.dictation.capture import Capture, Heard
from dictate.dictation.engine_link import EngineLink
from dictate.dictation.recognition import Recognised, Recognition, RecognitionOptions
from dictate.dictation.samples import SampleBuffer
from dictate.dictation.spool import SAMPLE_RATE_HZ, SpooledUtterance
from dictate.engine.protocol import Hypothesis
from dictate.vad.segmenter import SegmenterOptions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Phase = Literal["starting", "listening", "finishing"]
EndedBy = Literal["release", "pause", "idle", "limit", "source"]
"""The user; a pause behind speech; so much sound without any; the longest length; the end of the
sound itself."""

_NOBODY_SPOKE = frozenset({"silence", "no_speech", "boilerplate"})
"""Guards that say that there was nothing to hear, not that it was not understood."""
_ending: set["asyncio.Task[Recognised]"] = set()
"""Cancelled ones that close what they opened: nobody else holds them, nor does the loop."""


@dataclass(frozen=True)
class SessionOptions:
    """How a dictation listens and decodes.

    Attributes:
        segmenter: How speech is cut into segments.
        recognition: What the engine is told.
        partials: Ask for hypotheses while speech goes on.
        max_minutes: A dictation ends by itself at this length.
        carried: None where the user ends it. Otherwise it ends by itself where a segment does, or
            when nobody spoke in `idle_s`; see `Capture`.
        idle_s: See there.
    """

    segmenter: SegmenterOptions = field(default_factory=SegmenterOptions)
    recognition: RecognitionOptions = field(default_factory=RecognitionOptions)
    partials: bool = False
    max_minutes: float = 10.0
    carried: "list[NDArray[np.int16]] | None" = None
    idle_s: float = 20.0


@dataclass
class Listener:
    """What a session tells while it runs; all calls come on the event loop."""

    phase: Callable[[Phase], None] = lambda _phase: None
    level: Callable[[float, bool], None] = lambda _dbfs, _speech: None
    partial: Callable[[Hypothesis], None] = lambda _text: None
    trouble: Callable[[str], None] = lambda _line: None
    speech: Callable[[], None] = lambda: None
    """Somebody has begun to speak; called once."""


@dataclass
class Outcome:
    """What was recognised, and when things happened (monotonic seconds)."""

    recognised: Recognised
    audio_ms: float
    released_s: float
    captured_s: float
    lost: AudioError | None
    """The microphone went away; everything captured before is in the text."""
    too_long: bool

    @property
    def text(self) -> str:
        """The text of everything that was said; empty when nobody spoke."""
        return self.recognised.text

    @property
    def heard(self) -> bool:
        """Somebody spoke, whether or not words came of it."""
        return self.recognised.segments > 0

    @property
    def withheld(self) -> list[str]:
        """Why text was withheld although somebody may have said something."""
        return [reason for reason in self.recognised.rejected if reason not in _NOBODY_SPOKE]

    def timings_ms(self) -> dict[str, float]:
        """Return the stages from the release to the text."""
        stages = {"capture": self.captured_s - self.released_s}
        committed_s, text_s = self.recognised.last_commit_s, self.recognised.last_text_s
        if committed_s is not None and text_s is not None:
            stages["queue"] = max(0.0, committed_s - self.captured_s)
            stages["recognition"] = text_s - max(committed_s, self.released_s)
        timings_ms = {name: max(0.0, 1000 * value) for name, value in stages.items()}
        for name, value in self.recognised.engine_timings_ms.items():
            timings_ms[name if name == "engine" else f"engine_{name}"] = value
        return timings_ms


class Session:
    """One dictation, on the event loop; `capture` is awaited first, then `recognise`."""

    def __init__(
        self,
        source: AudioSource,
        spooled: SpooledUtterance | None,
        link: EngineLink,
        options: SessionOptions,
        listener: Listener,
        executor: Executor,
    ) -> None:
        """Prepare; nothing runs yet.

        Args:
            source: Where the sound comes from.
            spooled: Where it is kept; None when it comes from the spool itself.
            link: Where the engine comes from.
            options: How to listen and decode.
            listener: Whom to tell.
            executor: Threads for what may block.
        """
        self._options = options
        self._listener = listener
        self._samples = SampleBuffer()
        self._recognition = Recognition(
            link, self._samples, options.recognition, listener.partial if options.partials else None
        )
        self._capture = Capture(
            source,
            spooled,
            options.segmenter,
            executor,
            self._on_heard,
            max_samples=int(options.max_minutes * 60 * SAMPLE_RATE_HZ),
            on_trouble=listener.trouble,
            carried=options.carried,
            idle_samples=int(options.idle_s * SAMPLE_RATE_HZ),
        )
        self._recognising: asyncio.Task[Recognised] | None = None
        self._released_s: float | None = None
        self._captured_s = 0.0
        self._lost: AudioError | None = None
        self._phase: Phase = "starting"
        self._has_speech = False
        self._ended_by: EndedBy = "source"

    @property
    def ended_by(self) -> EndedBy:
        """What ended the listening; to be asked once it has ended."""
        return self._ended_by

    @property
    def is_lost(self) -> bool:
        """The sound was taken away; to be asked once the listening has ended."""
        return self._lost is not None

    @property
    def has_speech(self) -> bool:
        """Somebody spoke or speaks."""
        return self._has_speech

    @property
    def phase(self) -> Phase:
        """Where the dictation is."""
        return self._phase

    @property
    def audio_ms(self) -> float:
        """How much sound was captured so far."""
        return 1000 * self._capture.captured_samples / SAMPLE_RATE_HZ

    def release(self) -> None:
        """The user lets go; a second call changes nothing."""
        self._end("release", time.monotonic())

    async def capture(self) -> None:
        """Listen until released or until the sound ends, decoding on the side.

        Raises:
            AudioError: there was no sound at all because the source could not be opened.
            EngineError: the engine cannot serve; there is no point in listening on.
        """
        self._recognising = asyncio.ensure_future(self._recognition.run())
        capturing = asyncio.ensure_future(self._capture.run())
        try:
            await asyncio.wait({self._recognising, capturing}, return_when=asyncio.FIRST_COMPLETED)
            if self._recognising.done() and not capturing.done():
                self.release()
            self._lost = await capturing
        finally:
            if not capturing.done():
                capturing.cancel()
                await asyncio.wait({capturing})
            self._captured_s = time.monotonic()
        if self._released_s is None:
            self._released_s = self._captured_s
            self._ended_by = "limit" if self._capture.reached_limit else "source"
        self._enter("finishing")
        self._recognition.finish()
        if self._lost is not None and self._capture.captured_samples == 0:
            raise self._lost

    async def recognise(self) -> Outcome:
        """Wait for the text; to be called when `capture` has returned.

        Raises:
            EngineError: the engine cannot serve.
        """
        if self._recognising is None or self._released_s is None:
            raise RuntimeError("recognise() before capture()")
        # Without speech there is nothing to wait for, least of all an engine that still loads.
        wait = self._recognition.has_speech or self._recognising.done()
        recognised = await self._recognising if wait else Recognised()
        return Outcome(
            recognised=recognised,
            audio_ms=self.audio_ms,
            released_s=self._released_s,
            captured_s=self._captured_s,
            lost=self._lost,
            too_long=self._capture.reached_limit,
        )

    def close(self) -> None:
        """Stop decoding; to be called whatever happened."""
        if self._recognising is not None:
            self._recognising.cancel()
            _ending.add(self._recognising)
            self._recognising.add_done_callback(_ending.discard)
            # Its error is seen: whoever awaited the text got it, too.
            self._recognising.add_done_callback(lambda done: done.cancelled() or done.exception())

    def _on_heard(self, heard: Heard) -> None:
        self._samples.append(heard.samples)
        self._recognition.add(heard.segments, heard.growing, is_quiet=heard.is_quiet)
        if len(heard.samples):
            if self._phase == "starting":
                self._enter("listening")
            self._listener.level(heard.level_dbfs, heard.speaking)
        if not self._has_speech and (heard.growing is not None or heard.segments):
            self._has_speech = True
            self._listener.speech()
        if heard.ending == "pause":
            tail_samples = int(self._options.segmenter.tail_ms / 1000 * SAMPLE_RATE_HZ)
            quiet_samples = len(self._samples) - heard.segments[-1].end_sample + tail_samples
            self._end("pause", time.monotonic() - quiet_samples / SAMPLE_RATE_HZ)
        elif heard.ending == "idle":
            self._end("idle", time.monotonic())

    def _end(self, by: EndedBy, at_s: float) -> None:
        """Stop listening; what was said ended at `at_s`. A second end changes nothing."""
        if self._released_s is None:
            self._ended_by, self._released_s = by, at_s
            self._capture.release()
            self._enter("finishing")

    def _enter(self, phase: Phase) -> None:
        if self._phase != phase:
            self._phase = phase
            self._listener.phase(phase)
