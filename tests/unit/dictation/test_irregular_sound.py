"""Blocks that come late, in bursts or not at all: what did arrive is written, once and in order."""

import asyncio
import random
import threading
import time
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from dictate.dictation.session import EndedBy, Session
from dictate.vad.segmenter import SegmenterOptions
from tests.unit.dictation.fakes import silence, speech, words
from tests.unit.dictation.test_session import Bench, bench

__all__ = ["bench"]


class IrregularSource:
    """Plays blocks of any size, now late, now several at once; goes on where it stopped."""

    description = "irregular"

    def __init__(self, blocks: list[NDArray[np.int16]], generator: random.Random) -> None:
        self._blocks = blocks
        self._generator = generator
        self._next = 0
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, on_block: Any, on_end: Any) -> None:
        self._stopping.clear()
        self._thread = threading.Thread(target=self._play, args=(on_block, on_end))
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _play(self, on_block: Any, on_end: Any) -> None:
        while not self._stopping.is_set():
            if self._next == len(self._blocks):
                on_end(None)
                return
            if self._generator.random() < 0.1:
                time.sleep(self._generator.uniform(0, 0.02))
            self._next += 1
            on_block(self._blocks[self._next - 1])


def in_blocks(
    sound: NDArray[np.int16], generator: random.Random, dropped: float = 0.0
) -> list[NDArray[np.int16]]:
    blocks = []
    start = 0
    while start < len(sound):
        size = generator.choice([1, 480, 512, 960, generator.randint(1, 30_000)])
        if generator.random() >= dropped:
            blocks.append(sound[start : start + size])
        start += size
    return blocks


def are_heard(blocks: list[NDArray[np.int16]]) -> bool:
    """Nothing is left of a word, or more than of a click; see `SegmenterOptions.min_speech_ms`."""
    values, counts = np.unique(np.concatenate(blocks), return_counts=True)
    return bool(np.all(counts[values >= 1000] >= 3 * 512))


@pytest.fixture
def generator() -> random.Random:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    return random.Random(seed)


async def test_late_and_missing_blocks_cost_no_more_than_what_is_missing(
    bench: Bench, generator: random.Random
) -> None:
    for _ in range(20):
        sound = np.concatenate(
            [part for number in range(1, 6) for part in (silence(0.7), speech(number))]
        )
        blocks = in_blocks(sound, generator, dropped=0.1)
        while not are_heard(blocks):
            blocks = in_blocks(sound, generator, dropped=0.1)
        bench.source = IrregularSource(blocks, generator)

        async def play(_: Session) -> None:
            pass

        outcome = await bench.run(play)
        assert outcome.text == words(np.concatenate(blocks))


async def test_hands_free_each_word_of_irregular_sound_is_written_once(
    bench: Bench, generator: random.Random
) -> None:
    for _ in range(5):
        parts = []
        for number in range(1, 13):
            parts += [silence(generator.uniform(0.05, 1.5)), speech(number, 0.4)]
        sound = np.concatenate([*parts, silence(1.0)])
        bench.source = IrregularSource(in_blocks(sound, generator), generator)
        bench.options = {
            "segmenter": SegmenterOptions(min_silence_ms=320),
            "carried": [],
            "idle_s": 1.2,
        }
        texts: list[str] = []
        ended: list[EndedBy] = []
        while "source" not in ended:
            session = bench.session()
            await asyncio.wait_for(session.capture(), 30)
            texts.append((await session.recognise()).text)
            ended.append(session.ended_by)
            session.close()
        assert " ".join(filter(None, texts)) == words(sound)
        assert "pause" in ended


async def test_a_source_that_stalls_holds_up_neither_release_nor_what_follows(
    bench: Bench,
) -> None:
    async def play(session: Session) -> None:
        await bench.source.play(speech(1), silence(), speech(2, 0.5))
        await asyncio.sleep(0.6)
        await bench.source.play(speech(2, 0.5), silence(), speech(3))
        await asyncio.sleep(0.3)
        session.release()

    outcome = await bench.run(play)
    assert outcome.text == "w1 w2 w3"
    assert outcome.audio_ms == 5000.0


async def test_who_begins_to_speak_as_nobody_is_waited_for_any_more_is_heard_whole(
    bench: Bench, generator: random.Random
) -> None:
    for _ in range(10):
        idle_s = 1.0
        sound = np.concatenate([silence(idle_s + generator.uniform(-0.1, 0.1)), speech(1)])
        blocks = [sound[start : start + 480] for start in range(0, len(sound), 480)]
        bench.source = IrregularSource([*blocks, silence(1.0)], generator)
        bench.options["carried"] = []
        bench.options["idle_s"] = idle_s
        texts: list[str] = []
        while sum(map(len, texts)) == 0:
            session = bench.session()
            await asyncio.wait_for(session.capture(), 30)
            texts.append((await session.recognise()).text)
            session.close()
        assert texts[-1] == "w1"
        assert session.ended_by == "pause", "all of it, up to the silence behind it"
        assert len(texts) <= 2
