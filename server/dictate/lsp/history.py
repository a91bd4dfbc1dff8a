"""What was dictated lately: in this process's memory alone, never in a file or a log."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Final

from dictate.lsp.protocol import HistoryEntry, HistoryList

if TYPE_CHECKING:
    from dictate.lsp.utterance import Result, Utterance

_KEPT: Final = 100


class History:
    """The last dictations that reached a document, or failed and can be retried."""

    def __init__(self) -> None:
        """Begin with none."""
        self._entries: deque[HistoryEntry] = deque(maxlen=_KEPT)

    def add(self, utterance: Utterance, result: Result) -> None:
        """One has ended; what was cancelled, and what has neither text nor sound, is not kept.

        A dictation that failed and was then retried is listed once, as it ended last.
        """
        nothing = not result.text and (result.ending == "inserted" or result.audio_ms == 0)
        if result.ending == "cancelled" or nothing:
            return
        entry = HistoryEntry(
            utterance_id=utterance.id,
            uri=utterance.uri,
            text=result.text,
            heard=result.heard,
            outcome=result.ending,
            spoken_at=_utc(utterance.spooled.created_s),
            audio_ms=round(result.audio_ms, 1),
            latency_ms=None,
        )
        if result.ending == "inserted" and "total" in result.timings_ms:
            entry.latency_ms = round(result.timings_ms["total"], 1)
        if result.message is not None:
            entry.message = result.message
        for earlier in self._entries:
            if earlier.utterance_id == entry.utterance_id:
                self._entries.remove(earlier)
                break
        self._entries.append(entry)

    def listed(self) -> HistoryList:
        """All that are kept, the newest first."""
        return HistoryList(entries=list(reversed(self._entries)))


def _utc(time_s: float) -> str:
    moment = datetime.fromtimestamp(time_s, timezone.utc)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
