"""A corpus on disk: shards of int16 speech with a JSON line per clip.

`shard-00012.npy` holds the clips of one shard end to end (int16, 16 kHz mono); `shard-00012.jsonl`
says for each clip its text, voice, first sample and length; `texts.txt` has all texts. A shard
appears under its name only when complete, so training may begin while synthesis goes on.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from dictate.train.grammar import Split, sentences
from dictate.train.pronunciation import transcript
from dictate.train.speech import SAMPLE_RATE, synthesise, training_voice

CLIPS_PER_SHARD: Final = 500
_TEXTS: Final = "texts.txt"
_LONGEST_S: Final = 8.5
_SHORTEST_S: Final = 0.15


@dataclass(frozen=True, slots=True)
class Clip:
    """One utterance of a shard; `start` and `samples` count samples of the shard's array."""

    text: str
    voice: str
    shard: str
    start: int
    samples: int


def synthesise_shard(folder: Path, name: str, marked: Sequence[str], seed: str) -> int:
    """Speak sentences in random training voices into one shard; returns how many clips it holds."""
    target = folder / f"{name}.npy"
    if target.exists():
        return len(marked)
    rng = random.Random(seed)
    pieces: list[npt.NDArray[np.int16]] = []
    clips: list[Clip] = []
    start = 0
    for sentence in marked:
        voice = training_voice(rng)
        samples = synthesise(sentence, voice)
        if not _SHORTEST_S * SAMPLE_RATE <= samples.size <= _LONGEST_S * SAMPLE_RATE:
            continue
        peak = float(np.abs(samples).max())
        pieces.append(np.round(samples * (0.9 * 32767 / peak)).astype(np.int16))
        clips.append(Clip(transcript(sentence), voice.label, name, start, samples.size))
        start += samples.size
    (folder / f"{name}.jsonl").write_text(
        "".join(json.dumps(asdict(clip)) + "\n" for clip in clips)
    )
    partial = folder / f"{name}.tmp.npy"
    np.save(partial, np.concatenate(pieces))
    partial.rename(target)
    return len(clips)


def synthesise_corpus(
    folder: Path,
    count: int,
    *,
    split: Split = "train",
    seed: int = 1,
    workers: int | None = None,
    report: Callable[[str], None] = print,
) -> None:
    """Fill `folder` with about `count` clips of a split, less those too long or short."""
    folder.mkdir(parents=True, exist_ok=True)
    marked = list(islice(sentences(seed, split), count))
    (folder / _TEXTS).write_text("".join(f"{transcript(sentence)}\n" for sentence in marked))
    jobs = [marked[first : first + CLIPS_PER_SHARD] for first in range(0, count, CLIPS_PER_SHARD)]
    done = 0
    with ProcessPoolExecutor(workers or os.cpu_count()) as pool:
        futures = [
            pool.submit(
                synthesise_shard, folder, f"shard-{index:05d}", job, f"{seed}-{split}-{index}"
            )
            for index, job in enumerate(jobs)
        ]
        for future in futures:
            done += future.result()
            report(f"{done} of {count} clips")


def corpus_texts(folder: Path) -> list[str]:
    """What a corpus says, also what is still to be spoken."""
    return (folder / _TEXTS).read_text().splitlines()


class Corpus:
    """The complete shards of a folder, memory-mapped; `rescan` picks up new ones."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._arrays: dict[str, npt.NDArray[np.int16]] = {}
        self.clips: list[Clip] = []
        self.rescan()

    def rescan(self) -> None:
        """Load the shards that were completed since the last look."""
        for path in sorted(self._folder.glob("shard-*.npy")):
            if path.stem.endswith(".tmp") or path.stem in self._arrays:
                continue
            self._arrays[path.stem] = np.load(path, mmap_mode="r")
            lines = path.with_suffix(".jsonl").read_text().splitlines()
            self.clips.extend(Clip(**json.loads(line)) for line in lines)

    def samples(self, clip: Clip) -> npt.NDArray[np.float32]:
        """A clip's speech, float32 with its peak near 0.9."""
        speech = self._arrays[clip.shard][clip.start : clip.start + clip.samples]
        return np.multiply(speech, 1 / 32768, dtype=np.float32)
