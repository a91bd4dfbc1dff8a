"""One engine for a whole process: connected to when somebody asks, once, however many ask."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from dictate.engine.protocol import Engine, EngineError, EngineSession

Connect = Callable[[], Awaitable[Engine]]


class EngineLink:
    """Hands out the engine. An engine that died comes back by itself when a session is opened."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._engine: Engine | None = None
        self._opening: asyncio.Task[Engine] | None = None
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def connected(self) -> Engine | None:
        """The engine if there is a connection now."""
        return self._engine

    async def engine(self) -> Engine:
        """Return the engine, connecting (and starting it) when there is none.

        Raises:
            EngineError: it cannot be started.
        """
        if self._engine is not None:
            return self._engine
        if self._opening is None:
            self._opening = asyncio.ensure_future(self._open())
        # Shielded: one impatient caller must not take the connection from the others.
        return await asyncio.shield(self._opening)

    def dismiss(self, session: EngineSession) -> None:
        """Close a session in the background: nobody waits for an engine's slow goodbye."""

        async def close() -> None:
            with contextlib.suppress(EngineError, OSError):
                await session.close()

        closing = asyncio.ensure_future(close())
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)

    def reset(self) -> None:
        """Connect anew next time, with other options; utterances under way keep their engine."""
        self._engine = None

    async def close(self) -> None:
        """Close the connection; the engine itself stays for other editors."""
        if self._opening is not None:
            self._opening.cancel()
        if self._engine is not None:
            await self._engine.close()
            self._engine = None

    async def _open(self) -> Engine:
        try:
            self._engine = await self._connect()
            return self._engine
        finally:
            self._opening = None
