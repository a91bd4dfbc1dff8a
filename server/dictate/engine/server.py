"""The engine process: one per user; binds, serves, loads, and leaves when nobody needs it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import stat
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Final

import uvicorn

from dictate.engine.address import (
    LOOPBACK,
    Address,
    UnixAddress,
    engine_lock_path,
    socket_path,
    tcp_path,
    wanted_transport,
    write_tcp_file,
)
from dictate.engine.app import EngineApp, LoopbackGuard
from dictate.engine.events import MAX_MESSAGE_BYTES
from dictate.engine.host import PairHost
from dictate.engine.launch import find
from dictate.engine.protocol import EngineError, EngineOptions
from dictate.file_lock import FileLock

_LOCK_TIMEOUT_S: Final = 10.0
_LOCK_POLL_S: Final = 0.02
_FAILED_LINGER_S: Final = 3.0
"""How long an engine whose target cannot run stays, so that clients hear the reason."""
_FIRST_USE_S: Final = 10.0
_WATCH_INTERVAL_S: Final = 0.2
_GRACE_S: Final = 2
_BACKLOG: Final = 128

_logger = logging.getLogger(__name__)


@dataclass
class Listener:
    """A socket that accepts connections, and the files that lead to it."""

    socket: socket.socket
    address: Address

    def close(self) -> None:
        """Stop listening and leave nothing behind."""
        if isinstance(self.address, UnixAddress):
            self.address.path.unlink(missing_ok=True)
        else:
            tcp_path().unlink(missing_ok=True)
        self.socket.close()


def run(options: EngineOptions, on_listening: Callable[[], None]) -> None:
    """Be the engine until idle, told to leave or signalled.

    Args:
        options: which pair on what, and for how long.
        on_listening: called when connections are accepted.

    Raises:
        EngineError: another engine holds the place, or the address cannot be used.
    """
    asyncio.run(_run(options, on_listening))


async def _run(options: EngineOptions, on_listening: Callable[[], None]) -> None:
    lock = FileLock(engine_lock_path())
    end = time.monotonic() + _LOCK_TIMEOUT_S
    while not lock.try_acquire():
        # One that leaves still holds the lock for a moment; one that serves makes us superfluous.
        if await find() is not None:
            on_listening()
            return
        if time.monotonic() > end:
            raise EngineError("an engine that does not answer is in the way: `dictate engine stop`")
        await asyncio.sleep(_LOCK_POLL_S)
    try:
        listener = await listen()
        try:
            await _serve(options, listener, on_listening)
        finally:
            listener.close()
    finally:
        lock.release()
        _logger.info("left")


async def listen() -> Listener:
    """Open the engine's address; the engine's lock is ours.

    Raises:
        EngineError: something else is in its place.
    """
    if wanted_transport() == "tcp":
        server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        server.bind((LOOPBACK, 0))
        server.listen(_BACKLOG)
        return Listener(server, write_tcp_file(server.getsockname()[1]))
    path = socket_path()
    tcp_path().unlink(missing_ok=True)
    if path.exists() or path.is_symlink():
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise EngineError(f"{path} is in the way and no socket: remove it, then retry")
        if await _is_alive(str(path)):
            raise EngineError(
                f"another program listens on {path}: stop it, "
                "or set XDG_RUNTIME_DIR to another folder"
            )
        path.unlink()
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # Never open to others, not even between bind and chmod.
    before = os.umask(0o177)
    try:
        server.bind(str(path))
    except OSError as error:
        raise EngineError(f"cannot open {path} ({error.strerror}): free the place") from error
    finally:
        os.umask(before)
    server.listen(_BACKLOG)
    return Listener(server, UnixAddress(path))


async def _is_alive(path: str) -> bool:
    """Somebody accepts connections there."""
    try:
        _, writer = await asyncio.open_unix_connection(path)
    except OSError:
        return False
    writer.close()
    return True


class _Server(uvicorn.Server):
    """Without uvicorn's signal handling, which would end us before we have tidied up."""

    def __init__(self, config: uvicorn.Config, on_started: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_started = on_started

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_started()


async def _serve(
    options: EngineOptions, listener: Listener, on_listening: Callable[[], None]
) -> None:
    """Serve until idle, told otherwise or failed."""
    host = PairHost(options)

    def start() -> None:
        on_listening()
        # Only now: importing torch would keep the first client waiting.
        host.start()

    def leave(why: str) -> None:
        _logger.info("leaving: %s", why)
        server.should_exit = True

    app = EngineApp(host, shut_down=lambda: leave("told to"))
    address = listener.address
    asgi = (
        app.asgi
        if isinstance(address, UnixAddress)
        else LoopbackGuard(app.asgi, address.port, address.token)
    )
    server = _Server(
        uvicorn.Config(
            asgi,
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            lifespan="off",
            http="h11",
            loop="asyncio",
            ws_max_size=MAX_MESSAGE_BYTES,
            ws_per_message_deflate=False,
            timeout_graceful_shutdown=_GRACE_S,
        ),
        start,
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _: leave(f"signal {received}"))
    watches = [
        asyncio.create_task(_leave_when_idle(app, options.keep_warm_s, leave)),
        asyncio.create_task(_leave_when_failed(app, host, leave)),
    ]
    try:
        await server.serve(sockets=[listener.socket])
    finally:
        for watch in watches:
            watch.cancel()
        listener.close()
        await asyncio.to_thread(host.close)


async def _leave_when_idle(
    app: EngineApp, keep_warm_s: float, leave: Callable[[str], None]
) -> None:
    # Whoever started us is given time to open the first session, however short we are to stay.
    while app.in_use or app.idle_s < (
        keep_warm_s if app.was_used else max(keep_warm_s, _FIRST_USE_S)
    ):
        await asyncio.sleep(_WATCH_INTERVAL_S)
    leave("idle")


async def _leave_when_failed(app: EngineApp, host: PairHost, leave: Callable[[str], None]) -> None:
    try:
        await asyncio.wrap_future(host.loaded)
    except EngineError as error:
        app.refuse_all(str(error))
        await asyncio.sleep(_FAILED_LINGER_S)
        leave("failed")
