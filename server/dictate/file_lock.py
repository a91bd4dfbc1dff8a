"""A lock between processes that the system releases when its holder dies.

The file is removed with the lock, so that nothing stays behind; a process that locked a file which
was removed meanwhile notices (another inode has the name) and takes the new one.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from pathlib import Path
from typing import Final

_POLL_S: Final = 0.01


class FileLock:
    """An exclusive lock on a file; the file's content is the holder's process id."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def try_acquire(self) -> bool:
        """Take the lock if nobody holds it; True when it is ours."""
        while True:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            if not _lock(descriptor, shared=False):
                os.close(descriptor)
                return False
            if _is_file_of(descriptor, self._path):
                break
            os.close(descriptor)
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        self._descriptor = descriptor
        return True

    async def acquire(self, timeout_s: float) -> bool:
        """Wait for the lock; False after `timeout_s`."""
        end = time.monotonic() + timeout_s
        while not self.try_acquire():
            if time.monotonic() > end:
                return False
            await asyncio.sleep(_POLL_S)
        return True

    def release(self) -> None:
        """Remove the file and release the lock; nothing if it is not ours."""
        if self._descriptor is None:
            return
        # Windows cannot remove an open file: there it stays, unlocked, which means the same.
        with contextlib.suppress(OSError):
            self._path.unlink()
        os.close(self._descriptor)
        self._descriptor = None


def holder(path: Path) -> int | None:
    """Process id of who holds the lock on `path` exclusively (0: unknown), None if nobody does."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        # Shared, so that several who only look do not take each other for the holder.
        if _lock(descriptor, shared=True):
            return None
        text = os.pread(descriptor, 32, 0) if hasattr(os, "pread") else b""
        return int(text) if text.isdigit() else 0
    finally:
        os.close(descriptor)


def _is_file_of(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


if sys.platform == "win32":
    import msvcrt

    # Beyond the content, because a locked byte cannot be read by others.
    _LOCKED_BYTE: Final = 1024

    def _lock(descriptor: int, *, shared: bool) -> bool:
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        os.lseek(descriptor, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def _lock(descriptor: int, *, shared: bool) -> bool:
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
