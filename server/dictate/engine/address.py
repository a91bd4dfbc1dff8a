"""Where this user's engine listens, and the files that say so.

Unix sockets where the system has them and the path fits, else loopback TCP with a bearer token.
Everything lies in `paths.runtime_dir()`, which only the user can enter.
"""

from __future__ import annotations

import os
import secrets
import socket
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import msgspec

from dictate.engine.protocol import EngineError
from dictate.paths import runtime_dir
from dictate.whole_file import write_atomically

TRANSPORT_VARIABLE: Final = "DICTATE_ENGINE_TRANSPORT"
LOOPBACK: Final = "127.0.0.1"

# `sun_path` of sockaddr_un holds 108 bytes on Linux and 104 on the BSDs, the final zero included.
_LONGEST_SOCKET_PATH: Final = 107 if sys.platform == "linux" else 103

Transport = Literal["unix", "tcp"]


@dataclass(frozen=True, slots=True)
class UnixAddress:
    """A Unix socket; its folder's and its own permissions are the authentication."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)


@dataclass(frozen=True, slots=True)
class TcpAddress:
    """A loopback port; every request carries `token`."""

    port: int
    token: str = field(repr=False)

    def __str__(self) -> str:
        return f"{LOOPBACK}:{self.port}"


Address = UnixAddress | TcpAddress


class _TcpFile(msgspec.Struct):
    port: int
    token: str


def socket_path() -> Path:
    """The engine's Unix socket."""
    return runtime_dir() / "engine.sock"


def tcp_path() -> Path:
    """The file (0600) that holds the port and the token of an engine on TCP."""
    return runtime_dir() / "engine.tcp.json"


def engine_lock_path() -> Path:
    """Locked by the engine as long as it lives; holds its process id."""
    return runtime_dir() / "engine.lock"


def start_lock_path() -> Path:
    """Locked by the client that is starting an engine."""
    return runtime_dir() / "engine-start.lock"


def wanted_transport() -> Transport:
    """The transport that a new engine uses.

    Raises:
        EngineError: the environment asks for a transport that does not exist.
    """
    asked = os.environ.get(TRANSPORT_VARIABLE, "")
    if asked not in {"", "unix", "tcp"}:
        raise EngineError(f"{TRANSPORT_VARIABLE} is {asked!r}: set it to unix or tcp, or unset it")
    has_unix = hasattr(socket, "AF_UNIX") and sys.platform != "win32"
    fits = len(os.fsencode(socket_path())) <= _LONGEST_SOCKET_PATH
    if asked == "tcp" or not has_unix or not fits:
        return "tcp"
    return "unix"


def known_addresses() -> list[Address]:
    """Where an engine may be listening now, likeliest first; none of them need be alive."""
    found: list[Address] = []
    path = socket_path()
    if wanted_transport() == "unix" or path.exists():
        found.append(UnixAddress(path))
    try:
        content = msgspec.json.decode(tcp_path().read_bytes(), type=_TcpFile)
    except (OSError, msgspec.DecodeError):
        return found
    # A file means that the engine that runs now, if any, was started for TCP.
    return [TcpAddress(content.port, content.token), *found]


def write_tcp_file(port: int) -> TcpAddress:
    """Publish a new engine's port with a fresh token, readable by the user alone."""
    address = TcpAddress(port, secrets.token_urlsafe(32))
    write_atomically(tcp_path(), msgspec.json.encode(_TcpFile(address.port, address.token)))
    return address
