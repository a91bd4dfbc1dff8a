"""What the rest of Dictate knows about where sound comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from dictate.errors import DictateError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    OnBlock = Callable[[NDArray[np.int16]], None]
    OnEnd = Callable[["AudioError | None"], None]


class AudioError(DictateError):
    """A microphone or a sound file that cannot be used."""


class AudioSource(Protocol):
    """16 kHz mono sound from a microphone or a file."""

    @property
    def description(self) -> str:
        """The device's name, or the file's."""

    def start(self, on_block: OnBlock, on_end: OnEnd) -> None:
        """Begin to deliver sound; returns at once and raises no `AudioError`.

        Both callbacks come from a thread of the source's own, one at a time, in order, and never
        after `stop` has returned.

        Args:
            on_block: takes int16[n], 10 to 60 ms of sound (the first and the last may be shorter).
            on_end: called at most once, after the last block: with None when a file ran out, with
                the error when there is no such device or file, or when it was lost.
        """

    def stop(self) -> None:
        """Deliver what was captured so far, to the resampler's last sample, and end.

        Idempotent. `on_end` is not called for a source that was stopped. Called from inside a
        callback, it returns at once and the rest is delivered after that callback.
        """
