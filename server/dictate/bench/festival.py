"""Speech from festival, with the end of each word."""

import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dictate.audio.file import read_audio
from dictate.bench.streaming_metrics import SpokenWord
from dictate.errors import DictateError

_TIMEOUT_S: Final = 60.0
_VOICE_NAME: Final = re.compile(r"\w+")
_SCRIPT: Final = """
(voice_{voice})
(set! spoken (utt.synth (Utterance Text {text})))
(utt.save.wave spoken {wav} 'riff)
(mapcar
  (lambda (token)
    (if (item.daughtern token)
        (format t "%s\\t%f\\n" (item.name token) (item.feat (item.daughtern token) "word_end"))))
  (utt.relation.items spoken 'Token))
"""


def voices() -> list[str]:
    """The voices that are installed; none without festival."""
    if shutil.which("festival") is None:
        return []
    return sorted(_VOICE_NAME.findall(_run("(print (voice.list))")))


def speak(text: str, voice: str) -> tuple[NDArray[np.int16], list[SpokenWord]]:
    """Speak `text`, words without punctuation.

    Returns:
        int16[n] at 16 kHz, and the words with their ends counted from the first sample.

    Raises:
        DictateError: festival failed.
    """
    with tempfile.TemporaryDirectory(prefix="dictate-speech-") as folder:
        wav = Path(folder) / "spoken.wav"
        # A string in JSON is one in Scheme, too, as long as it is ASCII.
        printed = _run(_SCRIPT.format(voice=voice, text=json.dumps(text), wav=json.dumps(str(wav))))
        samples = read_audio(wav)
    words = []
    for line in printed.splitlines():
        word, _, end_s = line.partition("\t")
        if end_s:
            words.append(SpokenWord(word, float(end_s)))
    if [word.text for word in words] != text.split():
        raise DictateError(f"festival's voice {voice} spoke other words than it was given")
    return samples, words


def _run(script: str) -> str:
    with tempfile.NamedTemporaryFile("w", suffix=".scm", encoding="ascii") as file:
        file.write(script)
        file.flush()
        try:
            done = subprocess.run(
                ["festival", "-b", file.name],
                check=True,
                capture_output=True,
                text=True,
                timeout=_TIMEOUT_S,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise DictateError(f"festival failed: {error}") from error
    return done.stdout
