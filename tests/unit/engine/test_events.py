"""Our structs against the `openai` package's own models of the same events."""

import json

import msgspec
import pytest
from openai.types import realtime

from dictate.engine import events, protocol

ITEM = events.Item(id="item_1", content=[events.ItemContent()])
SESSION = events.SessionConfig(
    type="transcription",
    id="sess_1",
    audio=events.AudioConfig(
        input=events.AudioInput(
            format=events.AudioFormat(),
            transcription=events.TranscriptionConfig(model="bundled"),
            noise_reduction=None,
            turn_detection=events.TurnDetection(type="server_vad"),
        )
    ),
)
DETAILS = events.ErrorDetails(type="invalid_request_error", message="no", event_id="e")
SERVER_EVENTS = [
    (events.SessionCreated(event_id="1", session=SESSION), realtime.SessionCreatedEvent),
    (events.SessionUpdated(event_id="1", session=SESSION), realtime.SessionUpdatedEvent),
    (
        events.AudioCommitted(event_id="1", item_id="i", previous_item_id="h"),
        realtime.InputAudioBufferCommittedEvent,
    ),
    (events.AudioCleared(event_id="1"), realtime.InputAudioBufferClearedEvent),
    (
        events.SpeechStarted(event_id="1", item_id="i", audio_start_ms=5),
        realtime.InputAudioBufferSpeechStartedEvent,
    ),
    (
        events.SpeechStopped(event_id="1", item_id="i", audio_end_ms=5),
        realtime.InputAudioBufferSpeechStoppedEvent,
    ),
    (events.ItemAdded(event_id="1", item=ITEM), realtime.ConversationItemAdded),
    (events.ItemDone(event_id="1", item=ITEM), realtime.ConversationItemDone),
    (
        events.TranscriptionDelta(event_id="1", item_id="i", delta="a"),
        realtime.ConversationItemInputAudioTranscriptionDeltaEvent,
    ),
    (
        events.TranscriptionCompleted(
            event_id="1", item_id="i", transcript="a", usage=events.Usage(seconds=1.0)
        ),
        realtime.ConversationItemInputAudioTranscriptionCompletedEvent,
    ),
    (
        events.TranscriptionCompleted(
            event_id="1",
            item_id="i",
            transcript="né",
            usage=events.Usage(seconds=1.0),
            logprobs=[
                protocol.TokenLogProbability(token="n", logprob=-0.25, bytes=[110]),
                protocol.TokenLogProbability(token="\ufffd", logprob=-100.0, bytes=[0xC3]),
            ],
            dictate=events.ItemFigures(
                words=[
                    protocol.TranscribedWord(text="né", confidence=0.5, start_token=0, end_token=3)
                ],
                no_speech_probability=0.01,
                temperature=0.2,
                guards=["repetition"],
            ),
        ),
        realtime.ConversationItemInputAudioTranscriptionCompletedEvent,
    ),
    (
        events.TranscriptionFailed(event_id="1", item_id="i", error=DETAILS),
        realtime.ConversationItemInputAudioTranscriptionFailedEvent,
    ),
    (events.ErrorEvent(event_id="1", error=DETAILS), realtime.RealtimeErrorEvent),
]


@pytest.mark.parametrize(("event", "model"), SERVER_EVENTS, ids=lambda value: type(value).__name__)
def test_openai_accepts_what_the_server_says(event: events.ServerEvent, model: type):
    parsed = model.model_validate_json(events.encode(event), strict=True)
    assert parsed.event_id == "1"
    assert events.decode_server_event(events.encode(event)) == event


@pytest.mark.parametrize(
    "event",
    [
        {
            "type": "session.update",
            "session": {
                "type": "transcription",
                "audio": {
                    "input": {
                        "format": {"type": "audio/pcm", "rate": 24000},
                        "transcription": {"model": "whisper-1", "language": "en", "prompt": "a"},
                        "noise_reduction": {"type": "near_field"},
                        "turn_detection": {"type": "server_vad", "threshold": 0.6},
                    }
                },
                "include": ["item.input_audio_transcription.logprobs"],
            },
        },
        {"type": "session.update", "event_id": "e", "session": {"type": "transcription"}},
        {"type": "input_audio_buffer.append", "audio": "AAAA"},
        {"type": "input_audio_buffer.commit"},
        {"type": "input_audio_buffer.clear"},
    ],
)
def test_the_server_accepts_what_openai_sends(event: dict):
    decoded = events.decode_client_event(json.dumps(event))
    assert decoded.event_id == event.get("event_id")


def test_figures_carry_all_of_a_transcript_but_its_text_and_tokens():
    figures = set(events.ItemFigures.__struct_fields__)
    of_hypotheses = {"committed", "likely"}
    assert figures == set(protocol.Transcript.__struct_fields__) - of_hypotheses - {
        "text",
        "token_log_probabilities",
    }
    transcript = protocol.Transcript(text="a", beams=2, rejected=["entropy"], temperature=0.4)
    assert events.ItemFigures.of(transcript).transcript("a") == transcript


def test_log_probabilities_are_absent_where_nobody_asked():
    event = events.TranscriptionCompleted(
        event_id="1", item_id="i", transcript="a", usage=events.Usage(seconds=1.0)
    )
    assert b"logprobs" not in events.encode(event)


def test_absent_and_null_are_not_the_same():
    update = b'{"type":"session.update","session":{"type":"transcription","audio":{"input":%s}}}'
    silent = events.decode_client_event(update % b"{}")
    cleared = events.decode_client_event(update % b'{"turn_detection":null}')
    assert isinstance(silent, events.SessionUpdate)
    assert isinstance(cleared, events.SessionUpdate)
    assert silent.session.audio.input.turn_detection is msgspec.UNSET
    assert cleared.session.audio.input.turn_detection is None
    # Sent the same way as received: an update of ours clears only what it means to clear.
    assert json.loads(events.encode(cleared))["session"]["audio"] == {
        "input": {"turn_detection": None}
    }


def test_sound_survives_the_wire():
    data = bytes(range(256)) * 4
    event = events.decode_client_event(events.encode(events.AudioAppend(audio=data)))
    assert isinstance(event, events.AudioAppend)
    assert event.audio == data


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"[]",
        b'{"type":"session.update"}',
        b'{"type":"response.create"}',
        b'{"type":"input_audio_buffer.append","audio":"%%%"}',
        b'{"type":"session.update","session":{"type":"realtime"}}',
        b'{"type":"session.update","session":{"type":"transcription","audio":'
        b'{"input":{"format":{"type":"audio/pcmu"}}}}}',
        b'{"type":"session.update","session":{"type":"transcription","audio":'
        b'{"input":{"turn_detection":{"type":"server_vad","threshold":7}}}}}',
    ],
)
def test_wrong_events_are_refused(message: bytes):
    with pytest.raises(msgspec.DecodeError):
        events.decode_client_event(message)
