import json

from dictate.engine import events
from dictate.engine.session_settings import SessionSettings


def update(settings: SessionSettings, audio_input: dict, **session: object) -> SessionSettings:
    event = events.decode_client_event(
        json.dumps(
            {
                "type": "session.update",
                "session": {"type": "transcription", "audio": {"input": audio_input}, **session},
            }
        )
    )
    assert isinstance(event, events.SessionUpdate)
    return settings.updated(event.session)


def test_defaults_are_openais():
    settings = SessionSettings()
    assert settings.rate_hz == 24_000
    assert settings.turn_detection is not None
    assert settings.turn_detection.silence_duration_ms == 500


def test_only_what_is_present_changes():
    first = update(SessionSettings(), {"format": {"type": "audio/pcm", "rate": 16000}})
    second = update(first, {"turn_detection": None}, dictate={"speech_only": True})
    third = update(second, {"transcription": {"language": "en", "prompt": "a, b"}})
    assert third.rate_hz == 16_000
    assert third.turn_detection is None
    assert third.speech_only
    assert (third.request.language, third.request.prompt) == ("en", "a, b")
    assert third.request.speech_only


def test_null_turns_transcription_off_and_restores_the_default_format():
    settings = update(SessionSettings(rate_hz=16_000), {"transcription": None, "format": None})
    assert settings.transcription is None
    assert settings.rate_hz == 24_000


def test_keywords_join_the_prompt_behind_it():
    settings = update(
        SessionSettings(), {"transcription": {"prompt": "ask", "keywords": ["getUser", "URL"]}}
    )
    assert settings.request.prompt == "ask getUser, URL"


def test_what_is_shown_is_what_is_in_effect():
    asked = {
        "transcription": {"model": "whisper-1", "language": "en"},
        "noise_reduction": {"type": "near_field"},
    }
    settings = update(SessionSettings(), asked, include=["item.input_audio_transcription.logprobs"])
    shown = json.loads(events.encode(events.SessionUpdated(
        event_id="1", session=settings.shown("sess_1", "bundled"))))["session"]  # fmt: skip
    assert shown["audio"]["input"]["transcription"]["model"] == "bundled"
    assert shown["audio"]["input"]["transcription"]["language"] == "en"
    assert shown["audio"]["input"]["noise_reduction"] is None
    assert shown["include"] == []
