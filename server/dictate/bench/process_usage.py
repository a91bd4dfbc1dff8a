"""What a process holds at a moment: memory, threads, open files."""

import msgspec
import psutil

from dictate.errors import DictateError

_MB = 1e6


class Usage(msgspec.Struct, frozen=True):
    """What a process holds.

    Attributes:
        resident_mb: memory, in millions of bytes.
        descriptors: open files, pipes and sockets; None: this system does not say.
    """

    resident_mb: float
    threads: int
    descriptors: int | None


def usage(pid: int) -> Usage:
    """What a process holds now.

    Raises:
        DictateError: the process is gone.
    """
    try:
        process = psutil.Process(pid)
        return Usage(
            resident_mb=process.memory_info().rss / _MB,
            threads=process.num_threads(),
            descriptors=process.num_fds() if hasattr(process, "num_fds") else None,
        )
    except psutil.Error as error:
        raise DictateError(f"process {pid} ended while it was measured: see its log") from error
