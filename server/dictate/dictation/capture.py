"""From a source of sound to the spool, the sample buffer and segments.

The work per block (spool first, then voice activity) happens on the source's own thread; what it
found is handed to the event loop in order. Neither a slow editor nor a busy loop can lose sound.
"""

import asyncio
import contextlib
import logging
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from dictate.audio.source import AudioError, AudioSource
from dictate.dictation.spool import SpooledUtterance, SpoolError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dictate.vad.segmenter import Segment, Segmenter, SegmenterOptions
    from dictate.vad.speech_probability import SpeechProbability

TAIL_MS = 250.0
"""How long the microphone goes on after a release in the middle of speech."""

_CARRIED_BLOCKS = 64
"""A source that is faster than this is a file's, which can wait."""

Ending = Literal["pause", "idle"]
"""A pause behind speech; so much sound without any."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Heard:
    """What one block of sound brought: all of it is in the spool already."""

    samples: "NDArray[np.int16]"
    segments: "list[Segment]"
    level_dbfs: float
    speaking: bool
    growing: "Segment | None"
    """The segment that would come of it if nothing more were said."""
    is_quiet: bool
    """`growing` is complete unless speech goes on."""
    ending: Ending | None = None
    """Why the utterance ends here by itself; what follows is carried to the next."""


class Capture:
    """One utterance's sound, from the first sample to the last. Lives on the event loop."""

    def __init__(
        self,
        source: AudioSource,
        spooled: SpooledUtterance | None,
        options: "SegmenterOptions",
        executor: Executor,
        on_heard: Callable[[Heard], None],
        *,
        max_samples: int,
        on_trouble: Callable[[str], None] = lambda _line: None,
        carried: "list[NDArray[np.int16]] | None" = None,
        idle_samples: int = 0,
    ) -> None:
        """Prepare to capture.

        Args:
            source: Where the sound comes from.
            spooled: Where it is kept; None when it lies in the spool already (a retry).
            options: How speech is cut into segments.
            executor: Threads for what may block.
            on_heard: Called on the loop for every block, in order.
            max_samples: The utterance ends by itself at this length.
            on_trouble: Called on the loop with a line for the user, at most once for each trouble.
            carried: None where the user ends the utterance. Otherwise the pause behind a segment
                ends it, and this is sound that comes before the source's: what the utterance before
                did not want. It is left with what this one does not want.
            idle_samples: An utterance that ends by itself does so, too, when this much sound came
                and nobody spoke.
        """
        self._carried = carried
        self._idle_samples = idle_samples
        self._paused = False
        self._closing = threading.Event()
        self._source = source
        self._spooled = spooled
        self._options = options
        self._executor = executor
        self._on_heard = on_heard
        self._on_trouble = on_trouble
        self._max_samples = max_samples
        self._loop = asyncio.get_running_loop()
        self._release = asyncio.Event()
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._captured_samples = 0
        self._failure: BaseException | None = None
        self._vad: SpeechProbability | None = None
        self._segmenter: Segmenter | None = None

    @property
    def captured_samples(self) -> int:
        """How many samples arrived so far."""
        return self._captured_samples

    @property
    def reached_limit(self) -> bool:
        """The utterance was ended because it was too long."""
        return self._captured_samples >= self._max_samples

    def release(self) -> None:
        """The user lets go of the key: end soon, but not in the middle of a word."""
        self._release.set()

    async def run(self) -> AudioError | None:
        """Capture until released or until the source ends.

        Returns:
            The error that took the source away, after everything captured before it was handed
            over; None when the user or a file ended it.
        """
        ended: asyncio.Future[AudioError | None] = self._loop.create_future()

        def end(error: AudioError | None) -> None:
            if not ended.done():
                ended.set_result(error)

        def on_end(error: AudioError | None) -> None:
            self._post(end, error)

        begun: asyncio.Future[None] = self._loop.run_in_executor(self._executor, self._prepare)
        try:
            await asyncio.shield(begun)
            if not self._release.is_set() and not self._paused:
                begun = self._loop.run_in_executor(
                    self._executor, self._source.start, self._take, on_end
                )
                await asyncio.shield(begun)
                released = asyncio.ensure_future(self._release.wait())
                waiting: set[asyncio.Future[Any]] = {ended, released}
                try:
                    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    released.cancel()
                if not ended.done():
                    await self._wait_for_the_word_to_end(ended)
            return ended.result() if ended.done() else None
        finally:
            # Shielded: a microphone left open by a cancelled task would listen on.
            await asyncio.shield(self._end(begun))

    async def _end(self, begun: "asyncio.Future[None]") -> None:
        # A source that is stopped while it still starts would go on for ever.
        await asyncio.wait({begun})
        if not begun.cancelled():
            begun.exception()  # seen: whoever waited for it got it
        await self._loop.run_in_executor(self._executor, self._finish)

    async def _wait_for_the_word_to_end(self, ended: "asyncio.Future[AudioError | None]") -> None:
        quiet = asyncio.ensure_future(self._quiet.wait())
        waiting: set[asyncio.Future[Any]] = {ended, quiet}
        try:
            await asyncio.wait(waiting, timeout=TAIL_MS / 1000, return_when=asyncio.FIRST_COMPLETED)
        finally:
            quiet.cancel()

    def _prepare(self) -> None:
        from dictate.vad.segmenter import Segmenter
        from dictate.vad.speech_probability import SpeechProbability

        self._segmenter = Segmenter(self._options)
        self._vad = SpeechProbability()
        if self._carried:
            blocks = deque(self._carried)
            self._carried.clear()
            while blocks and not self._paused:
                self._take(blocks.popleft())
            self._carried.extend(blocks)

    def _take(self, block: "NDArray[np.int16]") -> None:
        """Handle one block, on the source's thread."""
        if self._failure is not None or self._vad is None or self._segmenter is None:
            return
        if self._paused and self._carried is not None:
            self._carried.append(block)
            if len(self._carried) > _CARRIED_BLOCKS:
                self._closing.wait()
            return
        room = self._max_samples - self._captured_samples
        if len(block) >= room:
            block = block[: max(0, room)]
            self._post(self._release.set)
        if len(block) == 0:
            return
        self._captured_samples += len(block)
        self._keep(block)
        try:
            from dictate.audio.level import level_dbfs

            segments = self._segmenter.feed(self._vad.feed(block))
            growing = self._segmenter.growing
            speaking = self._segmenter.in_speech
            heard = Heard(
                block,
                segments,
                level_dbfs(block),
                speaking,
                growing,
                self._segmenter.is_quiet,
                self._ending(segments, speaking=speaking or growing is not None),
            )
        except Exception as error:  # noqa: BLE001 - handed to `run`: a thread has nobody to raise to
            self._failure = error
            self._post(self._release.set)
            return
        self._paused = heard.ending is not None
        self._post(self._hand_over, heard)

    def _ending(self, segments: "list[Segment]", *, speaking: bool) -> Ending | None:
        if self._carried is None or speaking:
            return None
        if segments:
            return "pause"
        return "idle" if self._captured_samples >= self._idle_samples else None

    def _keep(self, block: "NDArray[np.int16]") -> None:
        if self._spooled is None:
            return
        try:
            self._spooled.append(block)
        except SpoolError as error:
            # A full disk must not silence the user: go on from memory and say so.
            self._spooled = None
            _log.warning("spool: %s", error)
            self._post(self._on_trouble, str(error))

    def _post(self, call: Callable[..., object], *arguments: object) -> None:
        """Run `call` on the loop; at shutdown that may be gone, and the spool has everything."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(call, *arguments)

    def _hand_over(self, heard: Heard) -> None:
        if heard.speaking:
            self._quiet.clear()
        else:
            self._quiet.set()
        self._on_heard(heard)

    def _finish(self) -> None:
        """Stop the source and cut the last segment, on an executor's thread."""
        self._closing.set()
        self._source.stop()
        # Megabytes, which would otherwise stay until the collector finds this object's cycle.
        self._vad = None
        if self._failure is not None:
            raise self._failure
        if self._segmenter is None or self._captured_samples == 0:
            return
        import numpy as np

        segments = self._segmenter.flush(total_samples=self._captured_samples)
        heard = Heard(
            np.empty(0, dtype=np.int16),
            segments,
            -96.0,
            speaking=False,
            growing=None,
            is_quiet=True,
        )
        self._post(self._hand_over, heard)
