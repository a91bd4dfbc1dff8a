"""Sound and an engine that do what a test says, where the real ones cannot be made to.

Speech is written as samples: `SPEECH` makes the scripted detector say "speech". Each sample of a
segment is its second, so that an engine's text tells exactly which sound it got.
"""

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dictate.audio.source import AudioError
from dictate.engine.protocol import EngineError, EngineLost, EngineStatus, Hypothesis, Transcript

RATE_HZ = 16_000


def speech(number: int, seconds: float = 1.0) -> NDArray[np.int16]:
    """Sound that counts as speech; `number` (1..) is recognised as the word "w<number>"."""
    return np.full(int(seconds * RATE_HZ), 1000 + number, dtype=np.int16)


def silence(seconds: float = 1.0) -> NDArray[np.int16]:
    return np.zeros(int(seconds * RATE_HZ), dtype=np.int16)


def words(samples: NDArray[np.int16]) -> str:
    """The words in a stretch of sound, in order."""
    found: list[int] = []
    for value in samples:
        if value >= 1000 and (not found or found[-1] != value):
            found.append(int(value))
    return " ".join(f"w{value - 1000}" for value in found)


class LoudnessProbability:
    """Stands in for Silero: loud is speech."""

    def __init__(self) -> None:
        self._rest = np.empty(0, dtype=np.int16)

    def feed(self, block: NDArray[np.int16]) -> list[float]:
        sound = np.concatenate((self._rest, block))
        whole = len(sound) // 512 * 512
        self._rest = sound[whole:]
        return [float(frame.max() >= 1000) for frame in sound[:whole].reshape(-1, 512)]


class ScriptedSource:
    """A microphone in the hands of a test."""

    description = "scripted"

    def __init__(self, tail: NDArray[np.int16] | None = None, fails: str | None = None) -> None:
        self._tail = tail
        self._fails = fails
        self._on_block: Callable[[NDArray[np.int16]], None] | None = None
        self._on_end: Callable[[AudioError | None], None] | None = None
        self.started = threading.Event()
        self.stops = 0

    def start(self, on_block: Any, on_end: Any) -> None:
        self._on_block, self._on_end = on_block, on_end
        self.started.set()
        if self._fails is not None:
            self._in_thread(lambda: on_end(AudioError(self._fails)))

    def stop(self) -> None:
        self.stops += 1
        if self.stops == 1 and self._on_block is not None and self._tail is not None:
            self._on_block(self._tail)

    async def play(self, *sounds: NDArray[np.int16]) -> None:
        """Deliver sound in blocks of 30 ms, from another thread, and wait until it was taken."""
        while self._on_block is None:
            await asyncio.sleep(0.001)
        sound = np.concatenate(sounds)

        def deliver() -> None:
            for start in range(0, len(sound), 480):
                self._on_block(sound[start : start + 480])  # type: ignore[misc]

        await asyncio.get_running_loop().run_in_executor(None, deliver)

    def lose(self, line: str) -> None:
        self._in_thread(lambda: self._on_end(AudioError(line)))  # type: ignore[misc]

    def run_out(self) -> None:
        self._in_thread(lambda: self._on_end(None))  # type: ignore[misc]

    def _in_thread(self, call: Callable[[], None]) -> None:
        threading.Thread(target=call).start()


@dataclass
class ScriptedEngine:
    """Recognises the words of `speech`; dies or refuses when told."""

    follows_prompts: bool = True
    dies_at_commit: list[int] = field(default_factory=list)
    refuses: str | None = None
    hold: asyncio.Event | None = None
    hypothesis_s: float = 0.0
    answers: asyncio.Event | None = None
    """No hypothesis is given out before."""
    withholds: dict[str, list[str]] = field(default_factory=dict)
    """Texts that are not given out, and why."""
    sessions: int = 0
    commits: int = 0
    committed: list[str] = field(default_factory=list)
    prompts: list[tuple[str, str | None]] = field(default_factory=list)
    contexts: list[str] = field(default_factory=list)
    phrases: list[tuple[str, ...]] = field(default_factory=list)
    log: list[str] = field(default_factory=list)

    async def status(self) -> EngineStatus:
        return EngineStatus(
            state="ready", pair="p", target="t", window_s=10.0, follows_prompts=self.follows_prompts
        )

    async def session(self, *, speech_only: bool = False) -> "ScriptedSession":
        assert speech_only
        if self.refuses is not None:
            raise EngineError(self.refuses)
        self.sessions += 1
        return ScriptedSession(self)

    async def close(self) -> None:
        pass


class ScriptedSession:
    """Like a socket's session: what is called takes its place in the stream at once."""

    def __init__(self, engine: ScriptedEngine) -> None:
        self._engine = engine
        self._buffer: list[NDArray[np.int16]] = []
        self._dead = False

    async def configure(
        self,
        *,
        prompt: str,
        language: str | None,
        context: str = "",
        phrases: Sequence[str] = (),
    ) -> None:
        self._engine.contexts.append(context)
        self._engine.phrases.append(tuple(phrases))
        self._engine.prompts.append((prompt, language))

    def append(self, samples: NDArray[np.int16]) -> Any:
        self._engine.log.append(f"append {len(samples)}")
        self._buffer.append(samples)
        return self._nothing()

    def hypothesis(self) -> Any:
        return self._guess("hypothesis")

    def preview(self) -> Any:
        return self._guess("preview")

    def _guess(self, kind: str) -> Any:
        text = words(np.concatenate(self._buffer))
        self._engine.log.append(f"{kind} {text}")
        # As if the hypothesis before had been all but the last word.
        committed = text if kind == "preview" else text.rpartition(" ")[0]
        return self._later(Hypothesis(text=text, committed=committed, likely=text))

    def commit(self) -> Any:
        samples = np.concatenate(self._buffer)
        self._buffer = []
        self._engine.log.append(f"commit {words(samples)}")
        return self._commit(samples)

    async def clear(self) -> None:
        self._engine.log.append("clear")
        self._buffer = []

    async def close(self) -> None:
        self._engine.log.append("close")

    async def _nothing(self) -> None:
        if self._dead:
            raise EngineLost("gone")

    async def _later(self, hypothesis: Hypothesis) -> Hypothesis:
        await asyncio.sleep(self._engine.hypothesis_s)
        if self._engine.answers is not None:
            await self._engine.answers.wait()
        return hypothesis

    async def _commit(self, samples: NDArray[np.int16]) -> Transcript:
        engine = self._engine
        engine.commits += 1
        if engine.commits in engine.dies_at_commit:
            self._dead = True
        if self._dead:
            raise EngineLost("the engine was killed")
        if engine.hold is not None:
            await engine.hold.wait()
        text = words(samples)
        engine.committed.append(text)
        rejected = engine.withholds.get(text, [])
        return Transcript(
            text="" if rejected else text,
            audio_ms=len(samples) / 16,
            timings_ms={"decode": 1.0},
            rejected=rejected,
        )
