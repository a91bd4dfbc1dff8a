"""What an editor without our plugin shows of a dictation: one work-done progress.

It begins when the microphone is opened, shows the state and then the last words that were
understood, and ends with the dictation. An editor that has no progress is told once per dictation
that it listens: without that its user would not know when to speak.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from dictate.lsp.progress import EditorProgress
from dictate.lsp.protocol import Message, Partial, StateChange

_TITLE: Final = "Dictate"
_LISTENS: Final = ("listening", "listening hands-free")
_REPORT_S: Final = 0.15
"""Words that come faster are collected."""
_MOST_CHARACTERS: Final = 40
"""Of the text so far: status lines are short, and what was said last is what is looked at."""


class Indicator:
    """Follows the messages that our plugins get; lives on the event loop."""

    def __init__(
        self,
        make_progress: Callable[[], EditorProgress],
        tell: Callable[[str], None],
        on_cancel: Callable[[], object],
    ) -> None:
        """Show nothing yet.

        Args:
            make_progress: makes a progress that was not begun.
            tell: shows a line, where there is no progress.
            on_cancel: called when the user ends the progress.
        """
        self._make_progress = make_progress
        self._tell = tell
        self._on_cancel = on_cancel
        self._utterance_id: str | None = None
        self._state = ""
        self._words = ""
        self._is_told = False
        self._changed = asyncio.Event()
        self._showing: asyncio.Future[None] | None = None

    def take(self, message: Message) -> None:
        """Show what is new, if it is of interest."""
        if isinstance(message, StateChange):
            if message.utterance_id != self._utterance_id:
                self._utterance_id, self._words = message.utterance_id, ""
            is_hands_free = message.mode != "manual" and message.state == "listening"
            self._state = "" if message.state == "idle" else message.state
            self._state += " hands-free" if is_hands_free else ""
            self._is_told = self._is_told and message.state not in ("idle", "starting")
        elif isinstance(message, Partial) and message.utterance_id == self._utterance_id:
            self._words = last_words(message.text)
        else:
            return
        self._changed.set()
        if self._state and self._showing is None:
            self._showing = asyncio.ensure_future(self._show())

    async def _show(self) -> None:
        progress = self._make_progress()
        try:
            await progress.begin(_TITLE, self._on_cancel, at_once=True)
            while self._state:
                self._changed.clear()
                if progress.is_shown:
                    state = self._state
                    progress.report(f"{state}: {self._words}" if self._words else state, None)
                elif self._state in _LISTENS and not self._is_told:
                    self._is_told = True
                    self._tell(f"{_TITLE}: {self._state}")
                await self._changed.wait()
                await asyncio.sleep(_REPORT_S)
        finally:
            progress.end()
            self._showing = None


def last_words(text: str) -> str:
    """The end of a text in one line, cut between words."""
    line = " ".join(text.split())
    if len(line) <= _MOST_CHARACTERS:
        return line
    end = line[-_MOST_CHARACTERS:]
    _cut, space, whole = end.partition(" ")
    return f"…{whole if space and whole else end}"
