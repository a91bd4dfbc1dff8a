"""The microphone: native rate in, 16 kHz out, on a thread of its own.

PortAudio's callback copies bytes into a queue and does nothing else. One worker thread opens the
stream, takes sound and commands from that queue in their true order, converts, and calls back. The
stream may stay open between two dictations, so that the next begins with what was said just before.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from dictate.audio.devices import InputDevice, input_devices
from dictate.audio.recorder import Capture, Recorder

if TYPE_CHECKING:
    from dictate.audio.source import OnBlock, OnEnd

__all__ = ["InputDevice", "Microphone", "input_devices"]


class Microphone:
    """An `AudioSource` that may be started and stopped again and again, one capture at a time."""

    def __init__(self, device: str | None = None, keep_open_s: float = 0.0) -> None:
        """Choose the microphone; nothing is opened before `start`.

        Args:
            device: a name or a part of one, or None for what is the default when it is opened.
            keep_open_s: how long the device stays open after `stop`. A `start` within this time
                begins at once and with up to 500 ms of what was heard before, never with sound
                that an earlier capture had.
        """
        self._device = device
        self._keep_open_s = keep_open_s
        self._lock = threading.Lock()
        self._recorder = Recorder(device, keep_open_s)
        self._capture: Capture | None = None

    @property
    def description(self) -> str:
        """The device's name, once it was opened."""
        return self._recorder.description

    def start(self, on_block: OnBlock, on_end: OnEnd) -> None:
        """Begin; see `AudioSource.start`.

        The first block comes when the device delivers real sound: a Bluetooth headset sends exact
        zeros for up to three seconds, and after so long zeros are taken for meant (a muted
        microphone). No microphone, an unknown name or a lost device are told through `on_end`.

        Raises:
            RuntimeError: a capture is running.
        """
        capture = Capture(on_block, on_end)
        with self._lock:
            if self._capture is not None and not self._capture.ended.is_set():
                raise RuntimeError("this microphone is capturing: stop it first")
            self._capture = capture
            if not self._recorder.serve(capture):
                self._recorder = Recorder(self._device, self._keep_open_s, after=self._recorder)
                self._recorder.serve(capture)

    def stop(self) -> None:
        """End the capture; see `AudioSource.stop`."""
        with self._lock:
            recorder, capture = self._recorder, self._capture
        if capture is not None and not capture.ended.is_set():
            recorder.stop(capture)

    def close(self) -> None:
        """Give the device back at once, whatever `keep_open_s` says; stops a running capture.

        The microphone can be started again afterwards.
        """
        self.stop()
        self._recorder.close()
