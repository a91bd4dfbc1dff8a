"""What a Realtime session is set to, and how an update changes it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from msgspec import UNSET, UnsetType

from dictate.engine import events
from dictate.engine.host import Request
from dictate.engine.protocol import MAX_CONTEXT_CHARACTERS, bounded_phrases


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """The effective settings; the defaults are OpenAI's.

    Attributes:
        rate_hz: of the sound that the client sends.
        transcription: None: items are not transcribed.
        turn_detection: None: the client commits.
        speech_only: the client has cut the sound to speech.
        context: text to draft with.
        phrases: names and words that may be said, the likeliest first.
        with_logprobs: completed items carry the log-probabilities of their tokens.
    """

    rate_hz: int = 24_000
    transcription: events.TranscriptionConfig | None = field(
        default_factory=events.TranscriptionConfig
    )
    turn_detection: events.TurnDetection | None = field(
        default_factory=lambda: events.TurnDetection(type="server_vad")
    )
    speech_only: bool = False
    context: str = ""
    phrases: tuple[str, ...] = ()
    with_logprobs: bool = False

    def updated(self, update: events.SessionConfig) -> SessionSettings:
        """These settings with what is present in `update`; `transcription` is replaced whole."""
        settings = self
        audio = update.audio
        if not isinstance(audio, UnsetType) and not isinstance(audio.input, UnsetType):
            given = audio.input
            if not isinstance(given.format, UnsetType):
                audio_format = given.format or events.AudioFormat()
                settings = replace(settings, rate_hz=audio_format.rate)
            if not isinstance(given.transcription, UnsetType):
                settings = replace(settings, transcription=given.transcription)
            if not isinstance(given.turn_detection, UnsetType):
                settings = replace(settings, turn_detection=given.turn_detection)
        if not isinstance(update.dictate, UnsetType) and update.dictate.speech_only is not UNSET:
            settings = replace(settings, speech_only=bool(update.dictate.speech_only))
        if not isinstance(update.include, UnsetType):
            included = events.INCLUDE_LOGPROBS in (update.include or [])
            settings = replace(settings, with_logprobs=included)
        if not isinstance(update.dictate, UnsetType):
            context = update.dictate.context
            if not isinstance(context, UnsetType):
                context = (context or "")[-MAX_CONTEXT_CHARACTERS:]
                settings = replace(settings, context=context)
            phrases = update.dictate.phrases
            if not isinstance(phrases, UnsetType):
                settings = replace(settings, phrases=bounded_phrases(phrases or []))
        return settings

    def shown(self, session_id: str, model: str) -> events.SessionConfig:
        """The effective configuration as the client sees it.

        What is accepted and not applied (noise reduction, another model's name)
        shows as it is in effect.
        """
        transcription = self.transcription
        return events.SessionConfig(
            type="transcription",
            id=session_id,
            object="realtime.transcription_session",
            include=[events.INCLUDE_LOGPROBS] if self.with_logprobs else [],
            audio=events.AudioConfig(
                input=events.AudioInput(
                    format=events.AudioFormat(rate=24_000 if self.rate_hz == 24_000 else 16_000),
                    transcription=None
                    if transcription is None
                    else events.TranscriptionConfig(
                        model=model,
                        language=transcription.language,
                        prompt=self.request.prompt,
                    ),
                    noise_reduction=None,
                    turn_detection=self.turn_detection,
                )
            ),
            dictate=events.DictateConfig(speech_only=self.speech_only),
        )

    @property
    def request(self) -> Request:
        """How items are to be decoded."""
        transcription = self.transcription or events.TranscriptionConfig()
        parts = [transcription.prompt or "", ", ".join(transcription.keywords or [])]
        return Request(
            prompt=" ".join(part for part in parts if part),
            language=transcription.language or None,
            speech_only=self.speech_only,
            context=self.context,
            phrases=self.phrases,
        )
