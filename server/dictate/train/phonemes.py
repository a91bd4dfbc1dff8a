"""What the encoder's auxiliary loss is taught: the sounds of a transcript.

Pieces of spelling are many (800) and far from the sound; phonemes are few and near it, so a CTC
loss over them leaves its initial plateau much sooner and costs a tenth. Each word's phonemes come
from espeak-ng's American voice, whoever spoke the clip; the head that learns them is dropped when
the checkpoint is exported.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from dictate.train.pronunciation import LETTER_MARK, spoken

# Stress, length and tie marks say nothing a spelling needs.
_UNWANTED: Final = set("ˈˌː͡ \u200d\u0329_")
# Alone these are usually words, not letters, and the article is unstressed.
_ARTICLE: Final = {"a": "ə"}


class Phonemes:
    """Words -> phoneme ids. Id 0 is the CTC blank."""

    def __init__(self, words: dict[str, str]) -> None:
        self._words = words
        symbols = sorted(set("".join(words.values())))
        self._ids = {symbol: index for index, symbol in enumerate(symbols, start=1)}

    @property
    def classes(self) -> int:
        """How many classes the CTC head has, the blank included."""
        return len(self._ids) + 1

    def __call__(self, text: str) -> list[int]:
        """The phoneme ids of a transcript; unknown words are silent."""
        return [self._ids[symbol] for word in text.split() for symbol in self._words.get(word, "")]

    @classmethod
    def learn(cls, texts: Iterable[str]) -> Phonemes:
        """Ask espeak-ng how every word of the texts sounds, in one call."""
        words = sorted({word for text in texts for word in text.split()})
        return cls(sounds(words) | _ARTICLE)

    def save(self, path: Path) -> None:
        """Write the dictionary, so that a resumed run has the same ids."""
        path.write_text(json.dumps(self._words, ensure_ascii=False))

    @classmethod
    def load(cls, path: Path) -> Phonemes:
        """Read what `save` wrote."""
        return cls(json.loads(path.read_text()))


def sounds(words: Sequence[str]) -> dict[str, str]:
    """How espeak-ng's American voice says each word, without stress and length; in one call."""
    lines = [spoken(f"{LETTER_MARK}{word}" if len(word) == 1 else word) for word in words]
    answer = subprocess.run(
        ["espeak-ng", "-q", "--ipa", "-v", "en-us", "--stdin"],
        input="".join(f"{line}.\n\n" for line in lines),
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    heard = [line for line in answer.split("\n") if line.strip()]
    if len(heard) != len(words):
        raise RuntimeError(f"espeak-ng answered {len(heard)} lines for {len(words)} words")
    return {
        word: "".join(symbol for symbol in line if symbol not in _UNWANTED)
        for word, line in zip(words, heard, strict=True)
    }
