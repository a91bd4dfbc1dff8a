"""The wire: OpenAI's Realtime transcription events as typed structs, plus a few of our own.

Field names and values are those of the `openai` package's `types/realtime` (GA). What is ours is
named `dictate`: two events (`dictate.hypothesize`, `dictate.hypothesis`) and a field of sessions
and of completed items, so that other clients can ignore it. In updates a field that is absent
(`UNSET`) stays as it is and null clears it.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from dictate.engine.protocol import TokenLogProbability, TranscribedWord, Transcript

MAX_APPEND_BYTES: Final = 15 * 1024 * 1024
"""Most bytes of sound in one append, as at OpenAI."""
MAX_MESSAGE_BYTES: Final = MAX_APPEND_BYTES * 4 // 3 + 64 * 1024
"""Most bytes of one WebSocket message: an append of the longest kind in base64, and its frame."""

INCLUDE_LOGPROBS: Final = "item.input_audio_transcription.logprobs"
"""In a session's `include`: completed items carry `logprobs`. Deltas never do."""

CODE_EMPTY_COMMIT: Final = "input_audio_buffer_commit_empty"
CODE_ENGINE_FAILED: Final = "dictate_engine_failed"


class AudioFormat(Struct, kw_only=True):
    """Little-endian 16-bit mono PCM; OpenAI's servers know 24 kHz only, ours 16 kHz as well."""

    type: Literal["audio/pcm"] = "audio/pcm"
    rate: Literal[16000, 24000] = 24000


class TranscriptionConfig(Struct, kw_only=True):
    """How items are transcribed; `keywords` go into the prompt, behind `prompt`."""

    model: str | None = None
    language: str | None = None
    prompt: str | None = None
    keywords: list[str] | None = None


class TurnDetection(Struct, kw_only=True):
    """The server finds the speech and commits by itself."""

    type: Literal["server_vad"]
    threshold: Annotated[float, Meta(ge=0.0, le=1.0)] = 0.5
    prefix_padding_ms: Annotated[int, Meta(ge=0, le=5_000)] = 300
    silence_duration_ms: Annotated[int, Meta(ge=0, le=10_000)] = 500


class NoiseReduction(Struct, kw_only=True):
    """Accepted and not applied: the effective configuration shows null."""

    type: Literal["near_field", "far_field"] | None = None


class AudioInput(Struct, kw_only=True, omit_defaults=True):
    """The input side of a session."""

    format: AudioFormat | UnsetType | None = UNSET
    transcription: TranscriptionConfig | UnsetType | None = UNSET
    noise_reduction: NoiseReduction | UnsetType | None = UNSET
    turn_detection: TurnDetection | UnsetType | None = UNSET


class AudioConfig(Struct, kw_only=True, omit_defaults=True):
    """A transcription session has an input and no output."""

    input: AudioInput | UnsetType = UNSET


class DictateConfig(Struct, kw_only=True, omit_defaults=True):
    """Ours: `speech_only` promises that committed sound has been cut to speech already.

    `context` is text that may be said again: it makes decoding faster, never different. It is not
    shown in the effective configuration, and only its end is used when it is long.

    `phrases` are names and words that may be said, the likeliest first; they win where the target
    hardly prefers something else. Not shown either; null clears them.
    """

    speech_only: bool | UnsetType = UNSET
    context: str | UnsetType | None = UNSET
    phrases: list[str] | UnsetType | None = UNSET


class SessionConfig(Struct, kw_only=True, omit_defaults=True):
    """A session as a client asks for it, or as it is in effect."""

    type: Literal["transcription"]
    audio: AudioConfig | UnsetType = UNSET
    include: list[str] | UnsetType | None = UNSET
    dictate: DictateConfig | UnsetType = UNSET
    id: str | UnsetType = UNSET
    object: str | UnsetType = UNSET


# --- from the client ---


class ClientEvent(Struct, kw_only=True, omit_defaults=True, tag_field="type"):
    """`event_id` is the client's own; errors about the event repeat it."""

    event_id: str | None = None


class SessionUpdate(ClientEvent, tag="session.update"):
    """Change what is present in `session`."""

    session: SessionConfig


class AudioAppend(ClientEvent, tag="input_audio_buffer.append"):
    """Sound in the session's format; base64 on the wire."""

    audio: bytes


class AudioCommit(ClientEvent, tag="input_audio_buffer.commit"):
    """Make an item of the buffer and transcribe it."""


class AudioClear(ClientEvent, tag="input_audio_buffer.clear"):
    """Empty the buffer."""


class Hypothesize(ClientEvent, tag="dictate.hypothesize"):
    """Ours: decode the buffer as it is, without committing it.

    With `as_final` it is decoded as its commit would be, which then has nothing left to do.
    """

    as_final: bool = False


AnyClientEvent = SessionUpdate | AudioAppend | AudioCommit | AudioClear | Hypothesize


class EventHead(Struct):
    """What is readable of an event that is otherwise wrong."""

    event_id: str | None = None


# --- from the server ---


class ServerEvent(Struct, kw_only=True, tag_field="type"):
    """`event_id` is the server's own and unique."""

    event_id: str


class SessionCreated(ServerEvent, kw_only=True, tag="session.created"):
    """First event of a connection."""

    session: SessionConfig


class SessionUpdated(ServerEvent, kw_only=True, tag="session.updated"):
    """The effective configuration after an update."""

    session: SessionConfig


class AudioCommitted(ServerEvent, kw_only=True, tag="input_audio_buffer.committed"):
    """The buffer has become an item."""

    item_id: str
    previous_item_id: str | None = None


class AudioCleared(ServerEvent, kw_only=True, tag="input_audio_buffer.cleared"):
    """The buffer is empty."""


class SpeechStarted(ServerEvent, kw_only=True, tag="input_audio_buffer.speech_started"):
    """Turn detection hears speech; milliseconds since the session's first sample."""

    item_id: str
    audio_start_ms: int


class SpeechStopped(ServerEvent, kw_only=True, tag="input_audio_buffer.speech_stopped"):
    """Turn detection has heard its end."""

    item_id: str
    audio_end_ms: int


class ItemContent(Struct, kw_only=True):
    """The sound of an item, by reference only."""

    type: Literal["input_audio"] = "input_audio"
    transcript: str | None = None


class Item(Struct, kw_only=True):
    """A user's message made of sound."""

    id: str
    object: Literal["realtime.item"] = "realtime.item"
    type: Literal["message"] = "message"
    status: Literal["completed", "in_progress"] = "completed"
    role: Literal["user"] = "user"
    content: list[ItemContent]


class ItemAdded(ServerEvent, kw_only=True, tag="conversation.item.added"):
    """An item stands in the conversation."""

    item: Item
    previous_item_id: str | None = None


class ItemDone(ServerEvent, kw_only=True, tag="conversation.item.done"):
    """An item will not change any more."""

    item: Item
    previous_item_id: str | None = None


class TranscriptionDelta(
    ServerEvent, kw_only=True, tag="conversation.item.input_audio_transcription.delta"
):
    """A piece of an item's text; the pieces joined are the transcript."""

    item_id: str
    content_index: int = 0
    delta: str = ""


class Usage(Struct, kw_only=True):
    """What OpenAI would bill by."""

    type: Literal["duration"] = "duration"
    seconds: float


class ItemFigures(Struct, kw_only=True):
    """Ours: the figures of `protocol.Transcript`."""

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

    @classmethod
    def of(cls, transcript: Transcript) -> ItemFigures:
        """The figures of a transcript."""
        return cls(**{field: getattr(transcript, field) for field in cls.__struct_fields__})

    def transcript(self, text: str) -> Transcript:
        """The transcript that these are the figures of."""
        return Transcript(
            text=text, **{field: getattr(self, field) for field in self.__struct_fields__}
        )


class TranscriptionCompleted(
    ServerEvent, kw_only=True, tag="conversation.item.input_audio_transcription.completed"
):
    """An item's whole text."""

    item_id: str
    content_index: int = 0
    transcript: str
    usage: Usage
    logprobs: list[TokenLogProbability] | UnsetType | None = UNSET
    dictate: ItemFigures | None = None


class ErrorDetails(Struct, kw_only=True):
    """`event_id` is that of the client's event that was wrong, if it had one."""

    type: str
    message: str
    code: str | None = None
    param: str | None = None
    event_id: str | None = None


class TranscriptionFailed(
    ServerEvent, kw_only=True, tag="conversation.item.input_audio_transcription.failed"
):
    """An item could not be transcribed; the session lives on."""

    item_id: str
    content_index: int = 0
    error: ErrorDetails


class ErrorEvent(ServerEvent, kw_only=True, tag="error"):
    """Something is wrong; the connection stays open unless the engine cannot serve at all."""

    error: ErrorDetails


class Hypothesis(ServerEvent, kw_only=True, tag="dictate.hypothesis"):
    """Ours: the answer to `dictate.hypothesize` with the event id `request_id`."""

    request_id: str | None
    text: str
    committed: str = ""
    likely: str = ""


AnyServerEvent = (
    SessionCreated
    | SessionUpdated
    | AudioCommitted
    | AudioCleared
    | SpeechStarted
    | SpeechStopped
    | ItemAdded
    | ItemDone
    | TranscriptionDelta
    | TranscriptionCompleted
    | TranscriptionFailed
    | ErrorEvent
    | Hypothesis
)

encode = msgspec.json.Encoder().encode
decode_client_event = msgspec.json.Decoder(AnyClientEvent).decode
decode_server_event = msgspec.json.Decoder(AnyServerEvent).decode
decode_event_head = msgspec.json.Decoder(EventHead).decode
