"""Loopback TCP: the same engine, with a token in place of file permissions."""

from __future__ import annotations

import asyncio
import base64
import http.client
import stat
from pathlib import Path

import numpy as np
import pytest
import soxr
from numpy.typing import NDArray
from openai import AsyncOpenAI
from openai.resources.realtime.realtime import AsyncRealtimeConnection
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from dictate.engine import address
from dictate.engine.address import TcpAddress, known_addresses
from dictate.engine.client import SocketEngine
from tests.engine.home import Home


@pytest.fixture
def tcp(tcp_home: Home, monkeypatch: pytest.MonkeyPatch) -> TcpAddress:
    """Where the module's engine listens."""
    tcp_home.enter(monkeypatch)
    monkeypatch.setenv(address.TRANSPORT_VARIABLE, "tcp")
    found = known_addresses()[0]
    assert isinstance(found, TcpAddress)
    return found


def ask(tcp: TcpAddress, path: str, method: str = "GET", **headers: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", tcp.port, timeout=60)
    connection.request(
        method, path, headers={key: value for key, value in headers.items() if value}
    )
    return connection.getresponse().status


async def open_socket(tcp: TcpAddress, host: str = "127.0.0.1", **headers: str) -> int:
    """HTTP status of a WebSocket handshake; 101 when it was let in."""
    try:
        async with connect(
            f"ws://{host}:{tcp.port}/v1/realtime",
            host="127.0.0.1",
            additional_headers=headers,
            proxy=None,
            open_timeout=60,
        ):
            return 101
    except InvalidStatus as error:
        return error.response.status_code


async def test_no_socket_and_a_private_token_file(tcp_home: Home, tcp: TcpAddress):
    assert not (tcp_home.runtime / "engine.sock").exists()
    assert stat.S_IMODE(address.tcp_path().stat().st_mode) == 0o600
    assert len(tcp.token) >= 32
    assert tcp.token not in repr(tcp)
    assert tcp.token not in tcp_home.log


async def test_only_the_token_opens_http(tcp: TcpAddress):
    right, wrong = f"Bearer {tcp.token}", f"Bearer {tcp.token[:-1]}x"
    for path, method in (("/status", "GET"), ("/shutdown", "POST"), ("/nowhere", "GET")):
        for given in (
            "",
            wrong,
            tcp.token,
            f"Basic {tcp.token}",
            "Bearer é".encode().decode("latin1"),
        ):
            assert await asyncio.to_thread(ask, tcp, path, method, Authorization=given) == 401
    assert await asyncio.to_thread(ask, tcp, "/status", Authorization=right) == 200


async def test_only_the_token_opens_a_websocket(tcp: TcpAddress):
    assert await open_socket(tcp) == 401
    assert await open_socket(tcp, Authorization=f"Bearer {tcp.token[:-1]}x") == 401
    assert await open_socket(tcp, Authorization=f"Bearer {tcp.token}") == 101


async def test_web_pages_are_kept_out_even_with_the_token(tcp: TcpAddress):
    right = f"Bearer {tcp.token}"
    for headers in ({"Origin": "http://evil.example"}, {"Origin": f"http://127.0.0.1:{tcp.port}"}):
        assert await asyncio.to_thread(ask, tcp, "/status", Authorization=right, **headers) == 403
        assert await open_socket(tcp, Authorization=right, **headers) == 403
    rebound = {"Host": f"evil.example:{tcp.port}"}
    assert await asyncio.to_thread(ask, tcp, "/status", Authorization=right, **rebound) == 403
    assert await open_socket(tcp, host="evil.example", Authorization=right) == 403


async def test_our_own_client_attaches(tcp: TcpAddress):
    engine = await SocketEngine.connect(start=False)
    session = await engine.session()
    await session.configure(prompt="", language=None)
    assert (await engine.status()).state == "ready"
    await engine.close()


async def test_it_listens_on_loopback_only(tcp: TcpAddress):
    listening = [
        line.split()[1]
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        if line.split()[3] == "0A" and line.split()[1].endswith(f":{tcp.port:04X}")
    ]
    assert listening == [f"0100007F:{tcp.port:04X}"]


async def test_a_dead_engines_token_is_not_shown_to_the_ports_next_owner(
    home: Home, monkeypatch: pytest.MonkeyPatch
):
    received = b""

    async def spy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal received
        received += await reader.read(4096)
        writer.close()

    monkeypatch.setenv(address.TRANSPORT_VARIABLE, "tcp")
    server = await asyncio.start_server(spy, "127.0.0.1", 0)
    home.runtime.mkdir(parents=True)
    address.write_tcp_file(server.sockets[0].getsockname()[1])
    engine = await SocketEngine.connect()
    assert (await engine.status()).pid
    assert received == b""
    await engine.close()
    server.close()


def base64_at_24_khz(samples: NDArray[np.int16], blocks: int) -> list[str]:
    """16 kHz sound as the official client would append it, in blocks."""
    resampled = soxr.resample(samples, 16_000, 24_000).astype("<i2")
    return [base64.b64encode(part.tobytes()).decode() for part in np.array_split(resampled, blocks)]


async def heard(
    connection: AsyncRealtimeConnection, *, with_logprobs: bool = False
) -> tuple[list[str], str]:
    """Types of all events up to a transcript, and that transcript."""

    async def read() -> tuple[list[str], str]:
        types, deltas = [], ""
        async for event in connection:
            types.append(event.type)
            assert event.type != "error"
            if event.type == "session.updated":
                assert event.session.audio.input.transcription.model == "bundled"
            if event.type == "conversation.item.input_audio_transcription.delta":
                deltas += event.delta or ""
            if event.type == "conversation.item.input_audio_transcription.completed":
                assert event.transcript == deltas
                assert event.usage.type == "duration"
                if with_logprobs:
                    tokens = b"".join(bytes(each.bytes) for each in event.logprobs)
                    assert tokens.decode().strip() == event.transcript
                    assert all(each.logprob <= 0.0 for each in event.logprobs)
                else:
                    assert event.logprobs is None
                return types, event.transcript
        raise AssertionError("the connection ended without a transcript")

    return await asyncio.wait_for(read(), 60)


async def test_official_client_transcribes(tcp: TcpAddress, speech: NDArray[np.int16]):
    client = AsyncOpenAI(api_key=tcp.token, base_url=f"http://127.0.0.1:{tcp.port}/v1")
    async with client.realtime.connect(extra_query={"intent": "transcription"}) as connection:
        audio_input = {
            "format": {"type": "audio/pcm", "rate": 24000},
            "transcription": {"model": "whisper-1", "language": "en"},
            "turn_detection": None,
        }
        await connection.session.update(
            session={
                "type": "transcription",
                "audio": {"input": audio_input},
                "include": ["item.input_audio_transcription.logprobs"],
            }
        )
        for audio in base64_at_24_khz(speech, 3):
            await connection.input_audio_buffer.append(audio=audio)
        await connection.input_audio_buffer.commit()
        types, transcript = await heard(connection, with_logprobs=True)
    assert transcript
    assert types[:5] == [
        "session.created",
        "session.updated",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
    ]


async def test_official_client_with_server_vad(tcp: TcpAddress, speech: NDArray[np.int16]):
    stream = np.concatenate((np.zeros(16_000, np.int16), speech, np.zeros(32_000, np.int16)))
    client = AsyncOpenAI(api_key=tcp.token, base_url=f"http://127.0.0.1:{tcp.port}/v1")
    async with client.realtime.connect(extra_query={"intent": "transcription"}) as connection:
        for audio in base64_at_24_khz(stream, 50):
            await connection.input_audio_buffer.append(audio=audio)
        types, transcript = await heard(connection)
    assert transcript
    assert types[1:4] == [
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
    ]
