"""Where in a document was lately edited."""

from __future__ import annotations

_SPOTS = 8
_NEAR_CHARACTERS = 200  # typing goes on at the same spot


class RecentEdits:
    """The last few spots that were edited, the latest first; they move with the text."""

    def __init__(self) -> None:
        self.spots: list[int] = []

    def note(self, start: int, end: int, new_length: int) -> None:
        """An edit replaced what lies between two offsets by so many characters."""
        moved = new_length - (end - start)
        here = start + new_length
        others = [spot if spot < start else max(start, spot + moved) for spot in self.spots]
        far = [spot for spot in others if abs(spot - here) > _NEAR_CHARACTERS]
        self.spots = [here, *far][:_SPOTS]
