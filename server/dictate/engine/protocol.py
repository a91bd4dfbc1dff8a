"""What the rest of Dictate sees of an engine, whichever process it lives in.

Two implementations exist: `client.SocketEngine` talks to the engine process of this user,
`in_process.InProcessEngine` decodes in the calling process. This module is light: no torch, no
websockets, no numpy at run time.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Literal, Protocol

import msgspec

from dictate.errors import DictateError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DEFAULT_KEEP_WARM_S = 1800.0

EngineState = Literal["loading", "ready", "failed"]


class EngineError(DictateError):
    """The engine refused or failed; trying again without a change will not help."""


class EngineLost(EngineError):  # noqa: N818 - it says what happened
    """The engine went away in the middle of something: open a new session and replay the sound."""


class EngineOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Which engine a client wants.

    Attributes:
        pair: name of the pair of models in `models.toml`.
        device: "auto", "cpu", "mps", "cuda" or "cuda:N".
        keep_warm_s: the engine leaves after so many seconds without a session.
    """

    pair: str = "bundled"
    device: str = "auto"
    keep_warm_s: float = DEFAULT_KEEP_WARM_S


class Transcript(msgspec.Struct, frozen=True, kw_only=True):
    """The final text of one committed stretch of sound.

    Attributes:
        text: the text, without white space at its ends; empty where no speech was found.
        audio_ms: length of the committed sound.
        timings_ms: time per stage ("wait" in the engine's queue, "vad", "features", "encode",
            "prefill", "decode") and their sum, "engine".
        proposed_tokens: tokens that the draft proposed.
        accepted_tokens: how many of them the target accepted.
        truncated: the target's token budget ended before the speech did.
    """

    text: str
    audio_ms: float = 0.0
    timings_ms: dict[str, float] = {}
    proposed_tokens: int = 0
    accepted_tokens: int = 0
    truncated: bool = False


class EngineStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What an engine is and how it does.

    Attributes:
        state: "loading" until the pair is warm; "failed" when the target cannot run.
        pair: name of the pair; `target` and `draft` name its models (None: no draft runs).
        device: what the pair runs on ("cpu", "cuda:0", ...), empty while loading.
        dtype: of the weights ("float32", ...), empty while loading.
        window_s: longest stretch of sound decoded in one piece, 0.0 while loading.
        follows_prompts: the target was trained with prompts.
        pid: of the process that decodes.
        uptime_s: since that process began to serve.
        sessions: how many are open.
        notices: one line each, to be shown to the user once ("no draft: ...").
        memory_mb: resident memory of the process.
        reason: why the state is "failed", one line; None otherwise.
        wanted_device: the device that the engine was asked for.
        version: of Dictate.
    """

    state: EngineState
    pair: str
    target: str
    draft: str | None = None
    device: str = ""
    dtype: str = ""
    window_s: float = 0.0
    follows_prompts: bool = False
    pid: int = 0
    uptime_s: float = 0.0
    sessions: int = 0
    notices: list[str] = []
    memory_mb: float = 0.0
    reason: str | None = None
    wanted_device: str = "auto"
    version: str = ""


class EngineSession(Protocol):
    """One stream of sound into an engine; not for use from several threads.

    `append`, `commit`, `hypothesis` and `clear` take their place in the stream when they are
    *called*, not when they are awaited: `asyncio.create_task(session.commit())` followed by
    `append` puts the new sound into the next item. Several commits may be in flight; they are
    decoded in order. While the engine still loads, everything waits in it; nothing is refused.

    Every method raises `EngineLost` once the connection is gone and `EngineError` when the engine
    cannot serve; the session is then of no more use but to be closed.
    """

    async def configure(self, *, prompt: str, language: str | None) -> None:
        """Set the prompt and the language ("en"; None: the target's own choice) from here on.

        Args:
            prompt: names to be spelled so, the most important last; cut to the target's budget.
            language: of the speech, as a two-letter code.
        """

    def append(self, samples: NDArray[np.int16]) -> Coroutine[Any, Any, None]:
        """Add 16 kHz mono sound, int16[n], to the buffer."""

    def hypothesis(self) -> Coroutine[Any, Any, str]:
        """Decode what is in the buffer now, when nothing more important waits.

        Returns:
            The text so far; "" where there is none or where a commit or a newer request made this
            one pointless.
        """

    def commit(self) -> Coroutine[Any, Any, Transcript]:
        """Close the buffer into an item, decode it and begin an empty buffer.

        Raises:
            EngineError: the buffer is empty, or decoding this item failed (the session lives on).
        """

    async def clear(self) -> None:
        """Forget what is in the buffer."""

    async def close(self) -> None:
        """Leave; whatever is still in flight is dropped. Idempotent."""


class Engine(Protocol):
    """Something that turns speech into text."""

    async def status(self) -> EngineStatus:
        """How the engine does; answers while it loads, too."""

    async def session(self, *, speech_only: bool = False) -> EngineSession:
        """Open a session.

        Args:
            speech_only: what will be committed has already been cut to speech by the caller, so
                that the engine need not look for silence itself (some 6 ms per second of sound).
        """

    async def close(self) -> None:
        """Close every session; the engine process itself stays warm for others. Idempotent."""
