import json

from dictate.engine import events
from dictate.engine.protocol import MAX_CONTEXT_CHARACTERS, MAX_PHRASES
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


def test_the_context_is_kept_bounded_and_not_shown():
    text = "".join(chr(97 + index % 26) for index in range(10_000))
    settings = update(SessionSettings(), {}, dictate={"context": text})
    assert settings.request.context == text[-MAX_CONTEXT_CHARACTERS:]
    assert (
        text[-100:]
        not in events.encode(
            events.SessionUpdated(event_id="1", session=settings.shown("sess_1", "bundled"))
        ).decode()
    )
    kept = update(settings, {}, dictate={"speech_only": True})
    assert kept.request.context == settings.request.context
    assert update(kept, {}, dictate={"context": None}).request.context == ""


def test_phrases_are_kept_bounded_and_not_shown_until_null():
    many = [f"name {index}" for index in range(2 * MAX_PHRASES)]
    settings = update(SessionSettings(), {}, dictate={"phrases": many})
    assert settings.request.phrases == tuple(many[:MAX_PHRASES])
    shown = settings.shown("sess_1", "bundled")
    assert (
        "name 7" not in events.encode(events.SessionUpdated(event_id="1", session=shown)).decode()
    )
    kept = update(settings, {}, dictate={"speech_only": True})
    assert kept.request.phrases == settings.request.phrases
    assert update(kept, {}, dictate={"phrases": None}).request.phrases == ()
    assert SessionSettings().request.phrases == ()


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
    wanted = "item.input_audio_transcription.logprobs"
    settings = update(SessionSettings(), asked, include=[wanted, "something.else"])
    shown = json.loads(events.encode(events.SessionUpdated(
        event_id="1", session=settings.shown("sess_1", "bundled"))))["session"]  # fmt: skip
    assert shown["audio"]["input"]["transcription"]["model"] == "bundled"
    assert shown["audio"]["input"]["transcription"]["language"] == "en"
    assert shown["audio"]["input"]["noise_reduction"] is None
    assert shown["include"] == [wanted]


def test_log_probabilities_are_included_until_an_update_leaves_them_out():
    wanted = ["item.input_audio_transcription.logprobs"]
    settings = SessionSettings()
    assert not settings.with_logprobs
    settings = update(settings, {}, include=wanted)
    assert update(settings, {}).with_logprobs
    assert not update(settings, {}, include=[]).with_logprobs
    assert not update(settings, {}, include=None).with_logprobs
