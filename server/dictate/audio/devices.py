"""Which microphones there are, now.

PortAudio reads its device list once, when it is initialised. It is initialised again here before
every look, which must not happen while one of our streams is open: then a child process looks.
All calls that change PortAudio's state are made under `PORTAUDIO_LOCK`.
"""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dictate.audio.source import AudioError

if TYPE_CHECKING:
    from types import ModuleType

PORTAUDIO_LOCK = threading.RLock()
"""Held while a stream is opened or closed and while the device list is read."""

_open_streams: set[int] = set()
_CHILD_TIMEOUT_S = 10.0
_RESOLVED_NAMES = frozenset({"default", "pulse", "pipewire"})
"""What these mean in ALSA is found out when they are opened."""
_WIDEST_REAL_CHANNELS = 16  # sound servers offer 32 or more channels and mix down by themselves


@dataclass(frozen=True)
class InputDevice:
    """A microphone as PortAudio knows it.

    Attributes:
        name: what the user selects it by.
        is_default: the system would choose this one.
        native_rate_hz: the rate it is recorded at.
        channels: how many it is opened with.
        index: its place in PortAudio's list, good until that is read again.
    """

    name: str
    is_default: bool
    native_rate_hz: float
    channels: int
    index: int


def input_devices() -> list[InputDevice]:
    """List the microphones there are now, also those plugged in since the last look.

    Raises:
        AudioError: PortAudio itself is missing or broken.
    """
    with PORTAUDIO_LOCK:
        if not _open_streams:
            return devices_to_open()
    import json
    import subprocess

    command = [sys.executable, "-c", "from dictate.audio import devices; devices.print_devices()"]
    try:
        child = subprocess.run(
            command,
            check=True,
            capture_output=True,
            timeout=_CHILD_TIMEOUT_S,
            stdin=subprocess.DEVNULL,
        )
        return [InputDevice(**fields) for fields in json.loads(child.stdout)]
    except (OSError, subprocess.SubprocessError, ValueError, TypeError):
        # The list as it was when recording began is the best that is left.
        with PORTAUDIO_LOCK:
            return devices_to_open()


def devices_to_open() -> list[InputDevice]:
    """List the microphones with the `index` each has in this process; for `PORTAUDIO_LOCK` holders.

    As fresh as can be: with one of our streams open, the list is as old as that stream.

    Raises:
        AudioError: PortAudio itself is missing or broken.
    """
    sounddevice = load_sounddevice()
    if not _open_streams:
        try:
            sounddevice._terminate()
            sounddevice._initialize()
        except sounddevice.PortAudioError as error:
            raise AudioError(
                f"PortAudio does not start ({error}): check the sound system"
            ) from error
    return _listed(sounddevice)


def resolved_device(name: str | None) -> InputDevice | None:
    """The default microphone, if it is a name that the system resolves when it is opened.

    It needs no fresh list, which takes 40 to 70 ms. For holders of `PORTAUDIO_LOCK`.

    Args:
        name: as for `find_device`.

    Returns:
        None where the list has to be read anew: the default is a piece of hardware, or another
        microphone is wanted.

    Raises:
        AudioError: PortAudio itself is missing or broken.
    """
    sounddevice = load_sounddevice()
    try:
        listed = _listed(sounddevice)
    except sounddevice.PortAudioError:
        return None
    for device in listed:
        is_resolved = device.name in _RESOLVED_NAMES and sys.platform == "linux"
        if device.is_default and is_resolved and name in (None, device.name):
            return device
    return None


def print_devices() -> None:
    """Write the list as JSON to standard output: what the child process is for."""
    import json
    from dataclasses import asdict

    sys.stdout.write(json.dumps([asdict(device) for device in input_devices()]))


def find_device(devices: list[InputDevice], name: str | None) -> InputDevice:
    """Choose a microphone.

    Args:
        devices: as `input_devices` returned them.
        name: None for the system's default, else a name or a part of one, in any case.

    Raises:
        AudioError: there is none, or none of this name, or several that it could mean; the message
            says which there are.
    """
    if not devices:
        raise AudioError("no microphone found: connect one and allow its use, then try again")
    if name is None:
        return next((device for device in devices if device.is_default), devices[0])
    wanted = name.casefold()
    for matches in (
        [device for device in devices if device.name == name],
        [device for device in devices if device.name.casefold() == wanted],
        [device for device in devices if wanted in device.name.casefold()],
    ):
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise AudioError(
                f'"{name}" could be several microphones: choose one of {_names(matches)}'
            )
    raise AudioError(f'no microphone "{name}": choose one of {_names(devices)}')


def stream_opened(stream: object) -> None:
    """Note that `stream` is open, so that PortAudio is not initialised again meanwhile."""
    _open_streams.add(id(stream))


def stream_closed(stream: object) -> None:
    """Note that `stream` is closed."""
    _open_streams.discard(id(stream))


def load_sounddevice() -> ModuleType:
    """Import sounddevice, which initialises PortAudio.

    Raises:
        AudioError: the PortAudio library is not installed, or does not start.
    """
    try:
        import sounddevice
    except OSError as error:
        raise AudioError(
            "the PortAudio library is missing: install it (Debian and Ubuntu: "
            "apt-get install libportaudio2), then try again"
        ) from error
    except Exception as error:  # its PortAudioError cannot be named before the import succeeded
        if type(error).__name__ != "PortAudioError":
            raise
        raise AudioError(f"PortAudio does not start ({error}): check the sound system") from error
    module: ModuleType = sounddevice
    return module


def _listed(sounddevice: ModuleType) -> list[InputDevice]:
    """The microphones of the host interface to use, each name once."""
    interfaces = sounddevice.query_hostapis()
    chosen = _interface(interfaces, sounddevice.default.hostapi)
    default_index = interfaces[chosen]["default_input_device"] if chosen is not None else -1
    found: dict[str, InputDevice] = {}
    for index, device in enumerate(sounddevice.query_devices()):
        if device["max_input_channels"] < 1 or device["hostapi"] != chosen:
            continue
        entry = InputDevice(
            name=device["name"],
            is_default=index == default_index,
            native_rate_hz=device["default_samplerate"],
            channels=_channels(device["max_input_channels"]),
            index=index,
        )
        if entry.name not in found or entry.is_default:
            found[entry.name] = entry
    return list(found.values())


def _interface(interfaces: tuple[dict[str, Any], ...], default: int) -> int | None:
    """Index of the host interface: WASAPI on Windows, where the default one cuts names off."""
    for index, interface in enumerate(interfaces):
        if interface["name"] == "Windows WASAPI":
            return index
    if default >= 0 and interfaces[default]["default_input_device"] >= 0:
        return default
    with_input = (i for i, entry in enumerate(interfaces) if entry["default_input_device"] >= 0)
    return next(with_input, default if default >= 0 else None)


def _channels(max_channels: int) -> int:
    """All channels of a sound card, since the microphone may be on any; one of a sound server."""
    return max_channels if max_channels <= _WIDEST_REAL_CHANNELS else 1


def _names(devices: list[InputDevice]) -> str:
    return ", ".join(f'"{device.name}"' for device in devices)
