"""The pair in this process: loads in the background, then decodes for whoever asks.

Shared by the engine process (`app`) and by `in_process`. Nothing here knows of sockets.
"""

from __future__ import annotations

import logging
import os
import time
import traceback
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Final

import msgspec

import dictate
from dictate.engine.changing import PairChanges
from dictate.engine.holder import OUT_OF_MEMORY, PairHolder
from dictate.engine.protocol import (
    DraftSourceStatus,
    EngineError,
    EngineOptions,
    EngineStatus,
    Hypothesis,
    Transcript,
)
from dictate.engine.scheduler import Cancelled, Scheduler
from dictate.engine.usage import device_mb, peak_resident_mb, resident_mb
from dictate.errors import DictateError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dictate.asr.drafts import SourceState
    from dictate.engine.draft_memory import Utterance

_CLOSE_TIMEOUT_S: Final = 5.0

_logger = logging.getLogger(__name__)


class _OutOfMemoryError(Exception):
    """Memory did not suffice to decode."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """How a stretch of sound is to be decoded; see `Transcriber.transcribe`.

    `context` is text that may be said again, to draft with; it has no influence on the result. All
    else has: a preview stands for the commit of an equal request only.
    """

    prompt: str = ""
    language: str | None = None
    speech_only: bool = False
    context: str = ""
    phrases: tuple[str, ...] = ()


class _Preview(msgspec.Struct, frozen=True):
    """What a final of this sound will be, should the sound be committed as it is."""

    transcriber: object
    origin_sample: int
    size_samples: int
    request: Request
    transcript: Transcript


class PairHost:
    """A pair and its queue of work; the pair can be changed while it works."""

    def __init__(self, options: EngineOptions) -> None:
        """Prepare; nothing is imported or read until `start`."""
        self._start_s = time.monotonic()
        self._held = PairHolder(options)
        self._changes = PairChanges(self._held, self._between)
        self._scheduler: Scheduler | None = None
        self._previews: dict[Hashable, _Preview] = {}

    def start(self) -> None:
        """Begin to load, on the thread that will decode."""
        self._scheduler = Scheduler(self._held.load)

    def use(self, options: EngineOptions) -> None:
        """Run another pair from soon on, and this one until then; returns at once.

        What becomes of it is in the status: `changing_to`, `change_fault`.
        """
        self._changes.ask(options)

    @property
    def is_changing(self) -> bool:
        """Another pair is being loaded."""
        return self._changes.under_way is not None

    def close(self) -> None:
        """Give up all work and end the thread; idempotent.

        Loading cannot be interrupted and is not waited for; its thread ends with the process.
        """
        if self._scheduler is not None:
            is_loading = self._held.state == "loading" or self.is_changing
            self._scheduler.close(0.0 if is_loading else _CLOSE_TIMEOUT_S)

    @property
    def loaded(self) -> Future[None]:
        """Done when the first pair is warm; ends with an `EngineError` when it cannot run."""
        return self._held.loaded

    @property
    def window_s(self) -> float | None:
        """Longest sound in one piece; None while loading."""
        transcriber = self._held.transcriber
        return None if transcriber is None else transcriber.window_s

    @property
    def model_name(self) -> str:
        """What sessions show as their model: the pair that was wanted."""
        return self._held.options.name

    def status(self, sessions: int) -> EngineStatus:
        """How it does now."""
        # First of all: a change that ends while the rest is read then shows as under way, never as
        # one that came to nothing.
        changing_to, change_fault = self._changes.under_way, self._changes.fault
        held = self._held
        transcriber, fit = held.transcriber, held.fit
        pair = None if transcriber is None else transcriber.pair
        held_mb, peak_mb = (0.0, 0.0) if pair is None else device_mb(pair.device)
        return EngineStatus(
            state=held.state,
            pair=self.model_name,
            target=held.target if pair is None else pair.target_name,
            draft=held.draft if pair is None else pair.draft_name,
            device="" if pair is None else pair.device,
            dtype="" if pair is None else pair.dtype,
            attention="" if pair is None else pair.attention,
            window_s=0.0 if transcriber is None else transcriber.window_s,
            follows_prompts=held.follows_prompts,
            pid=os.getpid(),
            uptime_s=time.monotonic() - self._start_s,
            sessions=sessions,
            notices=list(held.notices),
            memory_mb=resident_mb(),
            peak_memory_mb=peak_resident_mb(),
            device_memory_mb=held_mb,
            device_peak_memory_mb=peak_mb,
            estimated_memory_mb=0.0 if fit is None else fit.needed_bytes / 2**20,
            reason=held.reason,
            wanted_device=held.options.device,
            wanted=held.options,
            draft_sources=[] if pair is None else [_shown(each) for each in pair.draft_sources],
            version=dictate.__version__,
            changing_to=changing_to,
            change_fault=change_fault,
        )

    def transcribe(
        self,
        owner: Hashable,
        samples: NDArray[np.int16],
        request: Request,
        on_text: Callable[[str], None] | None = None,
        origin_sample: int = 0,
    ) -> Future[Transcript | None]:
        """Queue a final.

        Args:
            owner: whose sound it is.
            samples: int16[n] at 16 kHz.
            request: how to decode it.
            on_text: called on the decoding thread with the text of each piece.
            origin_sample: where in the owner's stream the samples begin, so that its hypotheses of
                the same sound are found.
        """
        queued_s = time.perf_counter()

        def work(cancelled: Cancelled) -> Transcript:
            wait_ms = 1e3 * (time.perf_counter() - queued_s)
            transcript = self._accepted(owner, samples.size, request, origin_sample)
            if transcript is None:
                memory = self._remembered(owner, origin_sample, request, is_final=True)
                transcript = self._decode(samples, request, cancelled, on_text, memory)
            elif on_text is not None and transcript.text:
                on_text(transcript.text)
            timings_ms = {"wait": wait_ms, **transcript.timings_ms}
            return msgspec.structs.replace(transcript, timings_ms=timings_ms)

        return self._queue().final(owner, work)

    def preview(
        self,
        owner: Hashable,
        samples: NDArray[np.int16],
        request: Request,
        origin_sample: int = 0,
    ) -> Future[Hypothesis | None]:
        """Queue what `transcribe` of the same would do, which then has nothing left to decode."""

        def work(cancelled: Cancelled) -> Hypothesis:
            memory = self._remembered(owner, origin_sample, request, is_final=True, is_preview=True)
            transcript = self._decode(samples, request, cancelled, None, memory)
            if not cancelled():
                self._previews[owner] = _Preview(
                    self._held.transcriber, origin_sample, samples.size, request, transcript
                )
            text = transcript.text
            return Hypothesis(text=text, committed=text, likely=text)

        self._previews.pop(owner, None)
        return self._queue().preview(owner, work)

    def drop_preview(self, owner: Hashable) -> None:
        """The owner's sound goes on."""
        self._queue().drop_preview(owner)
        self._previews.pop(owner, None)

    def hypothesize(
        self,
        owner: Hashable,
        samples: NDArray[np.int16],
        request: Request,
        origin_sample: int = 0,
    ) -> Future[Hypothesis | None]:
        """Queue a hypothesis; see `transcribe`."""

        def work(cancelled: Cancelled) -> Hypothesis:
            memory = self._remembered(owner, origin_sample, request, is_final=False)
            transcript = self._decode(samples, request, cancelled, None, memory)
            return Hypothesis(
                text=transcript.text, committed=transcript.committed, likely=transcript.likely
            )

        return self._queue().hypothesis(owner, work)

    def drop_hypothesis(self, owner: Hashable) -> None:
        """Nobody wants the owner's hypothesis any more."""
        self._queue().drop_hypothesis(owner)

    def clear(self, owner: Hashable, next_sample: int) -> None:
        """The owner has thrown its sound away: drop its hypothesis.

        Args:
            owner: whose sound it was.
            next_sample: where in its stream the next sound will begin.
        """
        self.drop_preview(owner)
        self._queue().drop_hypothesis(owner)
        memory = self._held.memory
        if memory is not None:
            memory.move(owner, next_sample)

    def forget(self, owner: Hashable) -> None:
        """The owner has gone: drop its work."""
        self._queue().forget(owner)
        self._previews.pop(owner, None)
        memory = self._held.memory
        if memory is not None:
            memory.forget(owner)

    def _queue(self) -> Scheduler:
        assert self._scheduler is not None, "start() comes first"
        return self._scheduler

    def _decode(
        self,
        samples: NDArray[np.int16],
        request: Request,
        cancelled: Cancelled,
        on_text: Callable[[str], None] | None,
        memory: Utterance | None,
    ) -> Transcript:
        if self._held.state != "ready":
            raise EngineError(self._held.reason or "the models are not loaded: restart the engine")
        if self._held.transcriber is None:
            self._held.make_room()
            memory = None
        try:
            return self._attempt(samples, request, cancelled, on_text, memory)
        except _OutOfMemoryError:
            pass
        # Behind the handler: the exception held on to what filled the memory. What was said of the
        # first attempt is not said again, and its guesses are another vocabulary's.
        self._held.make_room()
        try:
            return self._attempt(samples, request, cancelled, None, None)
        except _OutOfMemoryError:
            raise EngineError(OUT_OF_MEMORY) from None

    def _attempt(
        self,
        samples: NDArray[np.int16],
        request: Request,
        cancelled: Cancelled,
        on_text: Callable[[str], None] | None,
        memory: Utterance | None,
    ) -> Transcript:
        """Decode with the pair that is loaded.

        Raises:
            _OutOfMemoryError: memory did not suffice.
            EngineError: it failed otherwise.
        """
        from dictate.asr.free_memory import is_out_of_memory

        assert self._held.transcriber is not None, "a pair is loaded"
        try:
            return self._held.transcriber.transcribe(
                samples,
                prompt=request.prompt,
                phrases=request.phrases,
                language=request.language,
                speech_only=request.speech_only,
                cancelled=cancelled,
                on_text=on_text,
                memory=memory,
            )
        except DictateError:
            raise
        except Exception as error:
            if cancelled():
                raise
            # The message of a stranger's exception may quote the text: its type and place must do.
            where = "".join(traceback.format_tb(error.__traceback__))
            _logger.error("decoding failed: %s\n%s", type(error).__name__, where)  # noqa: TRY400
            if is_out_of_memory(error):
                raise _OutOfMemoryError from None
            raise EngineError(
                f"decoding failed ({type(error).__name__}): retry, or see the engine's log"
            ) from error

    def _accepted(
        self, owner: Hashable, size_samples: int, request: Request, origin_sample: int
    ) -> Transcript | None:
        """The preview of just this sound by the pair that is loaded, if there is one."""
        preview = self._previews.pop(owner, None)
        if preview is None:
            return None
        asked = (self._held.transcriber, origin_sample, size_samples, request)
        if asked != (
            preview.transcriber, preview.origin_sample, preview.size_samples, preview.request
        ):  # fmt: skip
            return None
        if self._held.memory is not None:
            self._held.memory.accept(owner)
        return preview.transcript

    def _remembered(
        self,
        owner: Hashable,
        origin_sample: int,
        request: Request,
        *,
        is_final: bool,
        is_preview: bool = False,
    ) -> Utterance | None:
        """What is there to draft with; None: nothing, as long as nothing is loaded."""
        if self._held.memory is None:
            return None
        return self._held.memory.utterance(
            owner, origin_sample, request.context, is_final=is_final, is_preview=is_preview
        )

    def _between(self, work: Callable[[], None]) -> Future[None]:
        """Call `work` on the decoding thread after the utterances that wait there."""
        return self._queue().final(self._changes, lambda _: work())


def _shown(state: SourceState) -> DraftSourceStatus:
    return DraftSourceStatus(
        name=state.name,
        enabled=state.enabled,
        reason=state.reason,
        proposed_tokens=state.figures.proposed_tokens,
        accepted_tokens=state.figures.accepted_tokens,
        acceptance=state.acceptance,
        spent_ms=state.figures.spent_ms,
        saved_ms=state.figures.saved_ms,
    )
