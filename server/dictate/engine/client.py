"""The light side of the engine: attach to this user's engine process, or start it.

Never imports torch; websockets is imported at the first connection.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

import msgspec

from dictate.engine import events
from dictate.engine.address import LOOPBACK, Address, TcpAddress
from dictate.engine.change import change
from dictate.engine.client_session import SocketSession
from dictate.engine.http import NotListeningError, fetch_status
from dictate.engine.launch import Attachment, ensure_running
from dictate.engine.protocol import (
    EngineError,
    EngineLost,
    EngineOptions,
    EngineSession,
    EngineStatus,
)

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

__all__ = ["EngineError", "EngineLost", "EngineOptions", "EngineStatus", "SocketEngine"]

Refresh = Callable[[], Awaitable[EngineOptions]]

_STATUS_TIMEOUT_S: Final = 15.0
_OPEN_TIMEOUT_S: Final = 15.0
_CLOSE_TIMEOUT_S: Final = 1.0
# An engine may leave between our finding it and our connecting; twice in a row is no coincidence.
_ATTEMPTS: Final = 3


class SocketEngine:
    """`protocol.Engine` in a process of its own, shared by all clients of this user."""

    def __init__(
        self,
        options: EngineOptions,
        attachment: Attachment,
        *,
        start: bool,
        refresh: Refresh | None = None,
    ) -> None:
        """Use `connect` instead."""
        self._options = options
        self._refresh = refresh
        self._attachment = attachment
        self._start = start
        self._sessions: list[SocketSession] = []
        self._closed = False

    @classmethod
    async def connect(
        cls,
        options: EngineOptions | None = None,
        *,
        start: bool = True,
        refresh: Refresh | None = None,
    ) -> SocketEngine:
        """Attach to the engine that runs or, with `start`, start one; waits until it accepts.

        It may still load then: sessions can be opened at once and wait in the engine.

        Args:
            options: which engine is wanted.
            start: start it where it does not run.
            refresh: asked for the options of an engine that has to be started again, which may
                have changed meanwhile; None: they stay.

        Raises:
            EngineError: one line with the reason why there is no engine.
        """
        options = options or EngineOptions()
        attachment = await ensure_running(options, start=start)
        return cls(options, attachment, start=start, refresh=refresh)

    async def status(self) -> EngineStatus:
        """See `protocol.Engine`.

        Raises:
            EngineLost: the engine has gone; the next `session` starts it again.
        """
        try:
            status = await fetch_status(self._attachment.address, _STATUS_TIMEOUT_S)
        except NotListeningError as error:
            raise EngineLost(
                "the engine has left: it is started again at the next dictation"
            ) from error
        except (TimeoutError, asyncio.TimeoutError) as error:
            raise EngineError(
                "the engine does not answer: run `dictate engine stop`, then retry"
            ) from error
        if self._attachment.notice is None:
            return status
        return msgspec.structs.replace(status, notices=[*status.notices, self._attachment.notice])

    async def use(self, options: EngineOptions) -> EngineStatus:
        """See `protocol.Engine`; others who use the same engine get the pair, too."""
        try:
            status = await change(self._attachment.address, options)
        except NotListeningError as error:
            raise EngineLost("the engine has left: it is started again when needed") from error
        except (TimeoutError, asyncio.TimeoutError) as error:
            raise EngineError(
                "the engine does not answer: run `dictate engine stop`, then retry"
            ) from error
        self._options = options
        self._attachment = Attachment(self._attachment.address, status)
        return status

    async def session(self, *, speech_only: bool = False) -> EngineSession:
        """See `protocol.Engine`; an engine that has left or died meanwhile is started again.

        Raises:
            EngineError: the engine cannot start, or its models cannot run.
            EngineLost: it keeps going away.
        """
        if self._closed:
            raise EngineError("this connection to the engine is closed: make a new one")
        for attempt in range(_ATTEMPTS):
            if attempt:
                if self._refresh is not None:
                    self._options = await self._refresh()
                self._attachment = await ensure_running(self._options, start=self._start)
            connection = await _open(self._attachment.address)
            if connection is not None:
                session = SocketSession(connection, speech_only=speech_only)
                self._sessions = [known for known in self._sessions if known.usable]
                self._sessions.append(session)
                return session
        raise EngineLost("the engine goes away as soon as it is reached: see its log, then retry")

    async def close(self) -> None:
        """See `protocol.Engine`."""
        self._closed = True
        for session in self._sessions:
            await session.close()
        self._sessions.clear()


async def _open(address: Address) -> ClientConnection | None:
    """Open a WebSocket and read its first event; None when nobody is there any more.

    Raises:
        EngineError: the engine says that it cannot serve.
    """
    from websockets.asyncio.client import connect, unix_connect
    from websockets.exceptions import WebSocketException

    headers = {}
    if isinstance(address, TcpAddress):
        headers["Authorization"] = f"Bearer {address.token}"
        # No proxy, whatever the environment says: it is this machine.
        opening = connect(
            f"ws://{LOOPBACK}:{address.port}/v1/realtime?intent=transcription",
            additional_headers=headers,
            compression=None,
            proxy=None,
            open_timeout=_OPEN_TIMEOUT_S,
            close_timeout=_CLOSE_TIMEOUT_S,
        )
    else:
        opening = unix_connect(
            str(address.path),
            "ws://localhost/v1/realtime?intent=transcription",
            compression=None,
            open_timeout=_OPEN_TIMEOUT_S,
            close_timeout=_CLOSE_TIMEOUT_S,
        )
    try:
        connection = await opening
    except (OSError, WebSocketException):
        return None
    try:
        first = events.decode_server_event(
            await asyncio.wait_for(connection.recv(), _OPEN_TIMEOUT_S)
        )
    except WebSocketException:
        return None
    except (TimeoutError, asyncio.TimeoutError) as error:
        await connection.close()
        raise EngineError(
            "the engine does not answer: run `dictate engine stop`, then retry"
        ) from error
    if isinstance(first, events.ErrorEvent):
        with contextlib.suppress(WebSocketException):
            await connection.close()
        raise EngineError(first.error.message)
    return connection
