"""Recordings of people as a corpus: a folder of sound files, or the dictations Dictate has kept.

A sound's text is a `.txt` of the same name beside it, or a line `{"audio": …, "text": …}` of a
`.jsonl` in the folder; it may be missing. What cannot be learned from is counted and left out.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from dictate.asr.guards import is_still
from dictate.audio.file import read_audio
from dictate.audio.format import SAMPLE_RATE_HZ
from dictate.audio.source import AudioError
from dictate.errors import DictateError
from dictate.paths import state_dir
from dictate.train.corpus import Clip
from dictate.vad.speech_probability import SpeechProbability

SOUND_SUFFIXES: Final = frozenset(
    {".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aiff", ".aif", ".au", ".caf", ".w64"}
)
_SHORTEST_S: Final = 0.2
_SPEECH_PROBABILITY: Final = 0.5
_AUDIO_KEYS: Final = ("audio", "file", "path", "audio_filepath")
_TEXT_KEYS: Final = ("text", "sentence", "transcript")


class RecordingsError(DictateError):
    """There is nothing to learn from."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A sound, int16[n] at 16 kHz, and its text; None: nobody wrote any."""

    name: str
    samples: npt.NDArray[np.int16]
    text: str | None


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was found.

    Attributes:
        kept: how many recordings are learned from.
        seconds: their length.
        left_out: how many are not, by reason.
    """

    kept: int
    seconds: float
    left_out: dict[str, int]

    def __str__(self) -> str:
        """One line for people."""
        text = f"{self.kept} recordings, {self.seconds / 60:.1f} minutes"
        if self.left_out:
            reasons = ", ".join(f"{count} {reason}" for reason, count in self.left_out.items())
            text += f"; left out: {reasons}"
        return text


def gather(
    places: list[Path], folder: Path, window_s: float, *, has_text: bool = False
) -> Gathered:
    """Write a corpus of all recordings to `folder`.

    Args:
        places: folders of sound files, or of kept dictations (`history_folder`).
        folder: of the corpus.
        window_s: what is longer does not fit the model.
        has_text: leave out what has no text; texts are "" otherwise.

    Raises:
        RecordingsError: nothing is left, or a place is no folder.
    """
    left_out: Counter[str] = Counter()
    recordings: list[Recording] = []
    for place in places:
        for recording in usable(place, window_s, left_out):
            if has_text and recording.text is None:
                left_out["without a text"] += 1
            else:
                recordings.append(recording)
    seconds = sum(recording.samples.size for recording in recordings) / SAMPLE_RATE_HZ
    gathered = Gathered(len(recordings), seconds, dict(left_out))
    if not recordings:
        where = " and ".join(map(str, places))
        reasons = f" ({gathered})" if left_out else ""
        raise RecordingsError(
            f"nothing in {where} can be learned from{reasons}: name a folder of speech recordings"
        )
    write_shard(recordings, folder, "shard-00000", has_text=has_text)
    return gathered


def write_shard(recordings: list[Recording], folder: Path, name: str, *, has_text: bool) -> None:
    """Write a shard of a corpus; without `has_text` every text is ""."""
    clips: list[Clip] = []
    start = 0
    for recording in recordings:
        text = (recording.text or "") if has_text else ""
        clips.append(Clip(text, "recording", name, start, recording.samples.size))
        start += recording.samples.size
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.jsonl").write_text(
        "".join(json.dumps(asdict(clip)) + "\n" for clip in clips), encoding="utf-8"
    )
    sounds = np.concatenate([_levelled(recording.samples) for recording in recordings])
    np.save(folder / f"{name}.npy", sounds)


def usable(place: Path, window_s: float, left_out: Counter[str]) -> Iterator[Recording]:
    """The recordings of one folder that can be learned from; the others are counted by reason.

    Raises:
        RecordingsError: it is no folder.
    """
    for recording in _recordings(place, left_out):
        reason = _fault(recording, window_s)
        if reason is None:
            yield recording
        else:
            left_out[reason] += 1


def history_folder() -> Path:
    """Where Dictate keeps finished dictations for users who switched `history.enabled` on."""
    return state_dir() / "history"


def _recordings(place: Path, left_out: Counter[str]) -> Iterator[Recording]:
    if not place.is_dir():
        raise RecordingsError(f"there is no folder {place}: name one with recordings")
    texts = _listed_texts(place)
    for path in sorted(place.rglob("*")):
        if path.name == "audio.pcm":
            # A kept dictation: 16 kHz mono int16 without a header; see dictation/spool.py.
            data = path.read_bytes()
            samples = np.frombuffer(data[: len(data) // 2 * 2], dtype="<i2").astype(np.int16)
            yield Recording(path.parent.name, samples, None)
        elif path.suffix.lower() in SOUND_SUFFIXES and path.is_file():
            try:
                samples = read_audio(path)
            except AudioError:
                left_out["unreadable or empty"] += 1
                continue
            yield Recording(path.name, samples, texts.get(path) or _text_beside(path))


def _text_beside(path: Path) -> str | None:
    beside = path.with_suffix(".txt")
    try:
        return " ".join(beside.read_text(encoding="utf-8").split()) or None
    except (OSError, UnicodeDecodeError):
        return None


def _listed_texts(place: Path) -> dict[Path, str]:
    """Texts by the sound's path, from every `.jsonl` in the folder; other lines are passed over."""
    texts: dict[Path, str] = {}
    for listing in sorted(place.glob("*.jsonl")):
        try:
            lines = listing.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            continue
        for line in lines:
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if not isinstance(entry, dict):
                continue
            name = next((entry[key] for key in _AUDIO_KEYS if isinstance(entry.get(key), str)), "")
            text = next((entry[key] for key in _TEXT_KEYS if isinstance(entry.get(key), str)), "")
            if name and text.strip():
                texts[place / name] = " ".join(text.split())
    return texts


def _fault(recording: Recording, window_s: float) -> str | None:
    """Why a recording is left out; None: it is kept."""
    samples = recording.samples
    if samples.size < _SHORTEST_S * SAMPLE_RATE_HZ:
        return "empty"
    if samples.size > window_s * SAMPLE_RATE_HZ:
        return f"longer than {window_s:g} s"
    if is_still(np.multiply(samples, 1 / 32768, dtype=np.float32)) or not _has_speech(samples):
        return "silent"
    return None


def _has_speech(samples: npt.NDArray[np.int16]) -> bool:
    """Whether the detector that Dictate listens with hears a voice anywhere in it."""
    levelled = (_levelled(samples).astype(np.int32) // 2).astype(np.int16)
    return max(SpeechProbability().feed(levelled), default=0.0) > _SPEECH_PROBABILITY


def _levelled(samples: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
    """The same with its peak at 0.9, as synthesised clips are; augmentation sets the level."""
    peak = max(1, int(np.abs(samples.astype(np.int32)).max()))
    return np.round(samples * (0.9 * 32767 / peak)).astype(np.int16)
