"""Is a recording as long as its own header says? libsndfile reads a cut file without a word."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, BinaryIO

from dictate.audio.source import AudioError

if TYPE_CHECKING:
    from pathlib import Path

_UNKNOWN_BYTES = 0x7FFF_0000
"""From this size on, a header means "not known": recorders write it that stream into a pipe."""


def check_complete(path: Path) -> None:
    """Refuse a WAV or AIFF file whose sound data is shorter than its header promises.

    Other formats pass: their decoders notice by themselves, or nobody can.

    Raises:
        AudioError: truncated, or the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            missing_bytes, promised_bytes = _missing(file, path.stat().st_size)
    except OSError as error:
        raise AudioError(f"{path} cannot be read ({error.strerror}): check its rights") from error
    if missing_bytes > 0:
        raise AudioError(
            f"{path} is truncated: {missing_bytes} of its {promised_bytes} bytes of sound are "
            "missing; copy or record it again"
        )


def _missing(file: BinaryIO, file_bytes: int) -> tuple[int, int]:
    """Bytes of sound data that are not there, and bytes promised; (0, 0) where not known."""
    header = file.read(12)
    if header[:4] in (b"RIFF", b"RIFX", b"RF64") and header[8:12] == b"WAVE":
        wanted, order = b"data", ">" if header[:4] == b"RIFX" else "<"
    elif header[:4] == b"FORM" and header[8:12] in (b"AIFF", b"AIFC"):
        wanted, order = b"SSND", ">"
    else:
        return 0, 0
    long_bytes: int | None = None  # RF64 keeps the true size of large data in a chunk before it
    while len(chunk := file.read(8)) == 8:
        name, size = chunk[:4], int(struct.unpack(order + "I", chunk[4:])[0])
        if name == wanted:
            if size == 0xFFFF_FFFF and long_bytes is not None:
                size = long_bytes
            elif size >= _UNKNOWN_BYTES:
                return 0, 0
            return max(0, size - (file_bytes - file.tell())), size
        if name == b"ds64" and size >= 16:
            sizes = file.read(16)
            if len(sizes) == 16:
                long_bytes = int(struct.unpack("<QQ", sizes)[1])
            file.seek(-len(sizes), 1)
        file.seek(size + size % 2, 1)
    return 0, 0
