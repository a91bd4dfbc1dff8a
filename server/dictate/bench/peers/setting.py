"""What every peer is given, and what it answers when it cannot run that."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from dictate.asr.checkpoint import Checkpoint
from dictate.asr.tokens import Tokens
from dictate.errors import DictateError

Samples: TypeAlias = NDArray[np.float32]
Run: TypeAlias = Callable[[Samples], list[int]]
"""Sound in, the transcript's ids out, without initial and end tokens."""

_POSITION_HZ = 50
"""Encoder positions in a second of sound."""


class CannotRunError(DictateError):
    """A peer cannot run this checkpoint here; the message is the reason."""


@dataclass(frozen=True)
class Setting:
    """One comparison; what is read from the checkpoint is read once, outside the times.

    Attributes:
        folder: the checkpoint, in transformers' layout.
        language: of the speech; ignored by checkpoints for one language.
        max_new_tokens: bound on the transcript, the end not counted.
        device: `cpu` or `cuda`.
        threads: as many as Dictate uses.
        work_folder: for converted weights.
    """

    folder: Path
    language: str
    max_new_tokens: int
    device: str
    threads: int
    work_folder: Path

    @cached_property
    def checkpoint(self) -> Checkpoint:
        """The opened checkpoint."""
        return Checkpoint.open(self.folder)

    @cached_property
    def tokens(self) -> Tokens:
        """Its vocabulary."""
        return Tokens(self.checkpoint)

    @property
    def window_s(self) -> float:
        """The checkpoint's whole window."""
        return self.checkpoint.dimensions.max_source_positions / _POSITION_HZ

    def until_end(self, tokens: list[int]) -> list[int]:
        """What stands before the first end token."""
        end = self.tokens.end
        return tokens[: tokens.index(end)] if end in tokens else tokens

    def positions(self, samples: Samples, *, short: bool) -> int:
        """Encoder positions of the whole window, or only as many as the sound fills."""
        if not short:
            return self.checkpoint.dimensions.max_source_positions
        return -(-samples.size // (2 * self.checkpoint.framing.hop_samples))
