"""Work in threads that nobody has to wait for.

A thread that reads from a silent connection cannot be stopped from outside. The threads of
`concurrent.futures` are waited for at the interpreter's end; these are not.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from typing import Final, Generic, TypeVar

_T = TypeVar("_T")
_TICK_S: Final = 0.1


class Crew(Generic[_T]):
    """Does several tasks at a time; ends at the first that fails."""

    def __init__(self, tasks: Sequence[Callable[[], _T]], workers: int) -> None:
        self._count = len(tasks)
        self._tasks: queue.SimpleQueue[tuple[int, Callable[[], _T]]] = queue.SimpleQueue()
        self._outcomes: queue.SimpleQueue[tuple[int, _T] | BaseException] = queue.SimpleQueue()
        for task in enumerate(tasks):
            self._tasks.put(task)
        self._threads = [
            threading.Thread(target=self._work, daemon=True, name="dictate-pull")
            for _ in range(min(workers, len(tasks)))
        ]

    def run(self, tick: Callable[[], None]) -> list[_T]:
        """Do all tasks; returns their results in order.

        Args:
            tick: called several times a second; what it raises ends the waiting.

        Raises:
            BaseException: what the first failing task, or `tick`, raised.
        """
        for thread in self._threads:
            thread.start()
        results: dict[int, _T] = {}
        while len(results) < self._count:
            try:
                outcome = self._outcomes.get(timeout=_TICK_S)
            except queue.Empty:
                tick()
                continue
            if isinstance(outcome, BaseException):
                raise outcome
            number, result = outcome
            results[number] = result
        tick()
        return [results[number] for number in range(self._count)]

    def _work(self) -> None:
        while True:
            try:
                number, task = self._tasks.get_nowait()
            except queue.Empty:
                return
            try:
                self._outcomes.put((number, task()))
            except BaseException as error:  # noqa: BLE001  # raised again by who waits
                self._outcomes.put(error)
                return
