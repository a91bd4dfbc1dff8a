"""One place for lines and progress, in editors that have no two.

Helix writes both into its last line and clears that where a progress ends: a line that comes while
a progress is shown, or right before one begins, would be gone before it is read. So a progress
makes room for a line, and comes back when the line has had time to be read.
"""

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

READING_S: Final = 3.0
"""What a line has to itself; a sentence of twelve words at 240 words a minute."""


class Sharing(Protocol):
    """A progress that shares the place.

    Attributes:
        is_beginning: the editor was asked to show it and has not answered.
    """

    is_beginning: bool

    def make_room(self, for_s: float) -> None:
        """Leave the place, for so many seconds."""


class StatusLine:
    """What shares the place; lives on the event loop."""

    def __init__(self) -> None:
        """Nothing is shown."""
        self._sharing: list[Sharing] = []
        self._waiting: list[Callable[[], object]] = []
        self._until_s = 0.0

    def tell(self, show: Callable[[], object]) -> None:
        """Have a line shown: now, or when a progress that is just being begun can leave.

        Args:
            show: shows it.
        """
        if any(progress.is_beginning for progress in self._sharing):
            self._waiting.append(show)
            return
        self._until_s = asyncio.get_running_loop().time() + READING_S
        for progress in self._sharing:
            progress.make_room(READING_S)
        show()

    def left_s(self) -> float:
        """Seconds that the last line still needs; 0.0: none."""
        return max(0.0, self._until_s - asyncio.get_running_loop().time())

    def join(self, progress: Sharing) -> None:
        """From now on this one shares the place."""
        self._sharing.append(progress)

    def leave(self, progress: Sharing) -> None:
        """This one is done."""
        self._sharing.remove(progress)

    def settle(self) -> None:
        """A progress is begun, or will not be: what waited for that is told."""
        waiting, self._waiting = self._waiting, []
        for show in waiting:
            self.tell(show)


class OwnPlaces(StatusLine):
    """Our plugins show lines and progress in places of their own."""

    def tell(self, show: Callable[[], object]) -> None:
        """Have a line shown at once; see `StatusLine`."""
        show()
