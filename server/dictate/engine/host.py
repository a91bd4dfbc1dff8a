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
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

import dictate
from dictate.engine.protocol import (
    DraftSourceStatus,
    EngineError,
    EngineOptions,
    EngineState,
    EngineStatus,
    Transcript,
)
from dictate.engine.scheduler import Cancelled, Scheduler
from dictate.engine.usage import device_mb, peak_resident_mb, resident_mb
from dictate.errors import DictateError
from dictate.models.registry import PairEntry, Registry

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dictate.asr.drafts import SourceState
    from dictate.engine.draft_memory import DraftMemory, Utterance
    from dictate.engine.fit import Fit
    from dictate.engine.loading import LoadedPair
    from dictate.engine.transcriber import Transcriber

_CLOSE_TIMEOUT_S: Final = 5.0

_OUT_OF_MEMORY: Final = "memory ran out: close other programs or choose a smaller pair, then retry"

_logger = logging.getLogger(__name__)


class _OutOfMemoryError(Exception):
    """Memory did not suffice to decode."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """How a stretch of sound is to be decoded; see `Transcriber.transcribe`.

    `context` is text that may be said again, to draft with; it has no influence on the result.
    """

    prompt: str = ""
    language: str | None = None
    speech_only: bool = False
    context: str = ""


class PairHost:
    """A pair that is loading, ready or failed, and its queue of work."""

    def __init__(self, options: EngineOptions) -> None:
        """Prepare; nothing is imported or read until `start`."""
        self._options = options
        self._start_s = time.monotonic()
        self._state: EngineState = "loading"
        self._reason: str | None = None
        self._notices: list[str] = []
        self._target = options.target or options.pair
        self._registry: Registry | None = None
        self._entry: PairEntry | None = None
        self._fit: Fit | None = None
        self._draft: str | None = None
        self._follows_prompts = False
        self._transcriber: Transcriber | None = None
        self._memory: DraftMemory | None = None
        self._scheduler: Scheduler | None = None
        self.loaded: Future[None] = Future()
        """Done when the pair is warm; ends with an `EngineError` when it cannot run."""

    def start(self) -> None:
        """Begin to load, on the thread that will decode."""
        self._scheduler = Scheduler(self._load)

    def close(self) -> None:
        """Give up all work and end the thread; idempotent.

        Loading cannot be interrupted and is not waited for; its thread ends with the process.
        """
        if self._scheduler is not None:
            self._scheduler.close(0.0 if self._state == "loading" else _CLOSE_TIMEOUT_S)

    @property
    def window_s(self) -> float | None:
        """Longest sound in one piece; None while loading."""
        return None if self._transcriber is None else self._transcriber.window_s

    @property
    def model_name(self) -> str:
        """What sessions show as their model: the pair that was wanted."""
        options = self._options
        if not options.target:
            return options.pair
        return " + ".join(Path(name).name for name in (options.target, options.draft) if name)

    def status(self, sessions: int) -> EngineStatus:
        """How it does now."""
        pair = None if self._transcriber is None else self._transcriber.pair
        held_mb, peak_mb = (0.0, 0.0) if pair is None else device_mb(pair.device)
        return EngineStatus(
            state=self._state,
            pair=self.model_name,
            target=self._target if pair is None else pair.target_name,
            draft=self._draft if pair is None else pair.draft_name,
            device="" if pair is None else pair.device,
            dtype="" if pair is None else pair.dtype,
            attention="" if pair is None else pair.attention,
            window_s=self.window_s or 0.0,
            follows_prompts=self._follows_prompts,
            pid=os.getpid(),
            uptime_s=time.monotonic() - self._start_s,
            sessions=sessions,
            notices=list(self._notices),
            memory_mb=resident_mb(),
            peak_memory_mb=peak_resident_mb(),
            device_memory_mb=held_mb,
            device_peak_memory_mb=peak_mb,
            estimated_memory_mb=0.0 if self._fit is None else self._fit.needed_bytes / 2**20,
            reason=self._reason,
            wanted_device=self._options.device,
            wanted=self._options,
            draft_sources=[] if pair is None else [_shown(each) for each in pair.draft_sources],
            version=dictate.__version__,
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
            memory = self._remembered(owner, origin_sample, request, is_final=True)
            transcript = self._decode(samples, request, cancelled, on_text, memory)
            timings_ms = {"wait": wait_ms, **transcript.timings_ms}
            return msgspec.structs.replace(transcript, timings_ms=timings_ms)

        return self._queue().final(owner, work)

    def hypothesize(
        self,
        owner: Hashable,
        samples: NDArray[np.int16],
        request: Request,
        origin_sample: int = 0,
    ) -> Future[str | None]:
        """Queue a hypothesis; see `transcribe`."""

        def work(cancelled: Cancelled) -> str:
            memory = self._remembered(owner, origin_sample, request, is_final=False)
            return self._decode(samples, request, cancelled, None, memory).text

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
        self._queue().drop_hypothesis(owner)
        if self._memory is not None:
            self._memory.move(owner, next_sample)

    def forget(self, owner: Hashable) -> None:
        """The owner has gone: drop its work."""
        self._queue().forget(owner)
        if self._memory is not None:
            self._memory.forget(owner)

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
        if self._state != "ready":
            raise EngineError(self._reason or "the models are not loaded: restart the engine")
        if self._transcriber is None:
            self._make_room()
            memory = None
        try:
            return self._attempt(samples, request, cancelled, on_text, memory)
        except _OutOfMemoryError:
            pass
        # Behind the handler: the exception held on to what filled the memory. What was said of the
        # first attempt is not said again, and its guesses are another vocabulary's.
        self._make_room()
        try:
            return self._attempt(samples, request, cancelled, None, None)
        except _OutOfMemoryError:
            raise EngineError(_OUT_OF_MEMORY) from None

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

        assert self._transcriber is not None, "a pair is loaded"
        try:
            return self._transcriber.transcribe(
                samples,
                prompt=request.prompt,
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

    def _remembered(
        self, owner: Hashable, origin_sample: int, request: Request, *, is_final: bool
    ) -> Utterance | None:
        """What is there to draft with; None: nothing, as long as nothing is loaded."""
        if self._memory is None:
            return None
        return self._memory.utterance(owner, origin_sample, request.context, is_final=is_final)

    def _load(self) -> None:
        """Load the pair; never raises: the outcome is in the state and in `loaded`."""
        try:
            registry = self._registry = Registry.load()
            from dictate.engine.fit import chosen

            options = self._options
            entry = chosen(options, registry)
            self._target = entry.target.name
            self._draft = None if entry.draft is None else entry.draft.name
            self._follows_prompts = entry.follows_prompts
            # Slow to import, and not to be waited for before the engine accepts connections.
            from dictate.engine.loading import load_pair

            loaded = load_pair(entry, options, registry)
        except Exception as error:
            if isinstance(error, DictateError):
                reason = str(error)
            else:
                _logger.exception("loading failed")
                what = " ".join(f"{type(error).__name__}: {error}".split())
                reason = (
                    f"the pair {self.model_name!r} cannot be loaded ({what}): see the engine's log"
                )
            self._reason = reason
            self._state = "failed"
            _logger.error("failed: %s", reason)  # noqa: TRY400
            self.loaded.set_exception(EngineError(reason))
            return
        for notice in registry.notices:
            self._notify(notice)
        self._take(loaded)
        _logger.info("warm after %.1f s", time.monotonic() - self._start_s)
        self.loaded.set_result(None)

    def _take(self, loaded: LoadedPair) -> None:
        """Decode with this pair from now on."""
        from dictate.engine.draft_memory import DraftMemory

        self._memory = DraftMemory(loaded.transcriber.pair.tokens)
        self._follows_prompts = loaded.entry.follows_prompts
        self._entry, self._fit = loaded.entry, loaded.fit
        self._transcriber = loaded.transcriber
        self._state, self._reason = "ready", None
        for notice in loaded.notices:
            self._notify(notice)

    def _make_room(self) -> None:
        """Memory ran out: take what needs less of it.

        Raises:
            EngineError: there is nothing; the next utterance tries the wanted pair again.
        """
        import torch

        from dictate.asr.free_memory import give_back
        from dictate.engine.loading import load_instead, load_pair

        assert self._registry is not None, "a pair was loaded"
        assert self._entry is not None, "a pair was loaded"
        lost, ran_out_on = self._transcriber is None, self._fit.device if self._fit else "cpu"
        self._transcriber = self._memory = None
        give_back(torch.device(ran_out_on))
        try:
            if lost:
                self._take(load_pair(self._entry, self._options, self._registry))
            else:
                self._take(load_instead(self._entry, ran_out_on, self._options, self._registry))
        except Exception as error:
            _logger.error("no pair fits any more: %s", type(error).__name__)  # noqa: TRY400
            self._reason = str(error) if isinstance(error, DictateError) else _OUT_OF_MEMORY
            raise EngineError(self._reason) from error

    def _notify(self, notice: str) -> None:
        if notice not in self._notices:
            self._notices.append(notice)
            _logger.warning("%s", notice)


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
