"""The events on the wire, the way another client would send and read them."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest
from numpy.typing import NDArray
from websockets.exceptions import ConnectionClosedError

from dictate.engine import events
from dictate.engine.client import SocketEngine
from dictate.engine.realtime import MAX_HELD_S
from tests.engine.wire import MANUAL_16_KHZ, wire

COMPLETED = "conversation.item.input_audio_transcription.completed"
DELTA = "conversation.item.input_audio_transcription.delta"


async def test_a_commit_says_what_openai_says_in_that_order(warm, speech: NDArray[np.int16]):
    async with wire() as client:
        await client.update(MANUAL_16_KHZ)
        await client.append(speech)
        await client.send({"type": "input_audio_buffer.commit"})
        said = await client.until(COMPLETED)
        types = [event["type"] for event in said]
        assert types[:3] == [
            "input_audio_buffer.committed",
            "conversation.item.added",
            "conversation.item.done",
        ]
        assert set(types[3:-1]) <= {DELTA}
        item_id = said[0]["item_id"]
        assert said[1]["item"]["id"] == said[2]["item"]["id"] == item_id
        assert {event["item_id"] for event in said[3:]} == {item_id}
        assert said[-1]["transcript"]
        assert "".join(event["delta"] for event in said[3:-1]) == said[-1]["transcript"]
        assert said[-1]["usage"]["type"] == "duration"
        assert said[-1]["usage"]["seconds"] == pytest.approx(speech.size / 16_000)
        assert len({event["event_id"] for event in said}) == len(said)

        await client.append(speech)
        await client.send({"type": "input_audio_buffer.commit"})
        again = await client.until(COMPLETED)
        assert again[0]["previous_item_id"] == item_id
        assert again[-1]["transcript"] == said[-1]["transcript"]


@pytest.mark.parametrize(
    ("event", "code", "said"),
    [
        ("no json", "invalid_json", "JSON"),
        ("[1, 2]", "invalid_value", ""),
        ({"type": "response.create", "event_id": "mine"}, "invalid_value", "response.create"),
        ({"event_id": "mine"}, "invalid_value", "type"),
        ({"type": "session.update", "event_id": "mine"}, "invalid_value", "session"),
        (
            {"type": "session.update", "event_id": "mine", "session": {"type": "realtime"}},
            "invalid_value",
            "realtime",
        ),
        (
            {"type": "input_audio_buffer.append", "event_id": "mine", "audio": "%%%"},
            "invalid_value",
            "base64",
        ),
        (
            {"type": "input_audio_buffer.append", "event_id": "mine", "audio": "AAAA"},
            "invalid_value",
            "16-bit",
        ),
        (
            {"type": "input_audio_buffer.commit", "event_id": "mine"},
            events.CODE_EMPTY_COMMIT,
            "empty",
        ),
        (b"\xff\xfe", "invalid_json", ""),
    ],
)
async def test_a_wrong_event_is_an_error_and_the_connection_lives(
    warm, event, code: str, said: str
):
    async with wire() as client:
        await client.update(MANUAL_16_KHZ)
        await client.send(event)
        error = await client.receive()
        assert error["type"] == "error"
        assert error["error"]["type"] == "invalid_request_error"
        assert error["error"]["code"] == code
        assert said in error["error"]["message"]
        assert "\n" not in error["error"]["message"]
        expected_id = event.get("event_id") if isinstance(event, dict) else None
        assert error["error"]["event_id"] == expected_id
        await client.send({"type": "input_audio_buffer.clear"})
        assert (await client.receive())["type"] == "input_audio_buffer.cleared"


async def test_a_wrong_value_is_named_by_its_path(warm):
    async with wire() as client:
        audio = {"input": {"format": {"type": "audio/pcm", "rate": 44100}}}
        await client.send(
            {"type": "session.update", "session": {"type": "transcription", "audio": audio}}
        )
        error = (await client.receive())["error"]
        assert error["param"] == "session.audio.input.format.rate"


async def test_several_items_in_flight_come_in_order(warm, speech: NDArray[np.int16]):
    async with wire() as client:
        await client.update(MANUAL_16_KHZ)
        lengths = [speech.size, 8_000, 16_000]
        for length in lengths:
            await client.append(speech[:length])
            await client.send({"type": "input_audio_buffer.commit"})
        said = [event for _ in lengths for event in await client.until(COMPLETED)]
        committed = [
            event["item_id"] for event in said if event["type"].endswith("buffer.committed")
        ]
        completed = [event for event in said if event["type"] == COMPLETED]
        assert [event["item_id"] for event in completed] == committed
        assert [event["usage"]["seconds"] * 16_000 for event in completed] == lengths


async def test_clear_forgets_the_sound(warm, speech: NDArray[np.int16]):
    async with wire() as client:
        await client.update(MANUAL_16_KHZ)
        await client.append(speech)
        await client.send({"type": "input_audio_buffer.clear"})
        await client.send({"type": "input_audio_buffer.commit"})
        assert (await client.receive())["type"] == "input_audio_buffer.cleared"
        assert (await client.receive())["error"]["code"] == events.CODE_EMPTY_COMMIT


async def test_null_transcription_commits_without_text(warm, speech: NDArray[np.int16]):
    async with wire() as client:
        await client.update(MANUAL_16_KHZ)
        shown = await client.update(
            {"type": "transcription", "audio": {"input": {"transcription": None}}}
        )
        assert shown["session"]["audio"]["input"]["transcription"] is None
        await client.append(speech)
        await client.send({"type": "input_audio_buffer.commit"})
        await client.until("conversation.item.done")
        await client.send({"type": "input_audio_buffer.clear"})
        assert (await client.receive())["type"] == "input_audio_buffer.cleared"


async def test_server_vad_finds_each_utterance(warm, speech: NDArray[np.int16]):
    pause = np.zeros(24_000, np.int16)
    stream = np.concatenate((pause, speech, pause, speech, pause))
    detection = {"type": "server_vad", "silence_duration_ms": 500, "prefix_padding_ms": 200}
    async with wire() as client:
        await client.update(
            {
                "type": "transcription",
                "audio": {
                    "input": {
                        "format": {"type": "audio/pcm", "rate": 16000},
                        "turn_detection": detection,
                    }
                },
            }
        )
        for block in np.array_split(stream, 100):
            await client.append(block)
        said = await client.until(COMPLETED) + await client.until(COMPLETED)
    turns = [event for event in said if "speech" in event["type"]]
    assert [event["type"].rpartition(".")[2] for event in turns] == [
        "speech_started",
        "speech_stopped",
    ] * 2
    items = [event["item_id"] for event in said if event["type"] == COMPLETED]
    assert [event["item_id"] for event in turns] == [items[0], items[0], items[1], items[1]]
    for turn, truth_ms in zip(
        turns,
        [
            1500,
            1500 + speech.size / 16,
            3000 + speech.size / 16,
            3000 + speech.size / 8,
        ],
        strict=True,
    ):
        said_ms = turn.get("audio_start_ms", turn.get("audio_end_ms"))
        # espeak leaves some silence at both ends.
        assert abs(said_ms - truth_ms) < 500
    texts = {event["transcript"] for event in said if event["type"] == COMPLETED}
    assert all(texts)


async def test_server_vad_hears_nothing_in_silence_and_a_click(warm):
    click = np.zeros(48_000, np.int16)
    click[20_000:20_100] = 20_000
    async with wire() as client:
        await client.append(click)
        await client.append(np.zeros(72_000, np.int16))
        await client.send({"type": "input_audio_buffer.clear"})
        assert (await client.receive())["type"] == "input_audio_buffer.cleared"


async def test_silence_gives_no_text_unless_the_client_vouches_for_it(warm):
    rng = np.random.default_rng(1)
    noise = rng.normal(0, 30, 32_000).astype(np.int16)
    async with wire() as client:
        await client.update(MANUAL_16_KHZ)
        for samples in (np.zeros(32_000, np.int16), noise):
            await client.append(samples)
            await client.send({"type": "input_audio_buffer.commit"})
            said = await client.until(COMPLETED)
            assert said[-1]["transcript"] == ""
            assert DELTA not in {event["type"] for event in said}


async def test_sound_at_24_khz_is_transcribed_whole(warm, speech: NDArray[np.int16]):
    import soxr

    at_24_khz = soxr.resample(speech, 16_000, 24_000)
    async with wire() as client:
        await client.update({"type": "transcription", "audio": {"input": {"turn_detection": None}}})
        await client.append(at_24_khz)
        await client.send({"type": "input_audio_buffer.commit"})
        said = (await client.until(COMPLETED))[-1]
        assert said["usage"]["seconds"] == pytest.approx(speech.size / 16_000, abs=0.01)
        assert said["transcript"]


async def test_too_much_in_one_append_and_in_all_is_refused_clearly(warm):
    too_long = base64.b64encode(bytes(events.MAX_APPEND_BYTES + 2)).decode()
    longest = base64.b64encode(bytes(events.MAX_APPEND_BYTES)).decode()
    async with wire() as client:
        await client.update(MANUAL_16_KHZ)
        await client.send({"type": "input_audio_buffer.append", "audio": too_long})
        assert (await client.receive())["error"]["code"] == "audio_too_long"
        fitting = MAX_HELD_S * 16_000 * 2 // events.MAX_APPEND_BYTES
        for _ in range(fitting + 1):
            await client.send({"type": "input_audio_buffer.append", "audio": longest})
        error = (await client.receive())["error"]
        assert error["code"] == "input_audio_buffer_full"
        assert f"{MAX_HELD_S} s" in error["message"]
        await client.send({"type": "input_audio_buffer.clear"})
        assert (await client.receive())["type"] == "input_audio_buffer.cleared"


async def test_a_message_beyond_all_bounds_ends_the_connection_only(warm: SocketEngine):
    async with wire() as client:
        with pytest.raises(ConnectionClosedError) as caught:
            await client.send("x" * (events.MAX_MESSAGE_BYTES + 1))
            await client.receive()
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 1009
    assert (await warm.status()).state == "ready"


async def test_whatever_arrives_the_engine_goes_on(warm: SocketEngine):
    seed = int(np.random.default_rng().integers(2**31))
    print(f"seed {seed}")
    rng = np.random.default_rng(seed)
    valid = json.dumps(
        {"type": "session.update", "event_id": "e", "session": MANUAL_16_KHZ}
    ).encode()
    async with wire() as client:
        for _ in range(300):
            message = bytearray(valid)
            for _ in range(int(rng.integers(1, 6))):
                message[int(rng.integers(len(message)))] = int(rng.integers(256))
            await client.send(bytes(message))
            assert (await client.receive())["type"] in {"error", "session.updated"}
    assert (await warm.status()).state == "ready"
