"""A real PulseAudio plays into its own microphone; PortAudio records it."""

import itertools
import os
import threading
import time

import numpy as np
import pytest
import soundfile

from dictate.audio import recorder
from dictate.audio.file import read_audio
from dictate.audio.microphone import Microphone, input_devices
from dictate.audio.source import AudioError
from dictate.vad import split_speech
from tests.rigs.microphone import VirtualMicrophone, missing_microphone
from tests.rigs.speech import missing_speech, speak

pytestmark = pytest.mark.skipif(
    missing_microphone() is not None, reason=missing_microphone() or "PulseAudio"
)


@pytest.fixture(scope="module")
def shared_rig():
    with VirtualMicrophone() as rig:
        yield rig


@pytest.fixture
def rig(shared_rig, monkeypatch):
    for name, value in shared_rig.env.items():
        monkeypatch.setenv(name, value)
    return shared_rig


@pytest.fixture
def own_rig(monkeypatch):
    """For tests that take the microphone away."""
    with VirtualMicrophone() as rig:
        for name, value in rig.env.items():
            monkeypatch.setenv(name, value)
        yield rig


@pytest.fixture
def microphone():
    """Makes microphones and closes them all."""
    made = []

    def make(*args, **options):
        made.append(Microphone(*args, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


class Listener:
    def __init__(self):
        self.blocks, self.ends = [], []
        self.began, self.ended = threading.Event(), threading.Event()

    def on_block(self, block):
        assert block.dtype == np.int16
        self.blocks.append(block)
        self.began.set()

    def on_end(self, error):
        self.ends.append(error)
        self.ended.set()

    def start(self, source):
        source.start(self.on_block, self.on_end)
        return self

    @property
    def sound(self):
        return np.concatenate([*self.blocks, np.zeros(0, np.int16)]).astype(float)

    @property
    def played(self):
        """The sound from the first sample on that is louder than the room's noise."""
        sound = self.sound
        loud = np.flatnonzero(np.abs(sound) > 1_000)
        return sound[loud[0] if loud.size else len(sound) :]


def wait_until(condition, timeout_s=30.0):
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline_s, "waited in vain"
        time.sleep(0.01)


def place_of(piece, sound):
    """Offset of `piece` in `sound`, and how well it fits there (1.0: the same)."""
    size = 1 << (len(piece) + len(sound)).bit_length()
    product = np.fft.irfft(np.fft.rfft(sound, size) * np.conj(np.fft.rfft(piece, size)), size)
    offset = int(np.argmax(product[: max(1, len(sound) - len(piece) + 1)]))
    there = sound[offset : offset + len(piece)]
    return offset, float(product[offset] / (np.linalg.norm(there) * np.linalg.norm(piece) + 1e-9))


@pytest.fixture(scope="module")
def long_noise(tmp_path_factory):
    """Twelve seconds that repeat nowhere, below 3 kHz so that no resampler matters."""
    spectrum = np.fft.rfft(np.random.default_rng(7).normal(0, 1, 12 * 16_000))
    spectrum[3_000 * 12 :] = 0
    sound = np.fft.irfft(spectrum)
    path = tmp_path_factory.mktemp("noise") / "noise.wav"
    soundfile.write(path, 0.25 * sound / np.abs(sound).max(), 16_000)
    return path


def test_the_microphone_is_listed_as_the_default_one(rig):
    devices = input_devices()
    assert [device.name for device in devices if device.is_default] == ["default"]
    assert "headset" in [device.name for device in devices]
    assert all(device.native_rate_hz > 0 and device.channels > 0 for device in devices)


@pytest.mark.skipif(missing_speech() is not None, reason=missing_speech() or "espeak-ng")
@pytest.mark.parametrize("device", [None, "headset", "HEAD"])
def test_what_is_spoken_is_found_in_the_capture_sample_by_sample(rig, microphone, device, tmp_path):
    spoken = speak("rename the function get user", tmp_path / "spoken.wav")
    source = microphone(device)
    listener = Listener().start(source)
    assert listener.began.wait(30)
    assert source.description == ("default" if device is None else "headset")
    rig.play(spoken)
    played = read_audio(spoken).astype(float)
    wait_until(lambda: place_of(played, listener.sound)[1] > 0.97)
    source.stop()
    offset, fit = place_of(played, listener.sound)
    assert fit > 0.97
    assert offset > 0
    assert len(split_speech(listener.sound.astype(np.int16))) == 1
    assert listener.ends == []
    assert all(len(block) <= 960 for block in listener.blocks)
    assert all(len(block) >= 160 for block in listener.blocks[:-1])


@pytest.fixture
def opening(monkeypatch):
    """The device is opened only when this is set."""
    go_on = threading.Event()
    open_stream = recorder.open_stream

    def wait(*given):
        go_on.wait(30)
        return open_stream(*given)

    monkeypatch.setattr(recorder, "open_stream", wait)
    yield go_on
    go_on.set()


def test_starting_returns_before_the_device_is_open_and_sound_is_as_long_as_the_time(
    rig, microphone, opening
):
    source = microphone()
    listener = Listener().start(source)
    opened_s = time.monotonic()
    opening.set()
    assert listener.began.wait(30)
    first_s = time.monotonic()
    time.sleep(2.0)
    last_s = time.monotonic()
    source.stop()
    sound_s = len(listener.sound) / 16_000
    assert last_s - first_s - 0.4 <= sound_s <= time.monotonic() - opened_s + 0.4


def test_a_warm_start_begins_at_once_with_what_was_heard_just_before(rig, microphone, long_noise):
    source = microphone(keep_open_s=60)
    listener = Listener().start(source)
    assert listener.began.wait(30)
    player = rig.play(long_noise, wait=False)
    wait_until(lambda: len(listener.played))
    source.stop()
    time.sleep(1.0)
    second = Listener().start(source)
    assert second.began.wait(30)
    source.stop()
    player.kill()
    player.wait()
    assert len(second.sound) >= 0.45 * 16_000, "the pre-roll alone"
    _, fit = place_of(second.sound, read_audio(long_noise).astype(float))
    assert fit > 0.97, "and it is what was played just before"


def test_who_takes_the_sound_slowly_loses_none_and_not_the_microphone(rig, microphone, long_noise):
    source = microphone()
    listener = Listener()
    take = listener.on_block

    def slowly(block):
        if len(listener.blocks) in (5, 30):
            time.sleep(1.4)
        take(block)

    player = rig.play(long_noise, wait=False)
    source.start(slowly, listener.on_end)
    wait_until(lambda: listener.ends or len(listener.played) > 3 * 16_000)
    source.stop()
    player.kill()
    player.wait()
    assert listener.ends == []
    _, fit = place_of(listener.played, read_audio(long_noise).astype(float))
    assert fit > 0.97


def test_no_sample_is_delivered_twice_and_none_is_lost_between_two_captures(
    rig, microphone, long_noise, monkeypatch
):
    monkeypatch.setattr(recorder, "PRE_ROLL_MS", 1_500)  # far more than the short pauses take
    source = microphone(keep_open_s=60)
    first = Listener().start(source)
    player = rig.play(long_noise, wait=False)
    wait_until(lambda: len(first.played))
    source.stop()
    captures = []
    for pause_s in (0.0, 0.1, 0.2, 2.0, 0.05):
        time.sleep(pause_s)
        listener = Listener().start(source)
        assert listener.began.wait(30)
        time.sleep(0.6)
        source.stop()
        captures.append((pause_s, listener.sound))
    player.kill()
    player.wait()
    reference = read_audio(long_noise).astype(float)
    places = []
    for pause_s, sound in captures:
        offset, fit = place_of(sound, reference)
        assert fit > 0.95
        places.append((pause_s, offset, offset + len(sound)))
    for (_, _, end), (pause_s, start, _) in itertools.pairwise(places):
        assert start - end >= -16, "1 ms: the filters of both captures reach over the edge"
        if pause_s < 0.4:
            assert start - end <= 32, "the pre-roll holds the whole pause"


def test_the_device_is_given_back_when_nobody_needs_it(rig, microphone):
    source = microphone()
    Listener().start(source).began.wait(30)
    assert rig.recorders() == 1
    source.stop()
    wait_until(lambda: rig.recorders() == 0)


def test_the_device_stays_open_for_as_long_as_it_was_asked_to_and_close_ends_it(rig, microphone):
    source = microphone(keep_open_s=2.0)
    Listener().start(source).began.wait(30)
    stopped_s = time.monotonic()
    source.stop()
    wait_until(lambda: rig.recorders() == 0)
    assert time.monotonic() - stopped_s >= 2.0
    other = microphone(keep_open_s=60)
    Listener().start(other).began.wait(30)
    other.stop()
    time.sleep(0.5)
    assert rig.recorders() == 1
    other.close()
    wait_until(lambda: rig.recorders() == 0)
    assert Listener().start(other).began.wait(30), "a closed microphone can be started again"


def test_restarting_without_keeping_it_open_works_again_and_again(rig, microphone):
    source = microphone()
    for _ in range(4):
        listener = Listener().start(source)
        assert listener.began.wait(30)
        source.stop()
        assert listener.ends == []
    wait_until(lambda: rig.recorders() == 0)


def test_stopping_while_the_device_is_being_opened_returns_at_once_and_for_good(
    rig, microphone, opening
):
    source = microphone()
    listener = Listener().start(source)
    source.stop()
    source.stop()
    opening.set()
    time.sleep(0.5)
    assert (listener.blocks, listener.ends) == ([], [])
    assert Listener().start(source).began.wait(30)


def test_nothing_is_delivered_after_stop_returned(rig, microphone):
    source = microphone(keep_open_s=5)
    for _ in range(10):
        listener = Listener().start(source)
        listener.began.wait(30)
        source.stop()
        heard = len(listener.blocks)
        time.sleep(0.05)
        assert len(listener.blocks) == heard


def test_a_capture_may_be_stopped_from_its_own_callback(rig, microphone):
    source, listener = microphone(), Listener()

    def stop_at_once(block):
        listener.on_block(block)
        source.stop()

    source.start(stop_at_once, listener.on_end)
    assert listener.began.wait(30)
    wait_until(lambda: rig.recorders() == 0)
    assert listener.ends == []
    assert Listener().start(source).began.wait(30)


def test_a_second_start_is_refused_while_the_first_one_runs(rig, microphone):
    source = microphone()
    Listener().start(source).began.wait(30)
    with pytest.raises(RuntimeError, match="stop it first"):
        Listener().start(source)


def test_a_callback_that_fails_blocks_nobody(rig, microphone, monkeypatch):
    monkeypatch.setattr(threading, "excepthook", lambda args: None)
    source = microphone()
    failed = threading.Event()

    def fail(block):
        failed.set()
        raise RuntimeError("a fault of the listener")

    source.start(fail, lambda error: None)
    assert failed.wait(30)
    source.stop()
    wait_until(lambda: rig.recorders() == 0)
    assert Listener().start(source).began.wait(30)


def test_an_unknown_microphone_is_told_with_the_names_there_are(rig, microphone):
    source = microphone("no such thing")
    listener = Listener().start(source)
    assert listener.ended.wait(30)
    source.stop()
    assert isinstance(listener.ends[0], AudioError)
    assert '"headset"' in str(listener.ends[0])
    assert (len(listener.ends), listener.blocks) == (1, [])


def test_listing_the_devices_does_not_disturb_a_capture(rig, microphone):
    source = microphone()
    listener = Listener().start(source)
    assert listener.began.wait(30)
    assert "default" in [device.name for device in input_devices()]
    heard = len(listener.blocks)
    wait_until(lambda: len(listener.blocks) > heard + 5)
    source.stop()
    assert listener.ends == []


def test_a_microphone_taken_away_ends_the_capture_with_what_was_said_kept(own_rig, microphone):
    source = microphone(keep_open_s=5)
    listener = Listener().start(source)
    wait_until(lambda: len(listener.sound) > 0.3 * 16_000)
    own_rig.unplug()
    assert listener.ended.wait(30)
    assert isinstance(listener.ends[0], AudioError)
    assert "is gone" in str(listener.ends[0])
    assert "\n" not in str(listener.ends[0])
    assert len(listener.sound) > 0.3 * 16_000
    source.stop()
    missing = Listener().start(source)
    assert missing.ended.wait(30), "there is none to open now"
    assert isinstance(missing.ends[0], AudioError)
    own_rig.plug()
    assert Listener().start(source).began.wait(30), "it is back, and works again"


def test_a_microphone_lost_between_two_captures_is_opened_anew(own_rig, microphone):
    source = microphone(keep_open_s=30)
    Listener().start(source).began.wait(30)
    source.stop()
    own_rig.unplug()
    own_rig.plug()
    wait_until(lambda: not source._recorder._thread.is_alive())  # it has noticed
    listener = Listener().start(source)
    assert listener.began.wait(30)
    assert listener.ends == []


def test_listening_begins_with_real_sound_and_not_with_exact_zeros(
    microphone, monkeypatch, tmp_path
):
    tone = np.sin(np.arange(8_000) * 0.3) * 0.3
    soundfile.write(tmp_path / "tone.wav", tone, 16_000)
    with VirtualMicrophone(noise=False) as rig:
        for name, value in rig.env.items():
            monkeypatch.setenv(name, value)
        meant_after_s = recorder._ZEROS_COUNT_AFTER_S
        monkeypatch.setattr(recorder, "_ZEROS_COUNT_AFTER_S", 600.0)
        source = microphone()
        listener = Listener().start(source)
        assert not listener.began.wait(1.2), "a Bluetooth headset that does not work yet"
        rig.play(tmp_path / "tone.wav")
        assert listener.began.wait(30)
        wait_until(lambda: len(listener.played) > len(tone))
        source.stop()
        _, fit = place_of(32_768 * tone, listener.sound)
        assert fit > 0.97, "the first sound is there from its beginning"

        monkeypatch.setattr(recorder, "_ZEROS_COUNT_AFTER_S", meant_after_s)
        muted = Listener().start(microphone())
        assert muted.began.wait(30), "zeros that never end are a muted microphone"
        source.close()


@pytest.mark.skipif(not hasattr(os, "kill"), reason="this system has no signals")
def test_a_sound_server_that_dies_ends_the_capture(own_rig, microphone):
    source = microphone()
    listener = Listener().start(source)
    assert listener.began.wait(30)
    own_rig.kill_server()
    assert listener.ended.wait(30)
    assert isinstance(listener.ends[0], AudioError)
