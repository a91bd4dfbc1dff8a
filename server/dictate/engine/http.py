"""The few plain HTTP requests that clients send to an engine, over whichever transport it has."""

from __future__ import annotations

import asyncio
import contextlib
import re
from typing import Final

import msgspec

from dictate.engine.address import LOOPBACK, Address, TcpAddress
from dictate.engine.protocol import EngineError, EngineOptions, EngineStatus

_MAX_ANSWER_BYTES: Final = 1024 * 1024
_SUCCESS: Final = b"HTTP/1.1 200 "


class NotListeningError(EngineError):
    """Nobody accepts connections at an address."""


class ForeignAnswerError(EngineError):
    """Something answers at an address that is no engine of ours."""


async def fetch_status(address: Address, timeout_s: float) -> EngineStatus:
    """Ask the engine at `address` how it does.

    Raises:
        NotListeningError: nobody is there, or leaves while we ask.
        ForeignAnswerError: whoever is there does not answer like an engine.
        TimeoutError: no answer in time.
    """
    return _status(address, await asyncio.wait_for(_request(address, "GET", "/status"), timeout_s))


async def request_use(address: Address, options: EngineOptions, timeout_s: float) -> EngineStatus:
    """Ask the engine at `address` to run another pair from soon on; raises like `fetch_status`."""
    body = msgspec.json.encode(options)
    answer = await asyncio.wait_for(_request(address, "POST", "/use", body), timeout_s)
    return _status(address, answer)


async def request_shutdown(address: Address, timeout_s: float) -> None:
    """Ask the engine at `address` to leave; raises like `fetch_status`."""
    await asyncio.wait_for(_request(address, "POST", "/shutdown"), timeout_s)


def _status(address: Address, body: bytes) -> EngineStatus:
    try:
        return msgspec.json.decode(body, type=EngineStatus)
    except msgspec.DecodeError as error:
        raise _foreign(address) from error


async def _request(address: Address, method: str, path: str, content: bytes = b"") -> bytes:
    """Send one request on a connection of its own; returns the body of a 200 answer."""
    try:
        if isinstance(address, TcpAddress):
            reader, writer = await asyncio.open_connection(LOOPBACK, address.port)
        else:
            reader, writer = await asyncio.open_unix_connection(str(address.path))
    except OSError as error:
        raise NotListeningError(f"no engine is listening at {address}") from error
    headers = [f"{method} {path} HTTP/1.1", "Host: localhost", "Connection: close"]
    if isinstance(address, TcpAddress):
        headers[1] = f"Host: {address}"
        headers.append(f"Authorization: Bearer {address.token}")
    try:
        headers.append(f"Content-Length: {len(content)}")
        writer.write("\r\n".join([*headers, "", ""]).encode() + content)
        answer = await reader.read(_MAX_ANSWER_BYTES)
        while chunk := await reader.read(_MAX_ANSWER_BYTES):
            answer += chunk
            if len(answer) > _MAX_ANSWER_BYTES:
                raise _foreign(address)
    except OSError as error:
        raise NotListeningError(f"the engine at {address} closed the connection") from error
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    if answer[: len(_SUCCESS)] != _SUCCESS[: len(answer)]:
        raise _foreign(address)
    head, end, body = answer.partition(b"\r\n\r\n")
    promised = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    if not end or (promised is not None and len(body) < int(promised[1])):
        raise NotListeningError(f"the engine at {address} closed the connection")
    return body


def _foreign(address: Address) -> ForeignAnswerError:
    return ForeignAnswerError(
        f"another program uses {address}: stop it, or set XDG_RUNTIME_DIR to another folder"
    )
