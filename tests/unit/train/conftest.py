"""A small corpus without a synthesiser: tones that stand for speech."""

import json
from dataclasses import asdict
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from dictate.train.corpus import Clip, Corpus
from dictate.train.grammar import sentences
from dictate.train.pronunciation import transcript
from dictate.train.tokenizer import Pieces, train_pieces


@pytest.fixture(scope="session")
def texts() -> list[str]:
    return [transcript(marked) for marked in islice(sentences(1, "train"), 400)]


@pytest.fixture(scope="session")
def pieces(texts: list[str]) -> Pieces:
    return train_pieces(texts, 400)


@pytest.fixture
def corpus(tmp_path: Path, texts: list[str]) -> Corpus:
    """Forty tones of 0.4 to 2.4 s."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    rng = np.random.default_rng(0)
    clips: list[Clip] = []
    sounds: list[np.ndarray] = []
    start = 0
    for text in texts[:40]:
        count = int(rng.integers(6_400, 38_400))
        tone = np.sin(np.arange(count) * rng.uniform(0.05, 0.5)) * 0.9 * 32767
        sounds.append(tone.astype(np.int16))
        clips.append(Clip(text, "tone", "shard-00000", start, count))
        start += count
    np.save(folder / "shard-00000.npy", np.concatenate(sounds))
    lines = (json.dumps(asdict(clip)) + "\n" for clip in clips)
    (folder / "shard-00000.jsonl").write_text("".join(lines))
    (folder / "texts.txt").write_text("".join(f"{text}\n" for text in texts))
    return Corpus(folder)
