import os
import struct
import threading
import time

import numpy as np
import pytest
import soundfile

from dictate.audio import file as audio_file
from dictate.audio.file import FileSource, read_audio
from dictate.audio.source import AudioError


def tone(rate_hz=16_000, seconds=1.0, channels=1, level=0.5):
    time_s = np.arange(round(rate_hz * seconds)) / rate_hz
    mono = level * np.sin(2 * np.pi * 440 * time_s)
    return np.repeat(mono[:, None], channels, axis=1)


@pytest.fixture
def write(tmp_path):
    def write(sound, rate_hz=16_000, name="sound.wav", **options):
        path = tmp_path / name
        soundfile.write(path, sound, rate_hz, **options)
        return path

    return write


def refusal(path):
    with pytest.raises(AudioError) as caught:
        read_audio(path)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    return message


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 22_050, 44_100, 48_000, 96_000, 192_000])
def test_any_rate_becomes_16_khz(write, rate_hz):
    sound = read_audio(write(tone(rate_hz), rate_hz))
    assert sound.dtype == np.int16
    assert len(sound) == 16_000
    assert np.abs(sound[500:-500] - 32_768 * tone()[500:-500, 0]).max() < 80


@pytest.mark.parametrize("channels", [1, 2, 6, 8])
def test_any_number_of_channels_is_mixed_down(write, channels):
    sound = read_audio(write(tone(channels=channels), subtype="PCM_24"))
    assert sound.shape == (16_000,)
    assert np.abs(sound).max() == pytest.approx(16_384, abs=3)


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_any_depth_is_read(write, subtype):
    assert np.abs(read_audio(write(tone(), subtype=subtype))).max() == pytest.approx(
        16_384, abs=260
    )


@pytest.mark.parametrize("name", ["sound.flac", "sound.ogg", "sound.mp3", "sound.aiff", "sound.au"])
def test_other_containers_are_read(write, name):
    sound = read_audio(write(tone(seconds=2), name=name))
    assert 31_000 < len(sound) < 35_000
    assert np.abs(sound).max() == pytest.approx(16_384, rel=0.1)


def test_nan_and_infinite_samples_are_silence_and_harm_no_other_sample(write):
    broken = tone(48_000).astype(np.float32)
    broken[20_000:20_010] = np.nan
    broken[30_000], broken[30_001] = np.inf, -np.inf
    sound = read_audio(write(broken, 48_000, subtype="FLOAT"))
    assert np.abs(sound[:6_000] - 32_768 * tone()[:6_000, 0])[200:].max() < 80
    assert np.abs(sound[12_000:]).max() == pytest.approx(16_384, abs=80)


def test_samples_beyond_full_scale_are_clipped_not_wrapped(write):
    sound = read_audio(write(tone(level=3.0), subtype="FLOAT"))
    assert sound.max() == 32_767
    assert sound.min() == -32_768


def test_an_odd_name_is_no_obstacle(write):
    assert len(read_audio(write(tone(), name="größe 你好 'x'.wav"))) == 16_000


def test_a_missing_file(tmp_path):
    assert "does not exist" in refusal(tmp_path / "nothing.wav")


def test_a_folder(tmp_path):
    assert "folder" in refusal(tmp_path)


def test_an_empty_file(tmp_path):
    (tmp_path / "empty.wav").touch()
    assert "empty" in refusal(tmp_path / "empty.wav")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_instead_of_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.wav")
    assert "ordinary file" in refusal(tmp_path / "pipe.wav")


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read every file"
)
def test_a_file_without_read_permission(write):
    path = write(tone())
    path.chmod(0)
    assert "rights" in refusal(path)


@pytest.mark.parametrize("content", [b"print('hello')\n" * 99, b"\x7fELF" + bytes(9_000), b"RIFF"])
@pytest.mark.parametrize("name", ["x.wav", "x.py", "x.raw", "noextension"])
def test_what_is_not_sound(tmp_path, content, name):
    (tmp_path / name).write_bytes(content)
    assert "not a sound file" in refusal(tmp_path / name)


def test_random_bytes_behind_a_wav_header_never_do_more_than_fail_clearly(write, tmp_path):
    whole = bytearray(write(tone(seconds=0.1), name="whole.wav").read_bytes())
    seed = int.from_bytes(os.urandom(4), "little")
    print(f"seed {seed}")
    generator = np.random.default_rng(seed)
    path = tmp_path / "fuzzed.wav"
    for _ in range(200):
        fuzzed = bytearray(whole)
        for _ in range(generator.integers(1, 6)):
            fuzzed[generator.integers(0, 60)] = generator.integers(0, 256)
        path.write_bytes(fuzzed)
        try:
            sound = read_audio(path)
        except AudioError as error:
            assert "\n" not in str(error)
        else:
            assert sound.size > 0


@pytest.mark.parametrize("missing_bytes", [1, 2, 1_000, 20_000])
def test_a_wav_whose_sound_is_cut_short_is_called_truncated(write, missing_bytes):
    path = write(tone())
    path.write_bytes(path.read_bytes()[:-missing_bytes])
    assert f"truncated: {missing_bytes} of its 32000 bytes" in refusal(path)


@pytest.mark.parametrize("name", ["sound.aiff", "sound.flac"])
def test_other_containers_cut_short_are_refused_too(write, name):
    path = write(tone(), name=name)
    path.write_bytes(path.read_bytes()[:-5_000])
    assert "truncated" in refusal(path) or "damaged" in refusal(path)


@pytest.mark.parametrize("size", [0xFFFF_FFFF, 0x7FFF_FFFF, 0x7FFF_F000])
def test_a_wav_that_was_streamed_and_does_not_know_its_length_is_read_to_its_end(write, size):
    path = write(tone())
    content = bytearray(path.read_bytes())
    at = content.index(b"data") + 4
    content[at : at + 4] = struct.pack("<I", size)
    path.write_bytes(content)
    assert len(read_audio(path)) == 16_000


def test_chunks_around_the_sound_are_no_truncation(write):
    path = write(tone())
    content = path.read_bytes()
    at = content.index(b"data")
    extra = b"LIST" + struct.pack("<I", 5) + b"INFOx\0"
    path.write_bytes(content[:at] + extra + content[at:] + extra)
    assert len(read_audio(path)) == 16_000


def test_a_large_file_container_is_read_and_its_truncation_seen(write):
    path = write(tone(), format="RF64", name="large.wav")
    assert len(read_audio(path)) == 16_000
    path.write_bytes(path.read_bytes()[:-100])
    assert "truncated" in refusal(path)


def test_a_header_without_samples(write):
    assert "no sound" in refusal(write(np.zeros(0)))


@pytest.mark.parametrize("rate_hz", [1, 999, 2_000_000_000])
def test_an_impossible_rate(write, rate_hz):
    path = write(tone())
    content = bytearray(path.read_bytes())
    content[24:28] = struct.pack("<I", rate_hz)
    path.write_bytes(content)
    assert "samples a second" in refusal(path)


def test_a_recording_that_is_too_long_is_refused_by_its_header(write, monkeypatch):
    monkeypatch.setattr(audio_file, "MAX_DURATION_S", 3_600)
    path = write(np.zeros(3_601 * 1_000, np.int16), 1_000)
    assert "longer than 1 hours" in refusal(path)


def test_a_recording_that_hides_its_length_is_refused_while_reading(write, monkeypatch):
    monkeypatch.setattr(audio_file, "MAX_DURATION_S", 0)
    monkeypatch.setattr(audio_file, "_check_header", lambda path, sound: None)
    assert "longer than" in refusal(write(tone(seconds=30)))


class Listener:
    def __init__(self):
        self.blocks, self.ends, self.threads = [], [], set()
        self.ended = threading.Event()

    def on_block(self, block):
        self.blocks.append(block)
        self.threads.add(threading.current_thread())

    def on_end(self, error):
        self.ends.append(error)
        self.threads.add(threading.current_thread())
        self.ended.set()


def test_a_file_source_delivers_the_whole_file_in_short_blocks_and_then_ends(write):
    path = write(tone(44_100, seconds=1.23), 44_100)
    listener, source = Listener(), FileSource(path, realtime=False)
    source.start(listener.on_block, listener.on_end)
    assert listener.ended.wait(30)
    assert np.array_equal(np.concatenate(listener.blocks), read_audio(path))
    assert all(160 <= len(block) <= 960 for block in listener.blocks[:-1])
    assert listener.ends == [None]
    assert threading.current_thread() not in listener.threads
    assert source.description == "sound.wav"
    source.stop()
    source.stop()
    assert listener.ends == [None]


def test_a_file_source_in_real_time_is_no_faster_than_speech(write):
    listener, source = Listener(), FileSource(write(tone(seconds=0.5)))
    began_s = time.monotonic()
    source.start(listener.on_block, listener.on_end)
    assert listener.ended.wait(30)
    assert time.monotonic() - began_s >= 0.5
    assert sum(map(len, listener.blocks)) == 8_000


def test_a_file_source_that_is_stopped_says_nothing_more(write):
    listener, source = Listener(), FileSource(write(tone(seconds=60)))
    source.start(listener.on_block, listener.on_end)
    while not listener.blocks:
        time.sleep(0.005)
    source.stop()
    heard = len(listener.blocks)
    time.sleep(0.15)
    assert len(listener.blocks) == heard
    assert listener.ends == []


def test_a_file_source_may_be_stopped_from_its_own_callback(write):
    listener = Listener()
    source = FileSource(write(tone(seconds=5)), realtime=False)

    def stop_at_once(block):
        listener.on_block(block)
        source.stop()

    source.start(stop_at_once, listener.on_end)
    source.stop()
    assert len(listener.blocks) <= 1
    assert listener.ends == []


def test_a_file_source_reports_a_bad_file_through_its_end(tmp_path):
    listener, source = Listener(), FileSource(tmp_path / "nothing.wav")
    source.start(listener.on_block, listener.on_end)
    assert listener.ended.wait(30)
    assert isinstance(listener.ends[0], AudioError)
    assert listener.blocks == []


def test_a_file_that_plays_cannot_be_started_again(write):
    source = FileSource(write(tone(seconds=2.0)))
    source.start(lambda block: None, lambda error: None)
    with pytest.raises(RuntimeError):
        source.start(lambda block: None, lambda error: None)
    source.stop()


@pytest.mark.parametrize("realtime", [True, False])
def test_a_file_goes_on_where_it_was_stopped(write, realtime):
    path = write(tone(seconds=1.5))
    source, heard = FileSource(path, realtime), []
    for _ in range(200):
        ended, few, begun = threading.Event(), threading.Event(), len(heard)

        def take(block, few=few, begun=begun):
            heard.append(block)
            if len(heard) > begun + 5:
                few.set()

        source.start(take, lambda error, ended=ended, few=few: (ended.set(), few.set()))
        assert few.wait(30)
        source.stop()
        if ended.is_set():
            break
    assert ended.is_set()
    assert np.array_equal(np.concatenate(heard), read_audio(path))


def test_stopping_a_file_source_that_never_started_is_nothing(tmp_path):
    FileSource(tmp_path / "x.wav").stop()
