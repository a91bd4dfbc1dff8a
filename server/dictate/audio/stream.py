"""One open PortAudio stream: its callback copies bytes into a queue, and that is all it does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dictate.audio.devices import (
    PORTAUDIO_LOCK,
    devices_to_open,
    find_device,
    load_sounddevice,
    resolved_device,
    stream_closed,
    stream_opened,
)
from dictate.audio.source import AudioError

if TYPE_CHECKING:
    from collections.abc import Callable
    from ctypes import Array, c_char
    from types import ModuleType

    import numpy as np
    from numpy.typing import NDArray

    from dictate.audio.devices import InputDevice

_LOCK_TIMEOUT_S = 8.0


class InputStream:
    """A running stream of float32 frames at the device's native rate."""

    def __init__(self, device: InputDevice, channels: int, take: Callable[[bytes], None]) -> None:
        """Open and start; see `open_stream`."""
        self.device = device
        self.overflows = 0
        self._channels = channels
        self._take = take
        self._stream: Any = load_sounddevice().RawInputStream(
            samplerate=device.native_rate_hz,
            device=device.index,
            channels=channels,
            dtype="float32",
            latency="low",
            callback=self._on_sound,
        )
        try:
            self._stream.start()
        except BaseException:
            self._stream.close()
            raise
        stream_opened(self)

    @property
    def is_active(self) -> bool:
        """PortAudio still runs the stream; it is the last to know of a lost device."""
        return bool(self._stream.active)

    @property
    def bytes_per_second(self) -> float:
        """Size of one second of raw sound."""
        return self.device.native_rate_hz * self._channels * 4

    def frames(self, raw: bytes | bytearray) -> NDArray[np.float32]:
        """Read what the callback copied: float32[n, channels]."""
        import numpy as np

        return np.frombuffer(raw, np.float32).reshape(-1, self._channels)

    def close(self) -> None:
        """Stop at once and give the device back."""
        with PORTAUDIO_LOCK:
            try:
                self._stream.abort(ignore_errors=True)
                self._stream.close(ignore_errors=True)
            finally:
                stream_closed(self)

    def _on_sound(self, raw: Array[c_char], _frames: int, _time: object, status: object) -> None:
        self._take(bytes(raw))
        if status:
            self.overflows += 1


def open_stream(name: str | None, take: Callable[[bytes], None]) -> InputStream:
    """Find the microphone by its name, as the devices are now, and start to record.

    Args:
        name: as for `find_device`.
        take: called on PortAudio's thread with raw sound; it must return at once.

    Raises:
        AudioError: no such device, or it does not open.
    """
    if not PORTAUDIO_LOCK.acquire(timeout=_LOCK_TIMEOUT_S):
        raise AudioError("the sound system does not answer: restart the editor, then try again")
    try:
        device = resolved_device(name)
        if device is not None:
            stream = _try(load_sounddevice(), device, device.channels, take)
            if isinstance(stream, InputStream):
                return stream
        device = find_device(devices_to_open(), name)
        return _open(load_sounddevice(), device, take)
    finally:
        PORTAUDIO_LOCK.release()


def _open(
    sounddevice: ModuleType, device: InputDevice, take: Callable[[bytes], None]
) -> InputStream:
    """Open with all channels, or with as few as the driver insists on."""
    failure: Exception | None = None
    for channels in dict.fromkeys((device.channels, 1, 2)):
        stream = _try(sounddevice, device, channels, take)
        if isinstance(stream, InputStream):
            return stream
        failure = failure or stream
    raise AudioError(
        f'the microphone "{device.name}" does not open ({_reason(failure)}): connect it, close '
        "other programs that record, or choose another"
    ) from failure


def _try(
    sounddevice: ModuleType, device: InputDevice, channels: int, take: Callable[[bytes], None]
) -> InputStream | Exception:
    try:
        return InputStream(device, channels, take)
    except (sounddevice.PortAudioError, ValueError) as error:
        failure: Exception = error
        return failure


def _reason(failure: Exception | None) -> str:
    """PortAudio's own words, on one line, without the name of the Python class."""
    text = str(failure.args[0]) if failure is not None and failure.args else str(failure)
    return " ".join(text.removeprefix("Error opening RawInputStream: ").split())
