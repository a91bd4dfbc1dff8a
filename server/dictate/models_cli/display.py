"""Shows a download in a terminal: one line that is drawn again, or plain lines where none is."""

from __future__ import annotations

import shutil
import sys
import time
from types import TracebackType
from typing import Final, TextIO

from dictate.models.store import PullProgress

_DRAW_S: Final = 0.2
_LINE_S: Final = 10.0
_MB: Final = 10**6
_GB: Final = 10**9


class DownloadDisplay:
    """Takes the reports of `store.pull`; use it as a context, so that the line is ended."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._is_terminal = self._stream.isatty()
        self._drawn_s: float | None = None
        self._said = ""
        self._last: PullProgress | None = None

    def __enter__(self) -> DownloadDisplay:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    def end(self) -> None:
        """Draw the line a last time, and go to the next."""
        if self._last is not None:
            self._draw(self._last)
            self._write("\n")
            self._last = None

    def __call__(self, progress: PullProgress) -> None:
        """Show how far it is, not more often than is useful."""
        now_s = time.monotonic()
        if self._is_terminal:
            self._last = progress
            if self._drawn_s is None or now_s - self._drawn_s >= _DRAW_S:
                self._draw(progress)
                self._drawn_s = now_s
        elif progress.message.startswith(("checking", "looking", "asking")):
            # Over in a moment, mostly: no line of a log.
            return
        elif (
            progress.message != self._said
            or self._drawn_s is None
            or now_s - self._drawn_s >= _LINE_S
        ):
            self._write(f"{line(progress)}\n")
            self._drawn_s, self._said = now_s, progress.message

    def _draw(self, progress: PullProgress) -> None:
        width = shutil.get_terminal_size().columns - 1
        self._write(f"\r{line(progress)[:width]}\x1b[K")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def line(progress: PullProgress) -> str:
    """One line: how much of how much, how fast, how long still, and what is being done."""
    parts = [progress.pair]
    if progress.total_bytes:
        share = 100 * progress.done_bytes // progress.total_bytes
        parts.append(f"{share} % of {size(progress.total_bytes)}")
    if progress.bytes_per_s >= 1:
        parts.append(f"{size(int(progress.bytes_per_s))}/s")
        left = progress.total_bytes - progress.done_bytes
        if left > 0:
            parts.append(f"{duration(left / progress.bytes_per_s)} left")
    parts.append(progress.message)
    return ", ".join(part for part in parts if part)


def size(of_bytes: int) -> str:
    """Bytes for people, in powers of 10: "1.6 GB", "350 MB", "12 kB"."""
    if of_bytes >= _GB:
        return f"{of_bytes / _GB:.1f} GB"
    if of_bytes >= _MB:
        return f"{of_bytes / _MB:.0f} MB"
    return f"{of_bytes / 1000:.0f} kB"


def duration(seconds: float) -> str:
    """Time for people: "12 s", "3 min 05 s", "2 h 10 min"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
