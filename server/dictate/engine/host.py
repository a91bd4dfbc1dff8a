"""The pair in this process: loads in the background, then decodes for whoever asks.

Shared by the engine process (`app`) and by `in_process`. Nothing here knows of sockets.
"""

from __future__ import annotations

import logging
import os
import sys
import time
import traceback
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

import dictate
from dictate.engine.protocol import (
    EngineError,
    EngineOptions,
    EngineState,
    EngineStatus,
    Transcript,
)
from dictate.engine.scheduler import Cancelled, Scheduler
from dictate.errors import DictateError
from dictate.models.registry import Registry

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dictate.engine.transcriber import Transcriber

_CLOSE_TIMEOUT_S: Final = 5.0

_logger = logging.getLogger(__name__)


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """How a stretch of sound is to be decoded; see `Transcriber.transcribe`."""

    prompt: str = ""
    language: str | None = None
    speech_only: bool = False


class PairHost:
    """A pair that is loading, ready or failed, and its queue of work."""

    def __init__(self, options: EngineOptions) -> None:
        """Prepare; nothing is imported or read until `start`."""
        self._options = options
        self._start_s = time.monotonic()
        self._state: EngineState = "loading"
        self._reason: str | None = None
        self._notices: list[str] = []
        self._target = options.pair
        self._draft: str | None = None
        self._follows_prompts = False
        self._transcriber: Transcriber | None = None
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
        """What sessions show as their model."""
        return self._options.pair

    def status(self, sessions: int) -> EngineStatus:
        """How it does now."""
        pair = None if self._transcriber is None else self._transcriber.pair
        return EngineStatus(
            state=self._state,
            pair=self._options.pair,
            target=self._target if pair is None else pair.target_name,
            draft=self._draft if pair is None else pair.draft_name,
            device="" if pair is None else pair.device,
            dtype="" if pair is None else pair.dtype,
            window_s=self.window_s or 0.0,
            follows_prompts=self._follows_prompts,
            pid=os.getpid(),
            uptime_s=time.monotonic() - self._start_s,
            sessions=sessions,
            notices=list(self._notices),
            memory_mb=_resident_mb(),
            reason=self._reason,
            wanted_device=self._options.device,
            version=dictate.__version__,
        )

    def transcribe(
        self,
        owner: Hashable,
        samples: NDArray[np.int16],
        request: Request,
        on_text: Callable[[str], None] | None = None,
    ) -> Future[Transcript | None]:
        """Queue a final; `on_text` is called on the decoding thread."""
        queued_s = time.perf_counter()

        def work(cancelled: Cancelled) -> Transcript:
            wait_ms = 1e3 * (time.perf_counter() - queued_s)
            transcript = self._decode(samples, request, cancelled, on_text)
            timings_ms = {"wait": wait_ms, **transcript.timings_ms}
            return msgspec.structs.replace(transcript, timings_ms=timings_ms)

        return self._queue().final(owner, work)

    def hypothesize(
        self, owner: Hashable, samples: NDArray[np.int16], request: Request
    ) -> Future[str | None]:
        """Queue a hypothesis."""
        return self._queue().hypothesis(
            owner, lambda cancelled: self._decode(samples, request, cancelled, None).text
        )

    def drop_hypothesis(self, owner: Hashable) -> None:
        """Nobody wants the owner's hypothesis any more."""
        self._queue().drop_hypothesis(owner)

    def forget(self, owner: Hashable) -> None:
        """The owner has gone: drop its work."""
        self._queue().forget(owner)

    def _queue(self) -> Scheduler:
        assert self._scheduler is not None, "start() comes first"
        return self._scheduler

    def _decode(
        self,
        samples: NDArray[np.int16],
        request: Request,
        cancelled: Cancelled,
        on_text: Callable[[str], None] | None,
    ) -> Transcript:
        if self._transcriber is None:
            raise EngineError(self._reason or "the models are not loaded: restart the engine")
        try:
            return self._transcriber.transcribe(
                samples,
                prompt=request.prompt,
                language=request.language,
                speech_only=request.speech_only,
                cancelled=cancelled,
                on_text=on_text,
            )
        except DictateError:
            raise
        except Exception as error:
            if cancelled():
                raise
            # The message of a stranger's exception may quote the text: its type and place must do.
            where = "".join(traceback.format_tb(error.__traceback__))
            _logger.error("decoding failed: %s\n%s", type(error).__name__, where)  # noqa: TRY400
            raise EngineError(
                f"decoding failed ({type(error).__name__}): retry, or see the engine's log"
            ) from error

    def _load(self) -> None:
        """Load the pair; never raises: the outcome is in the state and in `loaded`."""
        try:
            registry = Registry.load()
            entry = registry.pair(self._options.pair)
            self._target = entry.target.name
            self._draft = None if entry.draft is None else entry.draft.name
            self._follows_prompts = entry.follows_prompts
            # Slow to import, and not to be waited for before the engine accepts connections.
            from dictate.engine.loading import load_pair

            loaded = load_pair(entry, self._options.device)
        except Exception as error:
            if isinstance(error, DictateError):
                reason = str(error)
            else:
                _logger.exception("loading failed")
                what = " ".join(f"{type(error).__name__}: {error}".split())
                reason = (
                    f"the pair {self._options.pair!r} cannot be loaded ({what}): "
                    "see the engine's log"
                )
            self._reason = reason
            self._state = "failed"
            _logger.error("failed: %s", reason)  # noqa: TRY400
            self.loaded.set_exception(EngineError(reason))
            return
        self._notices = [*registry.notices, *loaded.notices]
        self._transcriber = loaded.transcriber
        self._state = "ready"
        for notice in self._notices:
            _logger.warning("%s", notice)
        _logger.info("warm after %.1f s", time.monotonic() - self._start_s)
        self.loaded.set_result(None)


def _resident_mb() -> float:
    """Resident memory of this process in MiB; its peak where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
    except (OSError, ValueError):
        pass
    if sys.platform == "win32":
        return 0.0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10
