"""Speech from espeak-ng's library, which, unlike its program, tells when each word begins."""

import ctypes
import ctypes.util
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dictate.audio.resample import StreamResampler
from dictate.bench.streaming_metrics import SpokenWord
from dictate.errors import DictateError

# From its header, speak_lib.h.
_SYNCHRONOUS: Final = 2
_POSITION_CHARACTER: Final = 1
_CHARACTERS_UTF8: Final = 1
_RATE_PARAMETER: Final = 1
_END_OF_LIST, _WORD, _END_OF_CLAUSE = 0, 1, 5

_WORDS_PER_MINUTE: Final = 165
_NAMES: Final = ("libespeak-ng.so.1", "libespeak-ng.dylib", "libespeak-ng.dll")


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position_ms", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    )


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


def is_there() -> bool:
    """The library is installed."""
    return _library() is not None


def speak(text: str, voice: str) -> tuple[NDArray[np.int16], list[SpokenWord]]:
    """Speak `text`, words without punctuation.

    A word ends where the next one begins. Words that espeak-ng speaks as one, such as `of the`, end
    together.

    Returns:
        int16[n] at 16 kHz, and the words with their ends counted from the first sample.

    Raises:
        DictateError: the library or the voice is missing.
    """
    library = _library()
    if library is None:
        raise DictateError("the library of espeak-ng is not installed")
    engine, rate_hz = library
    pieces: list[bytes] = []
    begins: dict[int, int] = {}  # sample by the position of the word's first character
    end_sample = 0

    def take(sound: Any, count: int, events: Any) -> int:
        nonlocal end_sample
        if sound:
            pieces.append(ctypes.string_at(sound, 2 * count))
        for event in _listed(events):
            if event.type == _WORD:
                begins[event.text_position - 1] = event.sample
            elif event.type == _END_OF_CLAUSE:
                end_sample = event.sample
        return 0

    encoded = text.encode()
    callback = _Callback(take)  # must live as long as it is called
    engine.espeak_SetSynthCallback(callback)
    if engine.espeak_SetVoiceByName(voice.encode()) != 0:
        raise DictateError(f"espeak-ng has no voice {voice}")
    engine.espeak_SetParameter(_RATE_PARAMETER, _WORDS_PER_MINUTE, 0)
    engine.espeak_Synth(
        encoded, len(encoded) + 1, 0, _POSITION_CHARACTER, 0, _CHARACTERS_UTF8, None, None
    )
    sound = np.frombuffer(b"".join(pieces), "<i2")
    return _resampled(sound, rate_hz), [
        SpokenWord(word, end / rate_hz) for word, end in _ended(text, begins, end_sample)
    ]


def _ended(text: str, begins: dict[int, int], end_sample: int) -> Iterator[tuple[str, int]]:
    """Each word with the sample at which the next one begins."""
    place = 0
    for word in text.split():
        place = text.index(word, place) + len(word)
        yield word, min((at for first, at in begins.items() if first > place), default=end_sample)


def _resampled(sound: NDArray[np.int16], rate_hz: int) -> NDArray[np.int16]:
    resampler = StreamResampler(rate_hz)
    begun = resampler.feed(sound.astype(np.float32) / np.float32(32_768))
    return np.concatenate([begun, resampler.flush()])


def _listed(events: Any) -> Iterator[_Event]:
    index = 0
    while events[index].type != _END_OF_LIST:
        yield events[index]
        index += 1


@cache
def _library() -> tuple[Any, int] | None:
    """The library, ready, and its rate in Hz; None where it is not installed."""
    for name in filter(None, (ctypes.util.find_library("espeak-ng"), *_NAMES)):
        try:
            engine = ctypes.CDLL(name)
        except OSError:
            continue
        rate_hz = engine.espeak_Initialize(_SYNCHRONOUS, 0, None, 0)
        if rate_hz > 0:
            return engine, rate_hz
    return None
