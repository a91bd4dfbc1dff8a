"""The way to the engine breaks at any moment: every text arrives whole, and once."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from dictate.audio.file import read_audio
from dictate.bench.recordings import recordings
from dictate.dictation.engine_link import EngineLink
from dictate.dictation.recognition import Recognition, RecognitionOptions
from dictate.dictation.samples import SampleBuffer
from dictate.engine import address
from dictate.engine.address import TcpAddress, known_addresses
from dictate.engine.client import SocketEngine
from dictate.engine.http import NotListeningError, fetch_status
from dictate.engine.protocol import Engine, Hypothesis
from dictate.vad.segmenter import Segmenter
from dictate.vad.speech_probability import SpeechProbability
from tests.engine.home import Home

BLOCK_SAMPLES = 480
ROUNDS = 6
CUTS = 3
"""In one dictation; after a fourth without a text in between the engine is given up."""


class Road:
    """A TCP port that leads to another one, and can be cut.

    The engine serves nobody who calls it by another address (web pages do), so that is put right on
    the way.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._renamed = (b"", b"")
        self._ways: list[asyncio.Task[None]] = []
        self._server: asyncio.Server | None = None
        self.cuts = 0

    async def open(self) -> int:
        self._server = await asyncio.start_server(self._lead, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        self._renamed = (b"127.0.0.1:%d" % port, b"127.0.0.1:%d" % self._port)
        return port

    def cut(self) -> bool:
        """Break every connection, without a word to either side; False: there was none."""
        was_open = any(not way.done() for way in self._ways)
        self.cuts += was_open
        for way in self._ways:
            way.cancel()
        self._ways.clear()
        return was_open

    async def close(self) -> None:
        assert self._server is not None
        self.cut()
        self._server.close()
        await self._server.wait_closed()

    async def _lead(self, here: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        there, on = await asyncio.open_connection("127.0.0.1", self._port)
        ways = [
            asyncio.ensure_future(_carry(here, on, self._renamed)),
            asyncio.ensure_future(_carry(there, back)),
        ]
        self._ways += ways
        await asyncio.wait(ways)
        for writer in (on, back):
            writer.transport.abort()


async def _carry(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    renamed: tuple[bytes, bytes] = (b"", b""),
) -> None:
    while data := await reader.read(1 << 16):
        writer.write(data.replace(*renamed, 1) if renamed[0] else data)
        await writer.drain()
    writer.close()


@pytest.fixture
async def road(tcp_home: Home, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Road]:
    """What leads to the engine of this module, instead of the engine's own port."""
    tcp_home.enter(monkeypatch)
    monkeypatch.setenv(address.TRANSPORT_VARIABLE, "tcp")
    file = address.tcp_path().read_bytes()
    found = known_addresses()[0]
    assert isinstance(found, TcpAddress)
    road = Road(found.port)
    port = await road.open()
    address.tcp_path().write_bytes(msgspec.json.encode({"port": port, "token": found.token}))
    yield road
    address.tcp_path().write_bytes(file)
    await road.close()


async def dictated(
    samples: NDArray[np.int16], disturbed: Road | None, generator: random.Random
) -> tuple[str, list[Hypothesis]]:
    """The text of sound that arrives block by block, and its partials, while the road is cut."""

    async def connect() -> Engine:
        # As editors do: one that is not found because the road was cut is looked for once more.
        return await SocketEngine.connect(start=disturbed is not None)

    link = EngineLink(connect)
    heard = SampleBuffer()
    partials: list[Hypothesis] = []
    recognition = Recognition(link, heard, RecognitionOptions(), partials.append)
    running = asyncio.ensure_future(recognition.run())
    cuts = 0
    segmenter, probability = Segmenter(), SpeechProbability()
    for start in range(0, len(samples), BLOCK_SAMPLES):
        block = samples[start : start + BLOCK_SAMPLES]
        heard.append(block)
        segments = segmenter.feed(probability.feed(block))
        recognition.add(segments, segmenter.growing, is_quiet=segmenter.is_quiet)
        await asyncio.sleep(0.003)
        if disturbed is not None and cuts < CUTS - 1 and generator.random() < 0.01:
            cuts += disturbed.cut()
    recognition.add(segmenter.flush(len(samples)), None, is_quiet=True)
    recognition.finish()
    if disturbed is not None:
        await asyncio.sleep(generator.uniform(0, 0.05))
        disturbed.cut()
    result = await asyncio.wait_for(running, 120)
    await link.close()
    return result.text, partials


async def test_a_road_that_breaks_again_and_again_costs_no_word(road: Road) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    generator = random.Random(seed)
    pause = np.zeros(16_000, np.int16)
    sounds = [read_audio(each.path) for each in recordings()[:4]]
    for _ in range(ROUNDS):
        chosen = generator.sample(sounds, 3)
        samples = np.concatenate([part for sound in chosen for part in (pause[:8000], sound)])
        expected, undisturbed = await dictated(samples, None, generator)
        assert expected
        assert undisturbed
        text, _ = await dictated(samples, road, generator)
        assert text == expected
    assert road.cuts >= ROUNDS
    print(f"{road.cuts} connections were cut")


async def test_half_an_answer_is_a_loss_and_no_stranger() -> None:
    whole = b"HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n" + b" " * 40
    for sent in (0, 3, 14, 30, 38, 39, 60, len(whole) - 1):

        async def answer(
            reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sent: int = sent
        ) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(whole[:sent])
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(NotListeningError):
            await fetch_status(TcpAddress(port, "token"), 30.0)
        server.close()


async def test_a_road_that_is_gone_for_good_is_told_in_one_line(road: Road) -> None:
    samples = read_audio(recordings()[0].path)
    await road.close()
    with pytest.raises(Exception, match="engine") as caught:
        await dictated(samples, None, random.Random(0))
    assert "\n" not in str(caught.value)
    await road.open()
