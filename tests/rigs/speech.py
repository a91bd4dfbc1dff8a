"""Real synthetic speech: espeak-ng and flite."""

from __future__ import annotations

import random
import shutil
import struct
import subprocess
import wave
from pathlib import Path
from typing import Literal

Engine = Literal["espeak", "flite"]
_PROGRAMS: dict[str, str] = {"espeak": "espeak-ng", "flite": "flite"}
_VOICES: dict[str, str] = {"espeak": "en-us", "flite": "slt"}


def missing_speech(engine: Engine = "espeak") -> str | None:
    """Why speech cannot be made here, for a skip reason; None when it can."""
    program = _PROGRAMS[engine]
    return (
        None if shutil.which(program) else f"{program} is not installed (apt-get install {program})"
    )


def speak(
    text: str,
    path: Path,
    voice: str | None = None,
    engine: Engine = "espeak",
    words_per_minute: int = 160,
) -> Path:
    """Write `text`, spoken, to a mono WAV file (22.05 kHz from espeak, 8 or 16 kHz from flite)."""
    voice = voice or _VOICES[engine]
    if engine == "espeak":
        command = ["espeak-ng", "-v", voice, "-s", str(words_per_minute), "-w", str(path), text]
    else:
        command = ["flite", "-voice", voice, "-t", text, "-o", str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return path


def go_on(recording: Path, path: Path, silence_s: float) -> Path:
    """Write a recording of `speak` with the faint noise of a room behind it."""
    generator = random.Random(0)
    with wave.open(str(recording)) as spoken, wave.open(str(path), "wb") as whole:
        whole.setparams(spoken.getparams())
        assert (spoken.getnchannels(), spoken.getsampwidth()) == (1, 2)
        whole.writeframes(spoken.readframes(spoken.getnframes()))
        samples = (generator.randint(-5, 5) for _ in range(spoken.getframerate()))
        second = b"".join(struct.pack("<h", sample) for sample in samples)
        whole.writeframes(second * round(silence_s))
    return path
