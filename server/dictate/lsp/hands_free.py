"""One stretch of hands-free listening: what outlives the dictations that follow one another."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Final

from dictate.dictation.pause import LEAST_MS, LearnedPause
from dictate.lsp.protocol import CommandArgument, Mode
from dictate.lsp.settings import HandsFreeSettings
from dictate.text.modes import EffectiveMode

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dictate.audio.source import AudioSource

_VIBE_SHARE: Final = 0.75
"""Of the learned pause: a sentence that is cut in two does no harm where a model reads it."""


class HandsFree:
    """From the command that began it to the command, the words or the silence that end it.

    Attributes:
        argument: of the command that began it.
        source: of the sound, once it is open; all dictations share it.
        carried: sound that the dictation before did not want; see `Capture`.
    """

    def __init__(self, argument: CommandArgument, settings: HandsFreeSettings) -> None:
        """Begin."""
        self.argument = argument
        self.source: AudioSource | None = None
        self.carried: list[NDArray[np.int16]] = []
        self._settings = settings
        self._learned = LearnedPause()
        self._spoken_s = time.monotonic()

    @property
    def mode(self) -> Mode:
        """For editors."""
        return "handsFree" if self.argument.preset is None else self.argument.preset

    @property
    def preset(self) -> EffectiveMode | None:
        """How what is said is written, where that does not depend on the place."""
        return self.argument.preset

    @property
    def pause_ms(self) -> float:
        """A pause this long ends a dictation."""
        if self._settings.pause_ms is not None:
            return self._settings.pause_ms
        share = _VIBE_SHARE if self.preset == "vibe" else 1.0
        return max(LEAST_MS, share * self._learned.pause_ms)

    @property
    def is_idle(self) -> bool:
        """Nobody has spoken for so long that nobody will."""
        silent_s = time.monotonic() - self._spoken_s
        return 0 < 60 * self._settings.idle_minutes <= silent_s

    def heard_speech(self) -> None:
        """Somebody begins to speak."""
        self._spoken_s = time.monotonic()
        self._learned.resumed(self._spoken_s)

    def heard_pause(self) -> None:
        """A pause ended a dictation."""
        self._spoken_s = time.monotonic()
        self._learned.ended(self._spoken_s)

    def is_stop(self, text: str) -> bool:
        """Whether the words are the ones that stop the listening, and nothing else."""
        return _bare(text) in {_bare(phrase) for phrase in self._settings.stop_phrases}

    def end(self) -> None:
        """It is over: keep what was learned."""
        self._learned.keep()


def _bare(text: str) -> str:
    """Words in lower case without punctuation, one space between them."""
    return " ".join(re.findall(r"\w+", text.casefold()))
