"""A bare WebSocket client: sends whatever a test wants and shows every event."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from websockets.asyncio.client import ClientConnection, unix_connect

from dictate.engine.address import socket_path

Event = dict[str, Any]
MANUAL_16_KHZ = {
    "type": "transcription",
    "audio": {"input": {"format": {"type": "audio/pcm", "rate": 16000}, "turn_detection": None}},
}


class Wire:
    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def send(self, event: Event | str | bytes) -> None:
        await self.connection.send(json.dumps(event) if isinstance(event, dict) else event)

    async def receive(self, timeout_s: float = 60.0) -> Event:
        event = json.loads(await asyncio.wait_for(self.connection.recv(), timeout_s))
        assert isinstance(event, dict)
        return event

    async def until(self, event_type: str) -> list[Event]:
        """All events up to the first of a type, that one last."""
        events = [await self.receive()]
        while events[-1]["type"] != event_type:
            events.append(await self.receive())
        return events

    async def append(self, samples: NDArray[np.int16]) -> None:
        audio = base64.b64encode(samples.astype("<i2").tobytes()).decode()
        await self.send({"type": "input_audio_buffer.append", "audio": audio})

    async def update(self, session: Event) -> Event:
        await self.send({"type": "session.update", "session": session})
        return (await self.until("session.updated"))[-1]


@contextlib.asynccontextmanager
async def wire() -> AsyncIterator[Wire]:
    """A connection to the engine on the Unix socket, its greeting read."""
    async with unix_connect(
        str(socket_path()),
        "ws://localhost/v1/realtime?intent=transcription",
        max_size=None,
        open_timeout=60,
    ) as connection:
        made = Wire(connection)
        assert (await made.receive())["type"] == "session.created"
        yield made
