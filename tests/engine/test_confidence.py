"""What the engine says besides the text: words, confidences, guards, and of bad input."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from dictate.audio.file import read_audio
from dictate.bench.recordings import recordings
from dictate.cli import main
from dictate.engine import events
from dictate.engine.client import SocketEngine
from dictate.engine.in_process import InProcessEngine
from dictate.engine.protocol import Engine, EngineError, Transcript
from dictate.transcribe import FileResult, show
from tests.engine.home import Home, outside_the_loop
from tests.engine.wire import MANUAL_16_KHZ, wire

COMPLETED = "conversation.item.input_audio_transcription.completed"


@pytest.fixture(scope="module")
def local() -> Iterator[InProcessEngine]:
    """The bundled pair in this process."""
    engine = InProcessEngine()
    yield engine
    outside_the_loop(asyncio.run, engine.close())


@pytest.fixture(params=["socket", "in process"])
async def engine(
    request: pytest.FixtureRequest, warm: SocketEngine, local: InProcessEngine
) -> Engine:
    return warm if request.param == "socket" else local


@pytest.fixture(scope="module")
def nonsense() -> list[NDArray[np.int16]]:
    """What sounds like speech and says nothing: backwards, in pieces, all at once, too slow."""
    spoken = [read_audio(recording.path) for recording in recordings()]
    longest = max(map(len, spoken))
    rng = np.random.default_rng(0)
    babble = np.sum([np.roll(np.pad(one, (0, longest - one.size)), 5_000 * number) // 4
                     for number, one in enumerate(spoken)], axis=0)  # fmt: skip
    pieces = [one[: one.size // 800 * 800].reshape(-1, 800) for one in spoken]
    return [
        *(one[::-1].copy() for one in spoken),
        *(rng.permutation(each).reshape(-1) for each in pieces),
        babble.astype(np.int16),
        np.repeat(spoken[0], 2),
    ]


async def decode(
    engine: Engine, *pieces: NDArray[np.int16], speech_only: bool = True, **settings: str | None
) -> Transcript:
    session = await engine.session(speech_only=speech_only)
    try:
        await session.configure(**({"prompt": "", "language": None} | settings))  # type: ignore[arg-type]
        for piece in pieces:
            await session.append(piece)
        return await session.commit()
    finally:
        await session.close()


async def test_every_word_has_a_confidence(engine: Engine, speech: NDArray[np.int16]):
    transcript = await decode(engine, speech)
    assert [word.text for word in transcript.words] == transcript.text.split() != []
    assert all(0.0 < word.confidence <= 1.0 for word in transcript.words)
    ends = [0] + [word.end_token for word in transcript.words]
    assert all(word.start_token >= end for word, end in zip(transcript.words, ends, strict=False))
    assert -1.0 < transcript.average_log_probability < 0.0
    assert (transcript.temperature, transcript.beams) == (0.0, 1)
    assert (transcript.guards, transcript.rejected) == ([], [])


async def test_words_of_several_pieces_count_their_tokens_on(
    engine: Engine, speech: NDArray[np.int16]
):
    pause = np.zeros(24_000, np.int16)
    transcript = await decode(engine, speech, pause, speech, speech_only=False)
    assert [word.text for word in transcript.words] == transcript.text.split()
    starts = [word.start_token for word in transcript.words]
    assert starts == sorted(starts)
    half = len(starts) // 2
    assert starts[half] >= transcript.words[half - 1].end_token


async def test_what_makes_no_sense_is_withheld_and_told(
    engine: Engine, nonsense: list[NDArray[np.int16]]
):
    transcripts = [await decode(engine, sound) for sound in nonsense]
    withheld = [each for each in transcripts if each.rejected]
    assert any(set(each.rejected) & {"entropy", "log_probability"} for each in withheld)
    for transcript in withheld:
        assert (transcript.text, transcript.words) == ("", [])
        assert set(transcript.rejected) <= set(transcript.guards)


async def test_a_flat_line_is_silence(engine: Engine):
    transcript = await decode(engine, np.zeros(16_000, np.int16))
    assert (transcript.text, transcript.rejected) == ("", ["silence"])


@pytest.mark.parametrize("kind", ["silence", "noise", "tone", "chord"])
async def test_the_search_for_speech_and_the_guards_let_no_invention_through(
    local: InProcessEngine, kind: str
):
    seed = int(np.random.default_rng().integers(2**31))
    print(f"seed {seed}")
    rng = np.random.default_rng(seed)
    inserted = []
    for _ in range(15):
        size = int(rng.integers(8_000, 48_000))
        time_s = np.arange(size) / 16_000
        samples = {
            "silence": lambda size=size: np.zeros(size),
            "noise": lambda size=size: rng.uniform(10, 6_000) * rng.standard_normal(size),
            "tone": lambda t=time_s: 6_000 * np.sin(2 * np.pi * rng.uniform(80, 4_000) * t),
            "chord": lambda t=time_s: sum(
                2_000 * np.sin(2 * np.pi * frequency * t) for frequency in rng.uniform(80, 2_000, 4)
            ),
        }[kind]()
        sound = np.clip(samples, -32_768, 32_767).astype(np.int16)
        text = (await decode(local, sound, speech_only=False)).text
        inserted += [text] if text else []
    print(f"inserted {len(inserted)} of 15: {inserted}")
    assert len(inserted) <= (0 if kind == "silence" else 1)


async def test_an_unknown_language_is_one_clear_line_and_the_session_lives(
    engine: Engine, speech: NDArray[np.int16]
):
    session = await engine.session(speech_only=True)
    await session.configure(prompt="", language="xx")
    await session.append(speech)
    with pytest.raises(EngineError, match="does not know the language 'xx'") as caught:
        await session.commit()
    assert "\n" not in str(caught.value)
    await session.configure(prompt="", language="en")
    await session.append(speech)
    assert (await session.commit()).text
    await session.close()


async def test_a_prompt_of_any_length_is_taken(engine: Engine, speech: NDArray[np.int16]):
    names = ", ".join(f"some_long_name_{index}" for index in range(5_000))
    assert (await decode(engine, speech, prompt=names)).text


async def test_a_single_sample_is_taken(engine: Engine):
    assert (await decode(engine, np.ones(1, np.int16))).words == []


async def test_log_probabilities_are_told_to_those_who_include_them(
    warm: SocketEngine, speech: NDArray[np.int16]
):
    async with wire() as client:
        for include in ([events.INCLUDE_LOGPROBS], []):
            await client.update(MANUAL_16_KHZ | {"include": include})
            await client.append(speech)
            await client.send({"type": "input_audio_buffer.commit"})
            said = (await client.until(COMPLETED))[-1]
            if not include:
                assert "logprobs" not in said
                continue
            tokens = said["logprobs"]
            whole = b"".join(bytes(token["bytes"]) for token in tokens).decode()
            assert whole.strip() == said["transcript"]
            assert all(-100.0 <= token["logprob"] <= 0.0 for token in tokens)
            word = said["dictate"]["words"][0]
            share = [token["logprob"] for token in tokens[: word["end_token"]]]
            assert word["confidence"] == pytest.approx(math.exp(sum(share) / len(share)), abs=1e-6)


async def test_the_log_tells_the_guard_and_no_word(
    shared_home: Home, warm: SocketEngine, nonsense: list[NDArray[np.int16]]
):
    for sound in nonsense:
        await decode(warm, sound)
    assert "withheld: " in shared_home.log
    assert "entropy" in shared_home.log


def test_transcribe_shows_words_and_reasons(
    speech: NDArray[np.int16], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    import soundfile

    file = tmp_path / "sentence.wav"
    soundfile.write(file, speech, 16_000)
    assert main(["transcribe", "--json", str(file)]) == 0
    heard = json.loads(capsys.readouterr().out)
    assert [word["text"] for word in heard["words"]] == heard["text"].split()
    assert 0.0 < heard["words"][0]["confidence"] <= 1.0
    assert "rejected" not in heard


def test_transcribe_tells_what_was_withheld(capsys: pytest.CaptureFixture[str]):
    result = FileResult(file="a.wav", text="one", rejected=["repetition", "entropy"])
    show(result, named=False, as_json=True)
    assert json.loads(capsys.readouterr().out)["rejected"] == ["repetition", "entropy"]
    show(result, named=False, as_json=False)
    printed = capsys.readouterr()
    assert printed.out == "one\n"
    assert printed.err == "dictate: a.wav: text was withheld (repetition, entropy)\n"
