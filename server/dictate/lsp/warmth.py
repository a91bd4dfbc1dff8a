"""The engine in the background: started early, its loading shown, its notices told once."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from dictate.dictation.engine_link import EngineLink
from dictate.engine.protocol import EngineError, EngineLost, EngineStatus

_POLL_S = 0.2


class Progress(Protocol):
    """A progress bar in the editor."""

    async def begin(self, title: str) -> None:
        """Show it."""

    def end(self) -> None:
        """Take it away; nothing if it was not begun."""


class EngineWarmth:
    """Brings the engine up and watches it until it is warm."""

    def __init__(
        self,
        link: EngineLink,
        make_progress: Callable[[], Progress],
        on_ready: Callable[[EngineStatus], None],
        on_trouble: Callable[[str], None],
        on_failed: Callable[[], None] = lambda: None,
    ) -> None:
        """Take whom to tell.

        Args:
            link: to the engine.
            make_progress: makes a progress bar.
            on_ready: called whenever it is warm.
            on_trouble: called once with each line.
            on_failed: called when its models cannot run.
        """
        self._link = link
        self._make_progress = make_progress
        self._on_ready = on_ready
        self._on_trouble = on_trouble
        self._on_failed = on_failed
        self._told: set[str] = set()
        self._task: asyncio.Task[None] | None = None

    def ensure(self) -> None:
        """See to it that the engine is warm or gets warm; returns at once."""
        if self._task is None or self._task.done():
            self._task = asyncio.ensure_future(self._warm_up())

    def reset(self) -> None:
        """The engine's options changed: what is under way is for the old ones."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _warm_up(self) -> None:
        progress = self._make_progress()
        try:
            status = await self._status()
            while status.state == "loading":
                await progress.begin("Dictate: loading models")
                await asyncio.sleep(_POLL_S)
                status = await self._status()
        except EngineError as error:
            self._tell(str(error))
            return
        finally:
            progress.end()
        for notice in status.notices:
            self._tell(notice)
        if status.state == "failed":
            self._tell(status.reason or "the engine cannot serve: see its log")
            self._on_failed()
            return
        self._on_ready(status)

    async def _status(self) -> EngineStatus:
        try:
            return await (await self._link.engine()).status()
        except EngineLost:
            # It left while nobody dictated, or died: the next connection starts it.
            self._link.reset()
            return await (await self._link.engine()).status()

    def _tell(self, line: str) -> None:
        if line not in self._told:
            self._told.add(line)
            self._on_trouble(line)
