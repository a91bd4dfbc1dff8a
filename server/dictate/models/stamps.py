"""Hashes of files that were read once, so that gigabytes are not hashed at every start.

A hash is believed while the file's size, modification time and inode are what they were, as git's
index does it. Kept in `verified.json` in the state folder; losing it costs time only.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
import time
from pathlib import Path
from typing import Final

import msgspec

from dictate.errors import DictateError
from dictate.paths import state_dir
from dictate.whole_file import write_atomically

# A file that was changed this recently may be changed again without a new time: clocks of file
# systems tick in steps. (Git calls such entries racily clean.)
_SETTLED_NS: Final = 2 * 10**9
_CHUNK: Final = 1 << 20
_MOST: Final = 1000
_writing: Final = threading.Lock()


class _Stamp(msgspec.Struct, frozen=True, array_like=True):
    size: int
    mtime_ns: int
    inode: int
    sha256: str


# Made here: msgspec 0.22 crashes when two threads are the first to decode a type.
_decode: Final = msgspec.json.Decoder(dict[str, _Stamp]).decode


def sha256(path: Path, *, again: bool = False) -> str:
    """SHA-256 of a file's content in hex, without reading it if it is known.

    Args:
        path: the file.
        again: read it even so.

    Raises:
        OSError: the file cannot be read.
    """
    key = os.path.realpath(path)
    before = path.stat()
    known = _read().get(key)
    if known is not None and not again and _is_of(known, before):
        return known.sha256
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    after = path.stat()
    if _same(before, after) and time.time_ns() - after.st_mtime_ns > _SETTLED_NS:
        _remember(key, after, digest.hexdigest())
    return digest.hexdigest()


def remember(path: Path, of_content: str) -> None:
    """Note the hash of a file that was just written, by nobody else.

    Raises:
        OSError: the file is not there.
    """
    _remember(os.path.realpath(path), path.stat(), of_content)


def _remember(key: str, status: os.stat_result, of_content: str) -> None:
    # What cannot be kept, or what another process overwrites at the same time, is found out again.
    with _writing, contextlib.suppress(OSError, DictateError):
        stamps = _read()
        stamps.pop(key, None)
        stamps[key] = _Stamp(status.st_size, status.st_mtime_ns, status.st_ino, of_content)
        kept = dict(list(stamps.items())[-_MOST:])
        write_atomically(_file(), msgspec.json.encode(kept))


def _read() -> dict[str, _Stamp]:
    try:
        return _decode(_file().read_bytes())
    except (OSError, DictateError, msgspec.DecodeError, UnicodeDecodeError):
        return {}


def _file() -> Path:
    return state_dir() / "verified.json"


def _is_of(stamp: _Stamp, status: os.stat_result) -> bool:
    seen = (status.st_size, status.st_mtime_ns, status.st_ino)
    return (stamp.size, stamp.mtime_ns, stamp.inode) == seen


def _same(before: os.stat_result, after: os.stat_result) -> bool:
    return (before.st_size, before.st_mtime_ns, before.st_ino) == (
        after.st_size,
        after.st_mtime_ns,
        after.st_ino,
    )
