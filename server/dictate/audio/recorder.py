"""The thread behind a microphone: opens it, converts its sound, serves one capture at a time.

Raw sound and commands come through one queue, so that "stop" stands exactly behind the last sound
captured before it. Between captures, while the stream stays open, the last moments are kept; they
begin the next capture and belong to no other, since each one ends with the resampler flushed.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from typing import TYPE_CHECKING

from dictate.audio.blocks import BlockCutter, PreRoll
from dictate.audio.devices import input_devices
from dictate.audio.format import mix_down, samples_of_ms
from dictate.audio.resample import StreamResampler
from dictate.audio.source import AudioError
from dictate.audio.stream import InputStream, open_stream

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dictate.audio.source import OnBlock, OnEnd

_logger = logging.getLogger(__name__)

PRE_ROLL_MS = 500
_BATCH_S = 0.01  # sound servers deliver a few milliseconds at a time
_TICK_S = 0.2
_LOST_AFTER_S = 1.0
_FIRST_SOUND_WITHIN_S = 8.0
_ZEROS_COUNT_AFTER_S = 3.0  # Bluetooth sends exact zeros for so long before it works
_LOOK_AFTER_ZEROS_S = 2.0  # some systems report a lost device as exact zeros


class Capture:
    """One request for sound, from `start` to `stop`."""

    def __init__(self, on_block: OnBlock, on_end: OnEnd) -> None:
        self.on_block = on_block
        self.on_end = on_end
        self.ended = threading.Event()
        self.is_served = False
        self.is_live = False
        self.has_begun = False


class _Stop:
    """Command: end this capture, if it still runs."""

    def __init__(self, capture: Capture) -> None:
        self.capture = capture


class _Close:
    """Command: end everything."""


class _Gone:
    """Report: the device is no longer in the system's list."""


class Recorder:
    """Serves captures from one open stream until it is closed, lost, or not needed any longer."""

    def __init__(
        self, device: str | None, keep_open_s: float, after: Recorder | None = None
    ) -> None:
        """Nothing is opened before the first `serve`.

        Args:
            device: as for `find_device`.
            keep_open_s: how long the stream stays open without a capture.
            after: gives its device back first; many devices open for one stream at a time only.
        """
        self._after = after
        self.description = device or "default microphone"
        self._device = device
        self._keep_open_s = keep_open_s
        self._queue: queue.SimpleQueue[bytes | Capture | _Stop | _Close | _Gone] = (
            queue.SimpleQueue()
        )
        self._lock = threading.Lock()
        self._accepts = True
        self._thread = threading.Thread(target=self._run, name="dictate-microphone", daemon=True)
        self._waiting: list[Capture] = []
        self._capture: Capture | None = None
        self._raw = bytearray()
        self._pre_roll = PreRoll(samples_of_ms(PRE_ROLL_MS))
        self._cutter = BlockCutter()
        self._idle_since_s = self._last_sound_s = self._zeros_since_s = 0.0
        self._has_sound = False
        self._has_looked = False

    def serve(self, capture: Capture) -> bool:
        """Begin to deliver to `capture`; False when this recorder is past serving."""
        with self._lock:
            if not self._accepts:
                return False
            self._waiting.append(capture)
            self._queue.put(capture)
            if not self._thread.is_alive():
                self._thread.start()
            return True

    def stop(self, capture: Capture) -> None:
        """End `capture`: return when everything captured so far was delivered."""
        with self._lock:
            if not capture.is_served:
                # The device is still being opened, which may take seconds: nothing to wait for.
                capture.ended.set()
                return
        self._queue.put(_Stop(capture))
        if threading.current_thread() is not self._thread:
            capture.ended.wait()

    def close(self) -> None:
        """Give the device back; a capture that runs is ended as by `stop`."""
        with self._lock:
            self._accepts = False
        self._queue.put(_Close())
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(timeout=5.0)

    def _run(self) -> None:
        stream: InputStream | None = None
        try:
            if self._after is not None:
                self._after.close()
                self._after = None
            stream = open_stream(self._device, self._queue.put)
            self.description = stream.device.name
            self._resampler = StreamResampler(stream.device.native_rate_hz)
            self._idle_since_s = self._last_sound_s = self._zeros_since_s = time.monotonic()
            self._serve_until_done(stream)
        except AudioError as error:
            self._fail(error)
        finally:
            with self._lock:
                self._accepts = False
            self._end_all()
            if stream is not None:
                if stream.overflows:
                    _logger.warning("sound was lost %d times: busy machine", stream.overflows)
                stream.close()

    def _serve_until_done(self, stream: InputStream) -> None:
        """Work through the queue; return when nobody needs the stream any longer."""
        while True:
            try:
                item = self._queue.get(timeout=_TICK_S)
            except queue.Empty:
                item = b""
            if isinstance(item, bytes):
                self._raw += item
                if item:
                    self._last_sound_s = time.monotonic()
                if len(self._raw) >= _BATCH_S * stream.bytes_per_second:
                    self._take(stream)
            else:
                self._take(stream)
                if isinstance(item, Capture):
                    self._begin(item)
                elif isinstance(item, _Gone):
                    raise self._lost()
                elif isinstance(item, _Close):
                    self._end()
                    return
                elif item.capture is self._capture:
                    self._end()
            if self._is_over(stream):
                return

    def _take(self, stream: InputStream) -> None:
        """Convert the raw sound collected so far and pass it on."""
        if not self._raw:
            return
        frames = stream.frames(self._raw)
        if frames.any():
            self._has_sound = True
            self._zeros_since_s = time.monotonic()
        sound = self._resampler.feed(mix_down(frames))
        self._raw = bytearray()
        capture = self._capture
        if capture is None or not self._is_worth_hearing(capture):
            self._pre_roll.feed(sound)
            return
        for kept in self._pre_roll.take():
            self._deliver(capture, kept)
        self._deliver(capture, sound)

    def _is_worth_hearing(self, capture: Capture) -> bool:
        """Real sound has arrived, or zeros for so long that they must be meant."""
        if not capture.is_live:
            zeros_s = time.monotonic() - self._zeros_since_s
            capture.is_live = self._has_sound or zeros_s > _ZEROS_COUNT_AFTER_S
        return capture.is_live

    def _deliver(self, capture: Capture, sound: NDArray[np.int16]) -> None:
        for block in self._cutter.feed(sound):
            capture.has_begun = True
            capture.on_block(block)
        if not capture.has_begun:
            # The first one is not waited for until it is long enough: it says that we listen.
            for block in self._cutter.flush():
                capture.has_begun = True
                capture.on_block(block)

    def _begin(self, capture: Capture) -> None:
        with self._lock:
            self._waiting.remove(capture)
            if capture.ended.is_set():
                return
            capture.is_served = True
            self._capture = capture
        if self._is_worth_hearing(capture):
            for kept in self._pre_roll.take():
                self._deliver(capture, kept)

    def _end(self) -> None:
        """Deliver the rest of the running capture, to the filter's last sample."""
        capture, self._capture = self._capture, None
        if capture is None:
            return
        try:
            self._deliver_rest(capture)
        finally:
            self._idle_since_s = time.monotonic()
            capture.ended.set()

    def _deliver_rest(self, capture: Capture) -> None:
        if capture.is_live:
            self._deliver(capture, self._resampler.flush())
            for block in self._cutter.flush():
                capture.on_block(block)

    def _is_over(self, stream: InputStream) -> bool:
        """Raise for a lost device; True when no capture came for as long as it is kept open."""
        now_s = time.monotonic()
        patience_s = _LOST_AFTER_S if self._has_sound else _FIRST_SOUND_WITHIN_S
        # Sound that waits because whoever takes it was slow has come nevertheless.
        is_silent = self._queue.empty()
        if is_silent and (not stream.is_active or now_s - self._last_sound_s > patience_s):
            self._take(stream)
            raise self._lost()
        if self._capture is not None:
            self._look_if_silent(stream.device.name, now_s - self._zeros_since_s)
            return False
        if now_s - self._idle_since_s < self._keep_open_s:
            return False
        with self._lock:
            self._accepts = self._accepts and bool(self._waiting)
            return not self._accepts

    def _look_if_silent(self, name: str, zeros_s: float) -> None:
        """Once per long run of exact zeros: is the device still there?"""
        if not self._has_sound or zeros_s < _LOOK_AFTER_ZEROS_S:
            self._has_looked = False
        elif not self._has_looked:
            self._has_looked = True
            threading.Thread(target=self._look, args=(name,), daemon=True).start()

    def _look(self, name: str) -> None:
        try:
            if all(device.name != name for device in input_devices()):
                self._queue.put(_Gone())
        except AudioError:
            _logger.debug("the device list cannot be read", exc_info=True)

    def _lost(self) -> AudioError:
        if not self._has_sound:
            return AudioError(
                f'the microphone "{self.description}" gives no sound: connect it again, or choose '
                "another"
            )
        return AudioError(
            f'the microphone "{self.description}" is gone: what was said so far is kept; connect '
            "it again, or choose another"
        )

    def _fail(self, error: AudioError) -> None:
        """Give the running capture the rest of its sound, then say why it ended."""
        running = self._capture
        with self._lock:
            self._accepts = False
            told = [capture for capture in self._waiting if not capture.ended.is_set()]
            for capture in told:
                capture.is_served = True
        if running is not None:
            self._deliver_rest(running)
            told.insert(0, running)
        for capture in told:
            try:
                capture.on_end(error)
            finally:
                capture.ended.set()

    def _end_all(self) -> None:
        """Nobody may wait for a thread that is gone."""
        with self._lock:
            self._accepts = False
            waiting, self._waiting = self._waiting, []
        for capture in (self._capture, *waiting):
            if capture is not None:
                capture.ended.set()
