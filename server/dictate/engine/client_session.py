"""One Realtime transcription session over a WebSocket, from the client's side."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Coroutine, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

from dictate.engine import events
from dictate.engine.protocol import (
    MAX_CONTEXT_CHARACTERS,
    EngineError,
    EngineLost,
    Hypothesis,
    Transcript,
    bounded_phrases,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from websockets.asyncio.client import ClientConnection

_RATE_HZ: Final = 16_000
# More than this many unsent appends and `append` waits: some seconds of sound, or one of a file's.
_SEND_AHEAD: Final = 256

_Kind = Literal["update", "clear", "commit", "hypothesis"]
_T = TypeVar("_T")


class SocketSession:
    """`protocol.EngineSession` over a connection; made by `SocketEngine.session`."""

    def __init__(self, connection: ClientConnection, *, speech_only: bool) -> None:
        """Take over an open connection and configure it for 16 kHz and our own commits."""
        self._connection = connection
        self._ids = itertools.count()
        self._outgoing: asyncio.Queue[bytes] = asyncio.Queue()
        # What we asked for and have no answer to, in the order of asking, by our event id.
        self._asked: dict[str, tuple[_Kind, asyncio.Future[Any]]] = {}
        self._items: dict[str, asyncio.Future[Transcript]] = {}
        self._fault: EngineError | None = None
        self._ask(
            "update",
            events.SessionUpdate(
                session=events.SessionConfig(
                    type="transcription",
                    audio=events.AudioConfig(
                        input=events.AudioInput(
                            format=events.AudioFormat(rate=_RATE_HZ), turn_detection=None
                        )
                    ),
                    dictate=events.DictateConfig(speech_only=speech_only),
                )
            ),
        )
        self._tasks = [asyncio.create_task(self._write()), asyncio.create_task(self._read())]

    async def configure(
        self,
        *,
        prompt: str,
        language: str | None,
        context: str = "",
        phrases: Sequence[str] = (),
    ) -> None:
        """See `protocol.EngineSession`."""
        transcription = events.TranscriptionConfig(prompt=prompt, language=language)
        await self._ask(
            "update",
            events.SessionUpdate(
                session=events.SessionConfig(
                    type="transcription",
                    audio=events.AudioConfig(input=events.AudioInput(transcription=transcription)),
                    dictate=events.DictateConfig(
                        context=context[-MAX_CONTEXT_CHARACTERS:],
                        phrases=list(bounded_phrases(phrases)),
                    ),
                )
            ),
        )

    def append(self, samples: NDArray[np.int16]) -> Coroutine[Any, Any, None]:
        """See `protocol.EngineSession`."""
        if self._fault is None and samples.size:
            self._send(events.AudioAppend(audio=samples.astype("<i2", copy=False).tobytes()))
        return self._wait_for_room()

    def hypothesis(self) -> Coroutine[Any, Any, Hypothesis]:
        """See `protocol.EngineSession`."""
        return _result(self._ask("hypothesis", events.Hypothesize()))

    def preview(self) -> Coroutine[Any, Any, Hypothesis]:
        """See `protocol.EngineSession`."""
        return _result(self._ask("hypothesis", events.Hypothesize(as_final=True)))

    def commit(self) -> Coroutine[Any, Any, Transcript]:
        """See `protocol.EngineSession`."""
        return _result(self._ask("commit", events.AudioCommit()))

    async def clear(self) -> None:
        """See `protocol.EngineSession`."""
        await self._ask("clear", events.AudioClear())

    async def close(self) -> None:
        """See `protocol.EngineSession`."""
        self._break(EngineError("the session is closed: open a new one"))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._connection.close()

    @property
    def usable(self) -> bool:
        """False once the session is closed, lost or refused."""
        return self._fault is None

    def _ask(self, kind: _Kind, event: events.ClientEvent) -> asyncio.Future[Any]:
        """Send an event; the future brings its answer."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if self._fault is not None:
            _fail(future, self._fault)
            return future
        event.event_id = f"event_{next(self._ids)}"
        self._asked[event.event_id] = (kind, future)
        self._send(event)
        return future

    def _send(self, event: events.ClientEvent) -> None:
        self._outgoing.put_nowait(events.encode(event))

    async def _wait_for_room(self) -> None:
        """Let the connection catch up; raises the session's fault if it has one."""
        while self._fault is None and self._outgoing.qsize() > _SEND_AHEAD:
            await asyncio.sleep(0.005)
        if self._fault is not None:
            raise self._fault

    async def _write(self) -> None:
        from websockets.exceptions import ConnectionClosed

        with contextlib.suppress(ConnectionClosed):
            while True:
                await self._connection.send(await self._outgoing.get(), text=True)

    async def _read(self) -> None:
        """Hand every server event to whoever waits for it, until the connection ends."""
        from websockets.exceptions import ConnectionClosed

        try:
            while True:
                self._on_event(events.decode_server_event(await self._connection.recv()))
        except ConnectionClosed:
            self._break(
                EngineLost("the engine went away: it is started again at the next dictation")
            )
        except Exception as error:  # noqa: BLE001 - whoever waits must hear of it, whatever it is
            self._break(EngineError(f"the engine's answer makes no sense ({error}): restart it"))

    def _on_event(self, event: events.AnyServerEvent) -> None:
        if isinstance(event, events.SessionUpdated):
            _succeed(self._next("update"), None)
        elif isinstance(event, events.AudioCleared):
            _succeed(self._next("clear"), None)
        elif isinstance(event, events.AudioCommitted):
            future = self._next("commit")
            if future is not None:
                self._items[event.item_id] = future
        elif isinstance(event, events.Hypothesis):
            _, waiting = self._asked.pop(event.request_id or "", ("hypothesis", None))
            hypothesis = Hypothesis(text=event.text, committed=event.committed, likely=event.likely)
            _succeed(waiting, hypothesis)
        elif isinstance(event, events.TranscriptionCompleted):
            _succeed(self._items.pop(event.item_id, None), _transcript(event))
        elif isinstance(event, events.TranscriptionFailed):
            _fail(self._items.pop(event.item_id, None), EngineError(event.error.message))
        elif isinstance(event, events.ErrorEvent):
            asked = self._asked.pop(event.error.event_id or "", None)
            if asked is not None:
                _fail(asked[1], EngineError(event.error.message))
            else:
                # Not about a question of ours: sound was refused, or the engine cannot serve.
                self._break(EngineError(event.error.message))

    def _next(self, kind: _Kind) -> asyncio.Future[Any] | None:
        """Take the oldest unanswered question of a kind; the server answers each kind in order."""
        for event_id, (asked, future) in self._asked.items():
            if asked == kind:
                del self._asked[event_id]
                return future
        return None

    def _break(self, fault: EngineError) -> None:
        """End the session: everybody who waits gets `fault`; the first fault stays."""
        if self._fault is None:
            self._fault = fault
        waiting = [future for _, future in self._asked.values()] + list(self._items.values())
        self._asked.clear()
        self._items.clear()
        for future in waiting:
            _fail(future, self._fault)


async def _result(future: asyncio.Future[_T]) -> _T:
    return await future


def _succeed(future: asyncio.Future[Any] | None, result: object) -> None:
    if future is not None and not future.done():
        future.set_result(result)


def _fail(future: asyncio.Future[Any] | None, fault: EngineError) -> None:
    if future is not None and not future.done():
        future.set_exception(fault)
        # Nobody need be waiting any more; asyncio is not to complain about that.
        future.exception()


def _transcript(event: events.TranscriptionCompleted) -> Transcript:
    figures = event.dictate or events.ItemFigures(audio_ms=event.usage.seconds * 1000.0)
    return figures.transcript(event.transcript.strip())
