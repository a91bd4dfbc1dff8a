"""The speech of an adaptation: the domain's phrases and general ones, in many voices, as shards."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np

from dictate.train.corpus import Clip
from dictate.train.speech import SAMPLE_RATE, synthesise, training_voice

_CLIPS_PER_SHARD: Final = 100
_SHORTEST_S: Final = 0.15


@dataclass(frozen=True, slots=True)
class Line:
    """What a synthesiser is given, and the text of it."""

    marked: str
    text: str


def speak_shards(
    lines: Sequence[Line], folder: Path, prefix: str, seed: int, longest_s: float
) -> int:
    """Speak lines in training voices into shards called `prefix`…; returns how many clips.

    A shard that is there already is kept: an interrupted run goes on.

    Args:
        lines: in order.
        folder: of the corpus.
        prefix: `shard-` and a digit.
        seed: of the voices.
        longest_s: longer clips are left out.
    """
    folder.mkdir(parents=True, exist_ok=True)
    jobs = [
        (lines[first : first + _CLIPS_PER_SHARD], folder, f"{prefix}{index:04d}", seed, longest_s)
        for index, first in enumerate(range(0, len(lines), _CLIPS_PER_SHARD))
    ]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        return sum(pool.map(_speak_shard, jobs))


def _speak_shard(job: tuple[Sequence[Line], Path, str, int, float]) -> int:
    lines, folder, name, seed, longest_s = job
    target, listing = folder / f"{name}.npy", folder / f"{name}.jsonl"
    if target.exists():
        return len(listing.read_text(encoding="utf-8").splitlines())
    rng = random.Random(f"{seed}-{name}")
    clips: list[Clip] = []
    pieces: list[np.ndarray[tuple[int], np.dtype[np.int16]]] = []
    start = 0
    for line in lines:
        voice = training_voice(rng)
        samples = synthesise(line.marked, voice)
        if not _SHORTEST_S * SAMPLE_RATE <= samples.size <= longest_s * SAMPLE_RATE:
            continue
        peak = max(float(np.abs(samples).max()), 1e-4)
        pieces.append(np.round(samples * (0.9 * 32767 / peak)).astype(np.int16))
        clips.append(Clip(line.text, voice.label, name, start, samples.size))
        start += samples.size
    if not clips:
        return 0
    listing.write_text("".join(json.dumps(asdict(clip)) + "\n" for clip in clips), encoding="utf-8")
    partial = folder / f".{name}.npy"
    np.save(partial, np.concatenate(pieces))
    partial.rename(target)
    return len(clips)
