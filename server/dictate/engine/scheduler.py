"""One worker thread for all decoding: what somebody waits for first, guesses when nothing else is.

The models hold one utterance at a time, so a second thread would only wait for the first. Finals
are decoded in the order of their commits. A preview of a final takes its turn among them. A
hypothesis gives way to any of both. A newer preview or hypothesis of the same owner replaces the
older: whoever asked gets None.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

_T = TypeVar("_T")

Cancelled = Callable[[], bool]


@dataclass(eq=False)
class _Job:
    owner: Hashable
    work: Callable[[Cancelled], Any]
    is_final: bool
    is_preview: bool = False
    future: Future[Any] = field(default_factory=Future)
    cancelled: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        try:
            result = None if self.cancelled.is_set() else self.work(self.cancelled.is_set)
        except BaseException as error:  # noqa: BLE001 - it belongs to whoever waits
            if self.cancelled.is_set():
                self.future.set_result(None)
            else:
                self.future.set_exception(error)
        else:
            self.future.set_result(result)


class Scheduler:
    """Runs jobs one after the other on a thread of its own."""

    def __init__(self, prepare: Callable[[], None]) -> None:
        """Start the thread; it calls `prepare`, which must not raise, before the first job."""
        self._condition = threading.Condition()
        self._finals: deque[_Job] = deque()
        self._hypotheses: dict[Hashable, _Job] = {}
        self._running: _Job | None = None
        self._closing = False
        self._thread = threading.Thread(
            target=self._run, args=(prepare,), name="dictate-decoder", daemon=True
        )
        self._thread.start()

    def final(self, owner: Hashable, work: Callable[[Cancelled], _T]) -> Future[_T | None]:
        """Do `work` after all finals before it; None if the owner is forgotten meanwhile."""
        job = _Job(owner, work, is_final=True)
        with self._condition:
            self._finals.append(job)
            self._interrupt_hypothesis()
            self._condition.notify()
        return job.future

    def preview(self, owner: Hashable, work: Callable[[Cancelled], _T]) -> Future[_T | None]:
        """Do `work` after all finals before it; None if it was replaced or dropped."""
        job = _Job(owner, work, is_final=True, is_preview=True)
        self.drop_preview(owner)
        with self._condition:
            self._finals.append(job)
            self._interrupt_hypothesis()
            self._condition.notify()
        return job.future

    def drop_preview(self, owner: Hashable) -> None:
        """Give up the owner's preview, waiting or running."""
        with self._condition:
            dropped = [job for job in self._finals if job.owner == owner and job.is_preview]
            self._finals = deque(job for job in self._finals if job not in dropped)
            running = self._running
            if running is not None and running.owner == owner and running.is_preview:
                running.cancelled.set()
        for job in dropped:
            job.future.set_result(None)

    def hypothesis(self, owner: Hashable, work: Callable[[Cancelled], _T]) -> Future[_T | None]:
        """Do `work` when no final waits; None if it was replaced or interrupted."""
        job = _Job(owner, work, is_final=False)
        with self._condition:
            replaced = self._hypotheses.pop(owner, None)
            self._hypotheses[owner] = job
            self._condition.notify()
        if replaced is not None:
            replaced.future.set_result(None)
        return job.future

    def drop_hypothesis(self, owner: Hashable) -> None:
        """Give up the owner's hypothesis, waiting or running."""
        with self._condition:
            dropped = self._hypotheses.pop(owner, None)
            if self._running is not None and self._running.owner == owner:
                self._interrupt_hypothesis()
        if dropped is not None:
            dropped.future.set_result(None)

    def forget(self, owner: Hashable) -> None:
        """Give up everything of an owner that has gone."""
        self.drop_hypothesis(owner)
        with self._condition:
            dropped = [job for job in self._finals if job.owner == owner]
            self._finals = deque(job for job in self._finals if job.owner != owner)
            if self._running is not None and self._running.owner == owner:
                self._running.cancelled.set()
        for job in dropped:
            job.future.set_result(None)

    def close(self, timeout_s: float) -> None:
        """Give up everything and end the thread; waits so long for the running pass to end."""
        with self._condition:
            self._closing = True
            dropped = [*self._finals, *self._hypotheses.values()]
            self._finals.clear()
            self._hypotheses.clear()
            if self._running is not None:
                self._running.cancelled.set()
            self._condition.notify()
        for job in dropped:
            job.future.set_result(None)
        self._thread.join(timeout_s)

    def _interrupt_hypothesis(self) -> None:
        if self._running is not None and not self._running.is_final:
            self._running.cancelled.set()

    def _run(self, prepare: Callable[[], None]) -> None:
        prepare()
        while True:
            with self._condition:
                while not (self._closing or self._finals or self._hypotheses):
                    self._condition.wait()
                if self._closing:
                    return
                if self._finals:
                    job = self._finals.popleft()
                else:
                    job = self._hypotheses.pop(next(iter(self._hypotheses)))
                self._running = job
            job.run()
            with self._condition:
                self._running = None
