"""What the rest of Dictate sees of an engine, whichever process it lives in.

Two implementations exist: `client.SocketEngine` talks to the engine process of this user,
`in_process.InProcessEngine` decodes in the calling process. This module is light: no torch, no
websockets, no numpy at run time.
"""

from __future__ import annotations

import itertools
from collections.abc import Coroutine, Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol

import msgspec

from dictate.errors import DictateError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DEFAULT_KEEP_WARM_S = 1800.0
MAX_BEAMS = 8
MAX_CONTEXT_CHARACTERS = 4_000
"""Longest text that a session is given to draft with; of a longer one the end is used."""
MAX_PHRASES = 1_000
MAX_PHRASE_CHARACTERS = 100
"""Most phrases of a session, and the longest; the first are used, and the beginning of each."""

EngineState = Literal["loading", "ready", "failed"]


def bounded_phrases(phrases: Iterable[str]) -> tuple[str, ...]:
    """The phrases that a session uses of those it is given, each without white space around it."""
    trimmed = (phrase[:MAX_PHRASE_CHARACTERS].strip() for phrase in phrases)
    return tuple(itertools.islice((phrase for phrase in trimmed if phrase), MAX_PHRASES))


class EngineError(DictateError):
    """The engine refused or failed; trying again without a change will not help."""


class EngineLost(EngineError):  # noqa: N818 - it says what happened
    """The engine went away in the middle of something: open a new session and replay the sound."""


class EngineOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Which engine a client wants.

    Attributes:
        pair: name of the pair of models in `models.toml`; without effect where `target` is given.
        target: folder of a checkpoint, absolute, or its name on the hub ("org/name").
        draft: the same for the draft; "": `target` runs alone.
        device: "auto", "cpu", "mps", "cuda" or "cuda:N".
        dtype: of the weights: "auto", "float32", "bfloat16", "float16", "int8" or "int4".
        speculation: let drafts propose tokens; without it the target writes alone.
        beams: hypotheses that are followed at a time, 1 to 8; 1 is greedy.
        keep_warm_s: the engine leaves after so many seconds without a session.
    """

    pair: str = "bundled"
    target: str = ""
    draft: str = ""
    device: str = "auto"
    dtype: str = "auto"
    speculation: bool = True
    beams: Annotated[int, msgspec.Meta(ge=1, le=MAX_BEAMS)] = 1
    keep_warm_s: float = DEFAULT_KEEP_WARM_S

    @property
    def name(self) -> str:
        """The pair's name for people."""
        if not self.target:
            return self.pair
        return " + ".join(
            place.replace("\\", "/").rstrip("/").rpartition("/")[2]
            for place in (self.target, self.draft)
            if place
        )

    def runs_like(self, other: EngineOptions) -> bool:
        """Both mean the same models run in the same way, for however long."""
        return self == msgspec.structs.replace(other, keep_warm_s=self.keep_warm_s)


class TranscribedWord(msgspec.Struct, frozen=True, kw_only=True):
    """A word of a transcript.

    Attributes:
        text: without white space.
        confidence: geometric mean of its tokens' probabilities, 0.0 to 1.0.
        start_token: index of its first token among the transcript's.
        end_token: behind its last one.
    """

    text: str
    confidence: float
    start_token: int
    end_token: int


class Hypothesis(msgspec.Struct, frozen=True, kw_only=True):
    """What the sound so far seems to say.

    Attributes:
        text: all of it, without white space at its ends.
        committed: the beginning of it, in whole words, on which the hypothesis before agrees; the
            rest is more likely to change.
        likely: the beginning of it, in whole words, up to the first that the target itself holds
            for more likely wrong than right.
    """

    text: str = ""
    committed: str = ""
    likely: str = ""


class TokenLogProbability(msgspec.Struct, frozen=True, kw_only=True):
    """A token of a transcript, in the fields of OpenAI's `LogProbProperties`.

    Attributes:
        token: its text; the replacement character stands for a part of a character.
        logprob: natural logarithm of its probability.
        bytes: of its text in UTF-8.
    """

    token: str
    logprob: float
    bytes: list[int]


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
        words: of the text, with a confidence each.
        average_log_probability: per token, the end of the text included; 0.0 where nothing was
            decoded.
        no_speech_probability: the target's own opinion; None where it was not asked or has none.
        temperature: above 0.0: a guard fired, and this text was sampled until one passed.
        beams: hypotheses that were followed at a time.
        guards: the guards against invented text that fired: "silence", "no_speech",
            "log_probability", "entropy", "repetition", "compression", "prompt_echo", "boilerplate".
        rejected: those that text was withheld for, all of it or a part; empty where the text is
            whole.
        token_log_probabilities: of the text's tokens; empty where it came over a connection that
            was not asked to carry them.
        committed: of a hypothesis, what the one before it agrees with; see `Hypothesis`.
        likely: see there, too.
    """

    text: str
    audio_ms: float = 0.0
    timings_ms: dict[str, float] = {}
    proposed_tokens: int = 0
    accepted_tokens: int = 0
    truncated: bool = False
    words: list[TranscribedWord] = []
    average_log_probability: float = 0.0
    no_speech_probability: float | None = None
    temperature: float = 0.0
    beams: int = 1
    guards: list[str] = []
    rejected: list[str] = []
    token_log_probabilities: list[TokenLogProbability] = []
    committed: str = ""
    likely: str = ""


class DraftSourceStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What one source of drafts has done since the engine was warm.

    Attributes:
        name: "previous hypothesis", "recycled tail", "n-grams", "ctc head", "medusa heads" or
            "draft model".
        enabled: it is asked; one that does not pay is not.
        reason: one line, what it costs and saves in a typical utterance.
        proposed_tokens: how many of its tokens the target verified.
        accepted_tokens: how many of those the target chose itself.
        acceptance: estimate from the latest of them, 0.0 to 1.0; an assumption before there are
            any.
        spent_ms: time that the source took.
        saved_ms: estimate of the target's time that it saved, `spent_ms` not taken off.
    """

    name: str
    enabled: bool
    reason: str
    proposed_tokens: int = 0
    accepted_tokens: int = 0
    acceptance: float = 0.0
    spent_ms: float = 0.0
    saved_ms: float = 0.0


class EngineStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What an engine is and how it does.

    Attributes:
        state: "loading" until the pair is warm; "failed" when the target cannot run.
        pair: name of the pair; `target` and `draft` name its models (None: no draft runs).
        device: what the pair runs on ("cpu", "cuda:0", ...), empty while loading.
        dtype: of the weights ("float32", ...), empty while loading.
        attention: the kernels that compute it ("torch", "flash-attn 2.8.3", ...), empty while
            loading.
        window_s: longest stretch of sound decoded in one piece, 0.0 while loading.
        follows_prompts: the target was trained with prompts.
        pid: of the process that decodes.
        uptime_s: since that process began to serve.
        sessions: how many are open.
        notices: one line each, to be shown to the user once ("no draft: ...").
        memory_mb: resident memory of the process, in units of 2^20 bytes like all that follow.
        peak_memory_mb: the most that it ever was.
        device_memory_mb: what the models hold of an accelerator's memory; 0.0 on a processor.
        device_peak_memory_mb: the most that they ever held of it, spare blocks included.
        estimated_memory_mb: what the pair was expected to need, before it was loaded.
        reason: why the state is "failed", one line; None otherwise.
        wanted_device: the device that the engine was asked for.
        wanted: all that it was asked for.
        version: of Dictate.
        changing_to: name of the pair that is being loaded while this one serves; None: none is.
        change_fault: why the last change of pair failed, one line; this pair serves on.
        draft_sources: where drafts come from, the cheapest kind first; empty while loading.
    """

    state: EngineState
    pair: str
    target: str
    draft: str | None = None
    device: str = ""
    dtype: str = ""
    attention: str = ""
    window_s: float = 0.0
    follows_prompts: bool = False
    pid: int = 0
    uptime_s: float = 0.0
    sessions: int = 0
    notices: list[str] = []
    memory_mb: float = 0.0
    peak_memory_mb: float = 0.0
    device_memory_mb: float = 0.0
    device_peak_memory_mb: float = 0.0
    estimated_memory_mb: float = 0.0
    reason: str | None = None
    wanted_device: str = "auto"
    wanted: EngineOptions = EngineOptions()
    version: str = ""
    changing_to: str | None = None
    change_fault: str | None = None
    draft_sources: list[DraftSourceStatus] = []


class EngineSession(Protocol):
    """One stream of sound into an engine; not for use from several threads.

    `append`, `commit`, `hypothesis`, `preview` and `clear` take their place in the stream when they
    are *called*, not when they are awaited: `asyncio.create_task(session.commit())` followed by
    `append` puts the new sound into the next item. Several commits may be in flight; they are
    decoded in order. While the engine still loads, everything waits in it; nothing is refused.

    Every method raises `EngineLost` once the connection is gone and `EngineError` when the engine
    cannot serve; the session is then of no more use but to be closed.
    """

    async def configure(
        self,
        *,
        prompt: str,
        language: str | None,
        context: str = "",
        phrases: Sequence[str] = (),
    ) -> None:
        """Set the prompt and the language ("en"; None: the target's own choice) from here on.

        Args:
            prompt: names to be spelled so, the most important last; cut to the target's budget.
            language: of the speech, as a two-letter code.
            context: text around the place where the words will stand, at most
                `MAX_CONTEXT_CHARACTERS` of it. Words that follow each other in it are decoded
                faster; the result is the same without it.
            phrases: names and words that may be said, in spoken and in written form, the likeliest
                first: they win where the target hardly prefers something else. Every pair follows
                them. See `MAX_PHRASES`.
        """

    def append(self, samples: NDArray[np.int16]) -> Coroutine[Any, Any, None]:
        """Add 16 kHz mono sound, int16[n], to the buffer."""

    def hypothesis(self) -> Coroutine[Any, Any, Hypothesis]:
        """Decode what is in the buffer now, when nothing more important waits.

        Returns:
            The text so far; without a text where there is none, or where a commit or a newer
            request made this one pointless.
        """

    def preview(self) -> Coroutine[Any, Any, Hypothesis]:
        """Decode what is in the buffer now as the commit of it would be, which then costs nothing.

        For the moment when somebody has probably finished speaking. It takes its turn among the
        commits; more sound, a clear or another preview makes it pointless.

        Returns:
            As of `hypothesis`, all of it committed and likely.
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

    async def use(self, options: EngineOptions) -> EngineStatus:
        """Have the engine run another pair; waits until it is warm. The old one serves meanwhile.

        Raises:
            EngineError: it cannot run, or another was chosen meanwhile; the old one serves on.
            EngineLost: the engine has gone.
        """

    async def session(self, *, speech_only: bool = False) -> EngineSession:
        """Open a session.

        Args:
            speech_only: what will be committed has already been cut to speech by the caller, so
                that the engine need not look for silence itself (some 6 ms per second of sound).
        """

    async def close(self) -> None:
        """Close every session; the engine process itself stays warm for others. Idempotent."""
