"""One pair on its way to this machine: on a thread of its own, shown and cancellable."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from dictate.lsp.progress import EditorProgress

if TYPE_CHECKING:
    from dictate.models.registry import PairEntry
    from dictate.models.tally import PullProgress

_SHOW_S = 0.25
_GOODBYE_S = 2.0
_MB = 10**6


class DownloadCancelled(Exception):  # noqa: N818 - it says what happened
    """The user wants no more of it; what came is kept for the next attempt."""


class Download:
    """A download that was begun; lives on the event loop.

    Attributes:
        pair: name of the pair.
        percentage: how much of it is here, None: not known yet.
        message: what is being done, one line.
    """

    def __init__(self, entry: "PairEntry", progress: EditorProgress) -> None:
        """Prepare to get `entry`."""
        self.pair = entry.name
        self.percentage: int | None = None
        self.message = ""
        self._entry = entry
        self._progress = progress
        self._cancelled = threading.Event()
        self._shown_s = 0.0
        self._thread: threading.Thread | None = None

    async def run(self) -> None:
        """Get the pair.

        Raises:
            DictateError: it cannot be had; one line.
            DownloadCancelled: `cancel` was called.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()

        def on_loop(function: Callable[..., None], *arguments: object) -> None:
            # The loop may have ended: a thread that waits for the network does not end with it.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(function, *arguments)

        def finish(error: BaseException | None) -> None:
            if done.done():
                return
            if error is None:
                done.set_result(None)
            else:
                done.set_exception(error)

        def work() -> None:
            from dictate.models.store import PullCancelled, pull

            try:
                pull(
                    self._entry,
                    report=lambda progress: on_loop(self._show, progress),
                    cancelled=self._cancelled,
                )
            except PullCancelled:
                on_loop(finish, DownloadCancelled())
            except BaseException as error:  # noqa: BLE001 - whoever waits gets it
                on_loop(finish, error)
            else:
                on_loop(finish, None)

        # No executor: Python waits for the threads of executors before it ends.
        self._thread = threading.Thread(target=work, name="dictate-download", daemon=True)
        self._thread.start()
        try:
            await self._progress.begin(
                f"Dictate: downloading {self.pair}", self.cancel, percentage=0
            )
            await done
        finally:
            self._cancelled.set()
            self._progress.end()

    def cancel(self) -> None:
        """Give up soon."""
        self._cancelled.set()

    async def leave(self) -> None:
        """Give up because the server goes away; waits for what is being written, not for longer."""
        self._cancelled.set()
        end_s = time.monotonic() + _GOODBYE_S
        while self._thread is not None and self._thread.is_alive() and time.monotonic() < end_s:
            await asyncio.sleep(0.02)

    def _show(self, progress: "PullProgress") -> None:
        done_mb, total_mb = progress.done_bytes / _MB, progress.total_bytes / _MB
        self.message = progress.message
        if progress.total_bytes:
            self.percentage = min(100, 100 * progress.done_bytes // progress.total_bytes)
            self.message = f"{done_mb:,.0f} of {total_mb:,.0f} MB"
            if progress.bytes_per_s:
                self.message += f", {progress.bytes_per_s / _MB:.1f} MB/s"
            if progress.message:
                self.message += f" - {progress.message}"
        now_s = time.monotonic()
        if now_s - self._shown_s >= _SHOW_S:
            self._shown_s = now_s
            self._progress.report(self.message, self.percentage)
