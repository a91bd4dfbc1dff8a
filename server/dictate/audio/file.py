"""Sound files: any rate, channels and depth that libsndfile reads, decoded in bounded memory."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from dictate.audio.blocks import BlockCutter
from dictate.audio.container import check_complete
from dictate.audio.format import SAMPLE_RATE_HZ, mix_down
from dictate.audio.resample import StreamResampler
from dictate.audio.source import AudioError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike

    import numpy as np
    import soundfile
    from numpy.typing import NDArray

    from dictate.audio.source import OnBlock, OnEnd

MAX_DURATION_S = 3 * 3600
"""Longest recording accepted: three hours are 330 MiB in memory."""

_RATES_HZ = range(1_000, 768_001)
_BLOCK_VALUES = 1 << 16


def read_audio(path: str | PathLike[str]) -> NDArray[np.int16]:
    """Decode a whole sound file.

    Args:
        path: a file in a format that libsndfile knows (WAV, FLAC, OGG, MP3, AIFF, ...), of any rate
            and number of channels. A NaN or infinite sample becomes silence.

    Returns:
        int16[n] at 16 kHz, n >= 1.

    Raises:
        AudioError: missing, a folder, unreadable, empty, truncated, not sound, without any sample,
            or longer than `MAX_DURATION_S`.
    """
    import numpy as np

    sound = bytearray()
    for block in _decoded(Path(path)):
        sound += block.data
    return np.frombuffer(sound, np.int16)


class FileSource:
    """Plays a file to its callbacks, at the speed of speech or as fast as they take it."""

    def __init__(self, path: str | PathLike[str], realtime: bool = True) -> None:
        """Name the file; nothing is opened before `start`."""
        self._path = Path(path)
        self._realtime = realtime
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._blocks = self._cut()
        self._next_block: NDArray[np.int16] | None = None

    @property
    def description(self) -> str:
        """The file's name, without its folder."""
        return self._path.name

    def start(self, on_block: OnBlock, on_end: OnEnd) -> None:
        """Begin, or go on where the file was stopped; see `AudioSource.start`.

        Raises:
            RuntimeError: it is playing.
        """
        if self._thread is not None and not self._stopped.is_set():
            raise RuntimeError("this file is playing: stop it first")
        self._stopped = threading.Event()
        self._thread = threading.Thread(
            target=self._play,
            args=(on_block, on_end, self._stopped),
            name="dictate-file",
            daemon=True,
        )
        self._thread.start()

    def stop(self) -> None:
        """End; see `AudioSource.stop`."""
        self._stopped.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def _play(self, on_block: OnBlock, on_end: OnEnd, stopped: threading.Event) -> None:
        due_s = time.monotonic()
        try:
            while (block := self._take()) is not None:
                due_s += block.size / SAMPLE_RATE_HZ
                if self._wait_until(due_s, stopped):
                    self._next_block = block
                    return
                on_block(block)
        except AudioError as error:
            if not stopped.is_set():
                on_end(error)
        else:
            if not stopped.is_set():
                on_end(None)

    def _take(self) -> NDArray[np.int16] | None:
        """The next block; None at the end."""
        block, self._next_block = self._next_block, None
        return next(self._blocks, None) if block is None else block

    def _cut(self) -> Iterator[NDArray[np.int16]]:
        cutter = BlockCutter()
        for decoded in _decoded(self._path):
            yield from cutter.feed(decoded)
        yield from cutter.flush()

    def _wait_until(self, due_s: float, stopped: threading.Event) -> bool:
        """Wait for a block's time, as a microphone would; True when stopped meanwhile."""
        delay_s = due_s - time.monotonic()
        if self._realtime and delay_s > 0:
            return stopped.wait(delay_s)
        return stopped.is_set()


def _decoded(path: Path) -> Iterator[NDArray[np.int16]]:
    """Yield the file's sound in pieces of bounded size; see `read_audio` for the errors."""
    import soundfile

    _check_file(path)
    check_complete(path)
    try:
        sound = soundfile.SoundFile(path)
    except (soundfile.SoundFileError, TypeError) as error:  # TypeError: headerless .raw
        raise AudioError(
            f"{path} is not a sound file that can be read: convert it to WAV, FLAC, OGG or MP3"
        ) from error
    with sound:
        _check_header(path, sound)
        resampler = StreamResampler(sound.samplerate)
        for frames in _frames(path, sound):
            piece = resampler.feed(mix_down(frames))
            if piece.size:
                yield piece
        tail = resampler.flush()
        if tail.size:
            yield tail


def _check_file(path: Path) -> None:
    try:
        if path.is_dir():
            raise AudioError(f"{path} is a folder: name a sound file")
        if not path.exists():
            raise AudioError(f"{path} does not exist: check the name")
        if not path.is_file():
            # Reading a pipe or a device could wait for ever.
            raise AudioError(f"{path} is not an ordinary file: name a sound file")
        if path.stat().st_size == 0:
            raise AudioError(f"{path} is empty (0 bytes): record it again")
    except (OSError, ValueError) as error:
        raise AudioError(f"{path} cannot be opened ({error}): check its name and rights") from error


def _check_header(path: Path, sound: soundfile.SoundFile) -> None:
    if sound.samplerate not in _RATES_HZ:
        raise AudioError(
            f"{path} claims {sound.samplerate} samples a second, which no recorder writes: "
            "convert it to 16000 Hz WAV"
        )
    if sound.frames > MAX_DURATION_S * sound.samplerate:
        raise _too_long(path)


def _frames(path: Path, sound: soundfile.SoundFile) -> Iterator[NDArray[np.float32]]:
    """Yield float32[n, channels] to the file's end, checking what the header promised."""
    import soundfile

    total_frames = 0
    while True:
        try:
            frames = sound.read(_BLOCK_VALUES // sound.channels, dtype="float32", always_2d=True)
        except soundfile.SoundFileError as error:
            raise AudioError(
                f"{path} is damaged after {total_frames / sound.samplerate:.1f} s: copy or record "
                "it again"
            ) from error
        if len(frames) == 0:
            break
        total_frames += len(frames)
        if total_frames > MAX_DURATION_S * sound.samplerate:
            raise _too_long(path)
        yield frames
    if total_frames == 0:
        raise AudioError(f"{path} holds no sound (a header without samples): record it again")


def _too_long(path: Path) -> AudioError:
    return AudioError(
        f"{path} is longer than {MAX_DURATION_S // 3600} hours: cut it into shorter files"
    )
