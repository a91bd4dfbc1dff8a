"""Synthetic speakers: espeak-ng, flite and festival as functions from a sentence to 16 kHz samples.

A `Voice` is a synthesiser, its voice and the free parameters (speed, pitch). Some voices are held
out of training altogether, so that the evaluation can say how the pair does on a voice it never
heard.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from dictate.errors import DictateError
from dictate.train.pronunciation import spoken

SAMPLE_RATE: Final = 16_000
Samples = npt.NDArray[np.float32]

_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - temporary files get names of their own there
_TIMEOUT_S: Final = 30.0
# Quieter than this below the peak counts as the synthesiser's own silence and is cut off.
_SILENCE_RATIO: Final = 10 ** (-45 / 20)
_KEPT_MARGIN_SAMPLES: Final = SAMPLE_RATE // 50

# Accent -> share of the espeak-ng clips.
_ACCENTS: Final = {
    "en-us": 0.40, "en-gb": 0.16, "en-gb-x-rp": 0.10, "en-gb-scotland": 0.07,
    "en-gb-x-gbclan": 0.07, "en-gb-x-gbcwmd": 0.06, "en-029": 0.05, "en-us-nyc": 0.09,
}  # fmt: skip
_COMMON_VARIANTS: Final = (
    "m1",
    "m2",
    "m3",
    "m5",
    "m7",
    "m8",
    "f1",
    "f2",
    "f3",
    "f5",
    "klatt",
    "klatt2",
    "klatt3",
)
_RARE_VARIANTS: Final = (
    "Alex", "Alicia", "Andrea", "Andy", "Annie", "Denis", "Diogo", "Gene", "Gene2", "Henrique",
    "Hugo", "Jacky", "Lee", "Marco", "Mario", "Michael", "Mike", "Nguyen", "adam", "anika",
    "announcer", "antonio", "belinda", "benjamin", "boris", "caleb", "david", "ed", "edward",
    "grandma", "grandpa", "gustave", "iven", "iven2", "john", "klatt4", "klatt5", "klatt6",
    "linda", "marcelo", "max", "michel", "miguel", "norbert", "pablo", "paul", "pedro", "quincy",
    "rob", "robert", "sandro", "shelby", "steph", "steph2", "travis", "victor", "zac",
)  # fmt: skip
_FLITE_VOICES: Final = {"slt": 0.37, "awb": 0.37, "kal16": 0.20, "kal": 0.06}
_FESTIVAL_VOICES: Final = {"ked_diphone": 0.6, "cmu_us_slt_arctic_hts": 0.4}
_FESTIVAL_SHARE: Final = 0.06

# Never heard while training: a flite voice made of a real speaker's recordings and two espeak-ng
# timbres.
HELD_OUT_FLITE: Final = "rms"
HELD_OUT_VARIANTS: Final = ("m4", "f4")


Program = Literal["espeak-ng", "flite", "festival"]


_PACKAGES: Final = {
    "espeak-ng": "espeak-ng",
    "flite": "flite",
    "festival": "festival festvox-kdlpc16k festvox-us-slt-hts",
}


class SynthesiserMissingError(DictateError):
    """A speech synthesiser is not installed."""


@dataclass(frozen=True, slots=True)
class Voice:
    """One synthetic speaker.

    `speed` is words per minute for espeak-ng, a stretch of the duration in percent for the others.
    `pitch` is espeak-ng's, 0 to 99 around 50, and means the same for flite; festival has its own.
    """

    program: Program
    name: str
    speed: int
    pitch: int = 50

    @property
    def label(self) -> str:
        """Program and voice without its free parameters, as evaluations group by."""
        return f"{self.program}:{self.name}"


def training_voice(rng: random.Random, *, flite_share: float = 0.42) -> Voice:
    """A voice of those that training may hear; festival's are some of the others' share."""
    if rng.random() < flite_share:
        name = rng.choices(list(_FLITE_VOICES), list(_FLITE_VOICES.values()))[0]
        return Voice("flite", name, rng.randint(80, 130), pitch=rng.randint(20, 80))
    if 0.0 < flite_share < 1.0 and rng.random() < _FESTIVAL_SHARE:
        name = rng.choices(list(_FESTIVAL_VOICES), list(_FESTIVAL_VOICES.values()))[0]
        return Voice("festival", name, rng.randint(80, 125))
    accent = rng.choices(list(_ACCENTS), list(_ACCENTS.values()))[0]
    kind = rng.random()
    if kind > 0.30:
        accent += "+" + rng.choice(_COMMON_VARIANTS if kind < 0.75 else _RARE_VARIANTS)
    return Voice("espeak-ng", accent, speed=rng.randint(120, 215), pitch=rng.randint(25, 75))


def unseen_voice(rng: random.Random, program: Program) -> Voice:
    """A voice that training never hears."""
    if program == "flite":
        return Voice("flite", HELD_OUT_FLITE, rng.randint(90, 115))
    accent = rng.choice(("en-us", "en-gb"))
    return Voice(
        "espeak-ng",
        f"{accent}+{rng.choice(HELD_OUT_VARIANTS)}",
        rng.randint(140, 190),
        rng.randint(40, 60),
    )


def require_synthesisers() -> None:
    """Say in one line what is missing, if anything is."""
    missing = [program for program in _PACKAGES if shutil.which(program) is None]
    if missing:
        names = " and ".join(missing)
        packages = " ".join(_PACKAGES[program] for program in missing)
        raise SynthesiserMissingError(
            f"{names} not found: install with `apt-get install {packages}` "
            "(or your system's equivalent)"
        )


def synthesise(marked: str, voice: Voice) -> Samples:
    """Speak a marked sentence: float32 mono at 16 kHz, the silence cut from both ends."""
    text = spoken(marked, british=voice.name.startswith("en-gb"))
    with tempfile.NamedTemporaryFile(suffix=".wav", dir=_scratch()) as wav:
        if voice.program == "espeak-ng":
            options = ["-v", voice.name, "-s", str(voice.speed), "-p", str(voice.pitch)]
            command = ["espeak-ng", *options, "-w", wav.name, "--", text]
        elif voice.program == "flite":
            stretch = f"duration_stretch={voice.speed / 100:.2f}"
            shift = f"f0_shift={1.5 ** (voice.pitch / 50 - 1):.3f}"
            options = ["-voice", voice.name, "--setf", stretch, "--setf", shift]
            command = ["flite", *options, "-t", text, "-o", wav.name]
        else:
            stretch = f"(Parameter.set 'Duration_Stretch {voice.speed / 100:.2f})"
            options = ["-eval", f"(voice_{voice.name})", "-eval", stretch]
            command = ["text2wave", *options, "-o", wav.name]
        subprocess.run(
            command, input=text, text=True, check=True, capture_output=True, timeout=_TIMEOUT_S
        )
        samples, rate = soundfile.read(wav.name, dtype="float32")
    if rate != SAMPLE_RATE:
        samples = soxr.resample(samples, rate, SAMPLE_RATE)
    return _trim(np.asarray(samples, dtype=np.float32))


def _scratch() -> str | None:
    """A folder in memory where there is one: thousands of short files pass through it."""
    return str(_MEMORY) if _MEMORY.is_dir() else None


def _trim(samples: Samples) -> Samples:
    """Cut the silence at both ends, keeping 20 ms."""
    peak = float(np.abs(samples).max(initial=0.0))
    loud = np.flatnonzero(np.abs(samples) > peak * _SILENCE_RATIO)
    if peak == 0.0 or loud.size == 0:
        return samples[:0]
    start = max(0, int(loud[0]) - _KEPT_MARGIN_SAMPLES)
    return samples[start : int(loud[-1]) + _KEPT_MARGIN_SAMPLES]
