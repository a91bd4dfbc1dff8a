import numpy as np
import pytest

from dictate.audio.file import read_audio
from dictate.engine import events
from dictate.engine.turns import SpeechStarted, Turn, TurnDetector
from dictate.vad import Segment
from tests.rigs.speech import missing_speech, speak

CONFIG = events.TurnDetection(type="server_vad", silence_duration_ms=400, prefix_padding_ms=150)


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> np.ndarray:
    """A second of silence, a sentence, a second, the sentence, a second: int16[n] at 16 kHz."""
    reason = missing_speech()
    if reason is not None:
        pytest.skip(reason)
    path = tmp_path_factory.mktemp("turns") / "sentence.wav"
    sentence = read_audio(speak("close the second window", path))
    second = np.zeros(16_000, np.int16)
    return np.concatenate((second, sentence, second, sentence, second))


def turns_of(stream: np.ndarray, sizes: list[int], origin: int = 0) -> list[Turn]:
    detector = TurnDetector(CONFIG, 10.0, origin)
    turns: list[Turn] = []
    start, index = 0, 0
    while start < stream.size:
        end = start + sizes[index % len(sizes)]
        turns += detector.feed(stream[start:end])
        needed = detector.needed_from_sample
        assert needed <= origin + min(end, stream.size)
        assert all(turn.start_sample >= 0 for turn in turns if isinstance(turn, Segment))
        start, index = end, index + 1
    return turns + detector.flush()


def test_starts_and_ends_alternate(stream: np.ndarray):
    kinds = [type(turn) for turn in turns_of(stream, [480])]
    assert kinds == [SpeechStarted, Segment] * 2


def test_the_cutting_of_the_stream_changes_nothing(stream: np.ndarray):
    seed = int(np.random.default_rng().integers(2**31))
    print(f"seed {seed}")
    sizes = [int(size) for size in np.random.default_rng(seed).integers(1, 9000, 50)]
    assert turns_of(stream, sizes) == turns_of(stream, [stream.size])


def test_positions_count_from_the_sessions_first_sample(stream: np.ndarray):
    shifted = turns_of(stream, [480], origin=5000)
    for turn, moved in zip(turns_of(stream, [480]), shifted, strict=True):
        if isinstance(turn, Segment) and isinstance(moved, Segment):
            assert (moved.start_sample, moved.end_sample) == (
                turn.start_sample + 5000,
                turn.end_sample + 5000,
            )
        elif isinstance(turn, SpeechStarted) and isinstance(moved, SpeechStarted):
            assert moved.sample == turn.sample + 5000


def test_sound_that_a_turn_will_need_is_never_given_up(stream: np.ndarray):
    detector = TurnDetector(CONFIG, 10.0, 0)
    given_up = 0
    for start in range(0, stream.size, 700):
        for turn in detector.feed(stream[start : start + 700]):
            first = turn.sample if isinstance(turn, SpeechStarted) else turn.start_sample
            assert first >= given_up
        given_up = max(given_up, detector.needed_from_sample)
    assert given_up > stream.size - 16_000


def test_every_allowed_setting_can_be_used():
    for threshold in (0.0, 0.01, 0.5, 1.0):
        for silence_ms in (0, 10, 10_000):
            for padding_ms in (0, 5_000):
                config = events.TurnDetection(
                    type="server_vad",
                    threshold=threshold,
                    silence_duration_ms=silence_ms,
                    prefix_padding_ms=padding_ms,
                )
                for window_s in (None, 2.0, 30.0):
                    TurnDetector(config, window_s, 0).feed(np.zeros(16_000, np.int16))
