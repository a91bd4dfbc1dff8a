"""An engine in the calling process: no socket, no second process; for one-off transcription."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Hashable, Sequence
from typing import TYPE_CHECKING, Any, Final

from dictate.engine.host import PairHost, Request
from dictate.engine.input_buffer import InputBuffer
from dictate.engine.protocol import (
    MAX_CONTEXT_CHARACTERS,
    EngineError,
    EngineOptions,
    EngineSession,
    EngineStatus,
    Hypothesis,
    Transcript,
    bounded_phrases,
)
from dictate.errors import DictateError

if TYPE_CHECKING:
    from concurrent.futures import Future

    import numpy as np
    from numpy.typing import NDArray

_POLL_S: Final = 0.02


class InProcessEngine:
    """`protocol.Engine` that decodes here; begins to load at once."""

    def __init__(self, options: EngineOptions | None = None) -> None:
        """Load the pair on a thread of its own; `session` may be called meanwhile."""
        self._host = PairHost(options or EngineOptions())
        self._host.start()
        self._open: set[_InProcessSession] = set()

    async def status(self) -> EngineStatus:
        """See `protocol.Engine`."""
        return self._host.status(len(self._open))

    async def use(self, options: EngineOptions) -> EngineStatus:
        """See `protocol.Engine`."""
        self._host.use(options)
        while (status := await self.status()).changing_to is not None:
            await asyncio.sleep(_POLL_S)
        if status.change_fault is not None:
            raise EngineError(status.change_fault)
        return status

    async def session(self, *, speech_only: bool = False) -> EngineSession:
        """See `protocol.Engine`; waits until the pair is warm.

        Raises:
            EngineError: the pair cannot run.
        """
        await asyncio.shield(asyncio.wrap_future(self._host.loaded))
        session = _InProcessSession(self._host, speech_only, self._open.discard)
        self._open.add(session)
        return session

    async def close(self) -> None:
        """See `protocol.Engine`."""
        for session in list(self._open):
            await session.close()
        await asyncio.to_thread(self._host.close)


class _InProcessSession:
    """`protocol.EngineSession` over a `PairHost`."""

    def __init__(
        self, host: PairHost, speech_only: bool, on_close: Callable[[_InProcessSession], None]
    ) -> None:
        self._host = host
        self._request = Request(speech_only=speech_only)
        self._on_close = on_close
        self._buffer = InputBuffer()
        self._closed = False

    async def configure(
        self,
        *,
        prompt: str,
        language: str | None,
        context: str = "",
        phrases: Sequence[str] = (),
    ) -> None:
        """See `protocol.EngineSession`."""
        self._check_open()
        self._request = Request(
            prompt=prompt,
            language=language,
            speech_only=self._request.speech_only,
            context=context[-MAX_CONTEXT_CHARACTERS:],
            phrases=bounded_phrases(phrases),
        )

    def append(self, samples: NDArray[np.int16]) -> Coroutine[Any, Any, None]:
        """See `protocol.EngineSession`."""
        self._check_open()
        self._host.drop_preview(self)
        self._buffer.add(samples)
        return _nothing()

    def hypothesis(self) -> Coroutine[Any, Any, Hypothesis]:
        """See `protocol.EngineSession`."""
        return self._guess(self._host.hypothesize)

    def preview(self) -> Coroutine[Any, Any, Hypothesis]:
        """See `protocol.EngineSession`."""
        return self._guess(self._host.preview)

    def commit(self) -> Coroutine[Any, Any, Transcript]:
        """See `protocol.EngineSession`."""
        self._check_open()
        if self._buffer.size_samples == 0:
            raise EngineError("there is no sound to transcribe: append some first")
        start_sample = self._buffer.start_sample
        samples = self._buffer.take(start_sample, self._buffer.end_sample)
        self._host.drop_hypothesis(self)
        return _transcript(
            self._host.transcribe(self, samples, self._request, origin_sample=start_sample)
        )

    async def clear(self) -> None:
        """See `protocol.EngineSession`."""
        self._check_open()
        self._buffer.clear()
        self._host.clear(self, self._buffer.start_sample)

    async def close(self) -> None:
        """See `protocol.EngineSession`."""
        self._closed = True
        self._host.forget(self)
        self._on_close(self)

    def _guess(
        self,
        ask: Callable[[Hashable, NDArray[np.int16], Request, int], Future[Hypothesis | None]],
    ) -> Coroutine[Any, Any, Hypothesis]:
        self._check_open()
        return _hypothesis(
            ask(self, self._buffer.content(), self._request, self._buffer.start_sample)
        )

    def _check_open(self) -> None:
        if self._closed:
            raise EngineError("the session is closed: open a new one")


async def _nothing() -> None:
    return None


async def _hypothesis(future: Future[Hypothesis | None]) -> Hypothesis:
    return await asyncio.wrap_future(future) or Hypothesis()


async def _transcript(future: Future[Transcript | None]) -> Transcript:
    try:
        transcript = await asyncio.wrap_future(future)
    except EngineError:
        raise
    except DictateError as error:
        raise EngineError(str(error)) from error
    if transcript is None:
        raise EngineError("the session is closed: open a new one")
    return transcript
