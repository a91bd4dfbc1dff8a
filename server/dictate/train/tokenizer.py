"""A small byte-level BPE in Whisper's two layouts of special tokens.

Both models of the pair share the text pieces (ids 0 … n-1). The target has the multilingual layout,
where a language token follows `<|startoftranscript|>`; the draft has the English-only one, without
a language token, so from there its special ids are one lower: the same kind of shift as between
published Whisper vocabularies.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from transformers import WhisperTokenizerFast

Layout = Literal["multilingual", "english"]

TIMESTAMP_STEP_S: Final = 0.02
_END: Final = "<|endoftext|>"
_START: Final = "<|startoftranscript|>"
_TASKS: Final = (
    "<|translate|>",
    "<|transcribe|>",
    "<|startoflm|>",
    "<|startofprev|>",
    "<|nospeech|>",
)
_NO_TIMESTAMPS: Final = "<|notimestamps|>"


@dataclass(frozen=True, slots=True)
class Pieces:
    """A trained BPE: piece -> id, and the merges in order."""

    vocab: dict[str, int]
    merges: list[tuple[str, str]]

    def save(self, path: Path) -> None:
        """Write the pieces as one JSON file, so that a resumed run has the same ids."""
        path.write_text(json.dumps({"vocab": self.vocab, "merges": self.merges}))

    @classmethod
    def load(cls, path: Path) -> Pieces:
        """Read what `save` wrote."""
        stored = json.loads(path.read_text())
        return cls(stored["vocab"], [(left, right) for left, right in stored["merges"]])


def train_pieces(texts: Iterable[str], size: int) -> Pieces:
    """Learn `size` byte-level pieces, 256 bytes among them, from texts with a leading space."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
        special_tokens=[],
    )
    tokenizer.train_from_iterator((" " + text for text in texts), trainer)
    model = json.loads(tokenizer.to_str())["model"]
    merges = [tuple(merge) for merge in model["merges"]]
    return Pieces(model["vocab"], [(left, right) for left, right in merges])


def special_tokens(layout: Layout) -> tuple[str, ...]:
    """The special tokens of a layout, in the order of their ids, timestamps left out."""
    language = ("<|en|>",) if layout == "multilingual" else ()
    return (_END, _START, *language, *_TASKS, _NO_TIMESTAMPS)


def timestamp_tokens(window_s: float) -> tuple[str, ...]:
    """`<|0.00|>` … up to the window, every 20 ms."""
    return tuple(
        f"<|{step * TIMESTAMP_STEP_S:.2f}|>"
        for step in range(round(window_s / TIMESTAMP_STEP_S) + 1)
    )


def build_tokenizer(pieces: Pieces, layout: Layout, window_s: float) -> WhisperTokenizerFast:
    """The transformers tokenizer of a layout over the shared pieces."""
    from transformers import AddedToken, WhisperTokenizerFast

    # The constructor already looks special tokens up, so they are in the vocabulary from the start.
    specials = {
        token: len(pieces.vocab) + offset for offset, token in enumerate(special_tokens(layout))
    }
    tokenizer = WhisperTokenizerFast(
        vocab=pieces.vocab | specials,
        merges=list(pieces.merges),
        language="en" if layout == "multilingual" else None,
        task="transcribe" if layout == "multilingual" else None,
        pad_token=_END,
    )
    tokenizer.add_tokens(
        [AddedToken(token, special=True, normalized=False) for token in special_tokens(layout)],
        special_tokens=True,
    )
    tokenizer.add_tokens(
        [AddedToken(token, special=False, normalized=False) for token in timestamp_tokens(window_s)]
    )
    tokenizer.model_max_length = 1024
    return tokenizer


def prompt_tokens(layout: Layout) -> tuple[str, ...]:
    """What stands before the text in every sequence of a layout."""
    language = ("<|en|>", "<|transcribe|>") if layout == "multilingual" else ()
    return (_START, *language, _NO_TIMESTAMPS)
