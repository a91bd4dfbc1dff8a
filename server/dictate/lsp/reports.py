"""What the editor is told of dictations: their state, level and text so far, and how they ended."""

import time

from dictate.lsp.client import EditorClient, Severity
from dictate.lsp.document import Document
from dictate.lsp.history import History
from dictate.lsp.latencies import Latencies
from dictate.lsp.planner import Preview
from dictate.lsp.protocol import (
    Ending,
    Final,
    Level,
    Mode,
    Partial,
    State,
    StateChange,
    WirePosition,
    WireRange,
)
from dictate.lsp.utterance import Result, Utterance
from dictate.text.written import Span

_LEVEL_S = 1 / 15
_SEVERITIES: dict[Ending, Severity] = {
    "failed": "error", "inserted": "warning", "cancelled": "info"
}  # fmt: skip


class Reports:
    """Tells what is new, and how long dictations took."""

    def __init__(self, client: EditorClient) -> None:
        """Begin; nothing was told yet."""
        self.latencies = Latencies()
        self.history = History()
        self.doubtful_below = 0.0
        self._client = client
        self._told: tuple[State, Mode, str | None, str | None] = ("idle", "manual", None, None)
        self._level_s = 0.0

    def state(self, state: State, mode: Mode, shown: Utterance | None) -> None:
        """What the user sees, and the utterance that it is about."""
        told = (state, mode, shown.id if shown else None, shown.device if shown else None)
        if told == self._told:
            return
        self._told = told
        message = StateChange(
            state=state,
            mode=mode,
            utterance_id=told[2],
            uri=shown.uri if shown else None,
            device=told[3],
        )
        self._client.notify("dictate/state", message)

    def level(self, utterance: Utterance, dbfs: float, *, speech: bool) -> None:
        """How loud it is; told about 15 times a second, however often it is known."""
        now_s = time.monotonic()
        if now_s - self._level_s >= _LEVEL_S:
            self._level_s = now_s
            message = Level(utterance_id=utterance.id, dbfs=round(dbfs, 1), speech=speech)
            self._client.notify("dictate/level", message)

    def partial(self, utterance: Utterance, shown: Preview) -> None:
        """What was understood so far."""
        message = Partial(
            utterance_id=utterance.id,
            uri=utterance.uri,
            text=shown.text,
            committed=shown.committed,
        )
        self._client.notify("dictate/partial", message)

    def end(self, utterance: Utterance, result: Result, document: Document | None) -> None:
        """How an utterance ended; in an editor without our plugin only what needs words.

        Args:
            utterance: that ended.
            result: how.
            document: where its text stands; None where it is closed.
        """
        if result.ending == "inserted":
            self.latencies.add(result.timings_ms)
        self.history.add(utterance, result)
        final = Final(
            utterance_id=utterance.id,
            uri=utterance.uri,
            outcome=result.ending,
            text=result.text,
            timings_ms={name: round(value, 1) for name, value in result.timings_ms.items()},
            audio_ms=round(result.audio_ms, 1),
            latency=self.latencies.summary(),
        )
        dictated = result.dictated
        if dictated is not None and document is not None:
            final.heard = dictated.heard.text
            final.range = _range(document, dictated.range.start, dictated.range.end)
            final.doubtful = [
                _range(document, dictated.range.start + start, dictated.range.start + end)
                for start, end in doubtful(dictated.spans, self.doubtful_below)
            ]
        if result.message is not None:
            final.message = result.message
            if not self._client.is_plugin:
                self._client.tell(_SEVERITIES[result.ending], f"Dictate: {result.message}")
        self._client.notify("dictate/final", final)


def doubtful(spans: tuple[Span, ...], below: float) -> list[tuple[int, int]]:
    """Where the stretches of a text begin and end whose words are less likely than `below`."""
    return [(span.start, span.end) for span in spans if span.confidence < below]


def _range(document: Document, start: int, end: int) -> WireRange:
    first, last = document.position_at(start), document.position_at(end)
    return WireRange(
        start=WirePosition(line=first.line, character=first.character),
        end=WirePosition(line=last.line, character=last.character),
    )
