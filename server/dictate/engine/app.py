"""The engine's ASGI application: `/v1/realtime`, `/status`, `/use` and `/shutdown`."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import time
from collections.abc import Callable
from typing import Final

import msgspec
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from dictate.engine.address import LOOPBACK
from dictate.engine.host import PairHost
from dictate.engine.protocol import EngineOptions
from dictate.engine.realtime import RealtimeSession

_CLOSE_ENGINE_FAILED: Final = 1011


class EngineApp:
    """The routes of one engine, and who is using it."""

    def __init__(self, host: PairHost, shut_down: Callable[[], None]) -> None:
        """Serve `host`; `shut_down` ends the process soon after it was called."""
        self._host = host
        self._shut_down = shut_down
        self._sessions: set[RealtimeSession] = set()
        self._idle_since_s = time.monotonic()
        self.was_used = False
        self.asgi = Starlette(
            routes=[
                Route("/status", self._status),
                Route("/use", self._use, methods=["POST"]),
                Route("/shutdown", self._shutdown, methods=["POST"]),
                WebSocketRoute("/v1/realtime", self._realtime),
            ]
        )

    @property
    def in_use(self) -> bool:
        """A session is open, or somebody waits for another pair."""
        return bool(self._sessions) or self._host.is_changing

    @property
    def idle_s(self) -> float:
        """Seconds since a session was open or a pair wanted last, or since the start."""
        return time.monotonic() - self._idle_since_s

    def refuse_all(self, reason: str) -> None:
        """Tell every open session that the engine cannot serve; they are closed."""
        for session in self._sessions:
            session.refuse(reason)

    async def _status(self, _: Request) -> Response:
        status = self._host.status(len(self._sessions))
        return Response(msgspec.json.encode(status), media_type="application/json")

    async def _use(self, request: Request) -> Response:
        """Change to the pair that the body, `EngineOptions` as JSON, names; answers at once."""
        try:
            options = msgspec.json.decode(await request.body(), type=EngineOptions)
        except msgspec.DecodeError as error:
            return PlainTextResponse(f"invalid options ({error})\n", 400)
        self._host.use(options)
        self._idle_since_s = time.monotonic()
        return await self._status(request)

    async def _shutdown(self, _: Request) -> Response:
        self._shut_down()
        return Response(b"{}", media_type="application/json")

    async def _realtime(self, websocket: WebSocket) -> None:
        await websocket.accept()

        async def send(message: bytes) -> None:
            await websocket.send_text(message.decode())

        session = RealtimeSession(self._host, send)
        self._sessions.add(session)
        self.was_used = True
        tasks = [
            asyncio.create_task(_converse(websocket, session)),
            asyncio.create_task(_write(websocket, session)),
        ]
        try:
            reason = self._failure()
            if reason is None:
                session.greet()
            else:
                session.refuse(reason)
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._sessions.discard(session)
            self._idle_since_s = time.monotonic()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            session.close()

    def _failure(self) -> str | None:
        if not self._host.loaded.done():
            return None
        error = self._host.loaded.exception()
        return None if error is None else str(error)


async def _converse(websocket: WebSocket, session: RealtimeSession) -> None:
    """Serve the client's events until it leaves."""
    while True:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            return
        await session.on_message(message.get("text") or message.get("bytes") or b"")


async def _write(websocket: WebSocket, session: RealtimeSession) -> None:
    """Send the session's events; ends when the session has said its last."""
    with contextlib.suppress(WebSocketDisconnect, OSError):
        await session.run_writer()
        await websocket.close(_CLOSE_ENGINE_FAILED)


class LoopbackGuard:
    """Lets only the user's own programs in on TCP.

    Every HTTP request and every WebSocket must carry the token. `Host` must name this machine and
    `Origin`, which only browsers send, must be absent: a web page reaches loopback ports, too, by
    rebinding its own name to 127.0.0.1.
    """

    def __init__(self, app: ASGIApp, port: int, token: str) -> None:
        """Guard `app`, which listens on `port`."""
        self._app = app
        self._authorization = f"Bearer {token}".encode()
        self._hosts = {f"{name}:{port}" for name in (LOOPBACK, "localhost", "[::1]")}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve or refuse one connection."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(Headers(scope=scope))
        if refusal is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await WebSocket(scope, receive, send).send_denial_response(refusal)
        else:
            await refusal(scope, receive, send)

    def _refusal(self, headers: Headers) -> Response | None:
        if headers.get("host", "") not in self._hosts or "origin" in headers:
            return PlainTextResponse("this engine serves programs of this machine only\n", 403)
        given = headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, self._authorization):
            return PlainTextResponse(
                "wrong or missing token\n", 401, {"WWW-Authenticate": "Bearer"}
            )
        return None
