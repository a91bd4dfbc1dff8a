"""A small development set of held-out sentences, judged while training as the engine will run."""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import torch

from dictate.train.architecture import greedy
from dictate.train.augment import Samples
from dictate.train.features import SAMPLE_RATE, LogMel
from dictate.train.grammar import sentences
from dictate.train.pronunciation import transcript
from dictate.train.scoring import score
from dictate.train.speech import synthesise, training_voice
from dictate.train.targets import Labeller

if TYPE_CHECKING:
    from transformers import WhisperForConditionalGeneration

FRONT_MS: Final = 150
BEHIND_MS: Final = 20
_UTTERANCES: Final = 120
_SEED: Final = 20_000


@dataclass(frozen=True, slots=True)
class Spoken:
    """Speech with its transcript."""

    text: str
    speech: Samples


def engine_window(speech: Samples, front_ms: int = FRONT_MS, behind_ms: int = BEHIND_MS) -> Samples:
    """Speech with the engine's padding: much in front, little behind."""
    front, behind = front_ms * SAMPLE_RATE // 1000, behind_ms * SAMPLE_RATE // 1000
    return np.pad(speech, (front, behind))


def development_set(folder: Path) -> list[Spoken]:
    """Synthesise the set, or load it where it was made before."""
    path = folder / "development.npz"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        rng = random.Random(_SEED)
        marked = list(islice(sentences(_SEED, "dev"), _UTTERANCES))
        clips = [synthesise(sentence, training_voice(rng)) for sentence in marked]
        # With its texts: another version of the grammar would say other sentences.
        np.savez(
            path,
            *(0.7 * clip / max(float(np.abs(clip).max()), 1e-4) for clip in clips),
            texts=np.array([transcript(sentence) for sentence in marked]),
        )
    stored = np.load(path)
    return [
        Spoken(str(text), stored[f"arr_{index}"].astype(np.float32))
        for index, text in enumerate(stored["texts"])
    ]


def development_wer(
    whisper: WhisperForConditionalGeneration,
    labeller: Labeller,
    log_mel: LogMel,
    spoken: list[Spoken],
) -> float:
    """Word error rate of plain greedy decoding on unpadded windows."""
    pairs: list[tuple[str, str]] = []
    whisper.eval()
    for utterance in spoken:
        features = log_mel(torch.from_numpy(engine_window(utterance.speech))[None])
        (ids,) = greedy(whisper, features, labeller.prompt, labeller.end)
        pairs.append(
            (utterance.text, labeller.tokenizer.decode(ids, skip_special_tokens=True).strip())
        )
    whisper.train()
    return score(pairs).rate
