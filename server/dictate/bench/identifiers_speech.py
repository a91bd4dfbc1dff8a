"""Sentences spoken by voices that the bundled pair was not trained on."""

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dictate.audio.file import read_audio
from dictate.audio.format import samples_of_ms
from dictate.bench import espeak
from dictate.bench.streaming_speech import audible, in_a_room
from dictate.errors import DictateError

Sound = NDArray[np.int16]

_ESPEAK_VOICES: Final = ("en-us+m4", "en+f4", "en-us+f4", "en+m4")
_FLITE_VOICES: Final = ("rms",)
"""Held out of training: see `dictate.train.speech`."""

_FRONT: Final = samples_of_ms(250)
_BEHIND: Final = samples_of_ms(160)
"""As the server cuts speech."""
_TIMEOUT_S: Final = 60.0


class Voices:
    """The voices that are installed, in turn."""

    def __init__(self, seed: int) -> None:
        """Look what there is.

        Raises:
            DictateError: there is none.
        """
        self._noise = np.random.default_rng(seed)
        self._speak: dict[str, Callable[[str], Sound]] = {}
        if espeak.is_there():
            for voice in _ESPEAK_VOICES:
                self._speak[f"espeak-ng {voice}"] = partial(_by_espeak, voice=voice)
        if shutil.which("flite") is not None:
            for voice in _FLITE_VOICES:
                self._speak[f"flite {voice}"] = partial(_by_flite, voice=voice)
        if not self._speak:
            raise DictateError(
                "neither espeak-ng nor flite is installed to speak: install one, "
                "or leave sound out with --sentences 0"
            )

    @property
    def names(self) -> list[str]:
        """Program and voice of each."""
        return list(self._speak)

    def say(self, text: str, index: int) -> tuple[str, Sound]:
        """Speak a sentence in a quiet room.

        Args:
            text: words without punctuation.
            index: of the sentence; says whose turn it is.

        Returns:
            The voice, and int16[n] at 16 kHz.

        Raises:
            DictateError: the program failed.
        """
        voice = self.names[index % len(self._speak)]
        spoken = self._speak[voice](text)
        heard = audible(spoken)
        begin, end = (samples_of_ms(1e3 * at_s) for at_s in (heard.begin_s, heard.end_s))
        padded = np.pad(spoken[begin:end], (_FRONT, _BEHIND))
        return voice, in_a_room(padded, self._noise)


def _by_espeak(text: str, voice: str) -> Sound:
    samples, _ = espeak.speak(text, voice)
    return samples


def _by_flite(text: str, voice: str) -> Sound:
    with tempfile.TemporaryDirectory(prefix="dictate-speech-") as folder:
        wav = Path(folder) / "spoken.wav"
        command = ["flite", "-voice", voice, "-t", text, "-o", str(wav)]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=_TIMEOUT_S)
        except (OSError, subprocess.SubprocessError) as error:
            raise DictateError(f"flite failed: {error}") from error
        return read_audio(wav)
