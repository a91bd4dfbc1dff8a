"""A file on its way here: what came of it is kept beside its place, so that any cut is resumed.

The content is hashed as it is written. Only a file whose size and hashes are right leaves its
partial name, in one step, for the place where others look.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Final

from dictate.models.listing import Wanted

SUFFIX: Final = ".dictate.incomplete"
"""Of the name of a partial file; the hub's client counts `*.incomplete` as what may be removed."""

_CHUNK: Final = 1 << 20


class Digest:
    """Both hashes that the hub names contents by."""

    def __init__(self, size: int) -> None:
        self._sha256 = hashlib.sha256()
        # As `git hash-object`: a blob's header, then its content.
        self._git = hashlib.sha1(f"blob {size}\0".encode(), usedforsecurity=False)

    def update(self, chunk: memoryview) -> None:
        """Add what follows of the content."""
        self._sha256.update(chunk)
        self._git.update(chunk)

    @property
    def sha256(self) -> str:
        """Of the content so far, in hex."""
        return self._sha256.hexdigest()

    def is_of(self, wanted: Wanted) -> bool:
        """Whether the content so far is what was wanted."""
        own = self.sha256
        blob = own if len(wanted.blob) == len(own) else self._git.hexdigest()
        return blob == wanted.blob and wanted.sha256 in ("", own)


def digest_of(path: Path) -> Digest:
    """Hashes of a file.

    Raises:
        OSError: it cannot be read.
    """
    digest = Digest(path.stat().st_size)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(memoryview(chunk))
    return digest


class Partial:
    """What is here of a wanted file.

    Attributes:
        size: bytes so far.
    """

    def __init__(self, wanted: Wanted, blobs: Path) -> None:
        """Open what an earlier download left, or begin.

        Args:
            wanted: the file.
            blobs: folder of the finished ones.

        Raises:
            OSError: it cannot be written.
        """
        self.wanted = wanted
        self._place = blobs / wanted.blob
        self._path = partial_path(wanted, blobs)
        blobs.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
        self._file: FileIO = FileIO(descriptor, "r+b")
        self.size = 0
        self._digest = Digest(wanted.size)
        if os.fstat(descriptor).st_size > wanted.size:
            self.discard()
        while chunk := self._file.read(_CHUNK):
            self._digest.update(memoryview(chunk))
            self.size += len(chunk)

    def __enter__(self) -> Partial:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def write(self, chunk: bytes) -> None:
        """Add what follows.

        Raises:
            OSError: it cannot be written; what could be is counted.
        """
        rest = memoryview(chunk)
        while rest:
            written = self._file.write(rest)
            self._digest.update(rest[:written])
            self.size += written
            rest = rest[written:]

    def discard(self) -> None:
        """Throw away what is here.

        Raises:
            OSError: it cannot be.
        """
        self._file.seek(0)
        self._file.truncate()
        self.size = 0
        self._digest = Digest(self.wanted.size)

    @property
    def is_whole(self) -> bool:
        """Whether size and hashes are right."""
        return self.size == self.wanted.size and self._digest.is_of(self.wanted)

    def finish(self) -> tuple[Path, str]:
        """Move the whole file to its place; returns that and its SHA-256 in hex.

        Raises:
            OSError: it cannot be moved.
        """
        assert self.is_whole, "only whole files may be loaded"
        # Else a power cut could leave the name without the content.
        os.fsync(self._file.fileno())
        self._file.close()
        self._path.replace(self._place)
        return self._place, self._digest.sha256


def partial_path(wanted: Wanted, blobs: Path) -> Path:
    """Where a wanted file is kept until it is whole."""
    return blobs / f"{wanted.blob}{SUFFIX}"


def partial_bytes(wanted: Wanted, blobs: Path) -> int:
    """How much of a wanted file an earlier download left."""
    with contextlib.suppress(OSError):
        size = partial_path(wanted, blobs).stat().st_size
        return size if size <= wanted.size else 0
    return 0
