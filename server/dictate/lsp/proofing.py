"""Looking over the last dictated text: what was heard, what else it could be, what it teaches."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dictate.errors import DictateError
from dictate.lsp.client import EditorClient
from dictate.lsp.dictated import Dictated, DictatedTexts
from dictate.lsp.document import Document
from dictate.lsp.documents import Documents
from dictate.lsp.protocol import Alternatives, Choice
from dictate.lsp.rewriting import Rewriter

if TYPE_CHECKING:
    from dictate.lsp.anchor import Replacement
    from dictate.text.vocabulary.learned import Learned
    from dictate.text.written import Command

_MOST_CHOICES: Final = 30
_WATCHED_S: Final = 60.0
"""A correction by hand later than this is a change of mind."""
_SETTLED_S: Final = 3.0
"""Nobody has typed for so long: the correction is finished."""
NOTHING_DICTATED: Final = "nothing was dictated lately, or it is gone from its document"
_NO_SUCH: Final = "there is no such alternative any more: list them again"
_CHANGED: Final = "the text was changed since: it stays as it is"

_log = logging.getLogger(__name__)


class Proofing:
    """What can be done with the text that was dictated last."""

    def __init__(
        self,
        documents: Documents,
        client: EditorClient,
        executor: Executor,
        vocabulary_path: Callable[[], Path],
    ) -> None:
        """Nothing was dictated yet.

        Args:
            documents: that are open.
            client: who makes the changes and is told.
            executor: threads for the vocabulary's file.
            vocabulary_path: of the user's own words.
        """
        self.texts = DictatedTexts(documents)
        self.learns = True
        self._documents = documents
        self._client = client
        self._executor = executor
        self._vocabulary_path = vocabulary_path
        self._rewriter = Rewriter(documents, client)
        self._choices: list[tuple[Dictated, int | None, str]] = []
        # One change at a time: the next begins with what the one before has left.
        self._turn = asyncio.Lock()
        self._background: set[asyncio.Future[None]] = set()
        self._watches: dict[Dictated, Callable[[], None]] = {}

    def inserted(self, dictated: Dictated) -> None:
        """A text has just been inserted: it is the last one now, and watched for corrections."""
        self.look()
        self.texts.add(dictated)
        if self.learns and dictated.heard.words:
            self._watch(dictated)

    async def raw(self, utterance_id: str | None = None) -> str | None:
        """Put what was heard in place of what was written, or back.

        Args:
            utterance_id: whose text; None: the last one.

        Returns:
            The utterance that it was done to; None: none, and the user was told why.
        """
        async with self._turn:
            return await self._raw(utterance_id)

    async def _raw(self, utterance_id: str | None) -> str | None:
        dictated = self._last() if utterance_id is None else self.texts.find(utterance_id)
        if dictated is None:
            if utterance_id is not None:
                self._tell(_CHANGED)
            return None
        if dictated.raw_text == dictated.text:
            self._tell("the text stands there just as it was heard")
            return None
        wanted = dictated.text if dictated.is_raw else dictated.raw_text
        if await self._rewrite(dictated, wanted):
            dictated.is_raw = not dictated.is_raw
            return dictated.utterance_id
        return None

    def alternatives(self) -> Alternatives:
        """What else the last text, or a part of it, could be; the most doubtful part first."""
        dictated = self.texts.last()
        if dictated is None:
            self._choices = []
            return Alternatives(utterance_id=None, uri=None, text="", choices=[])
        offers = self._offers(dictated)
        self._choices = [(dictated, index, choice.label) for choice, index in offers]
        return Alternatives(
            utterance_id=dictated.utterance_id,
            uri=dictated.range.uri,
            text=dictated.core,
            choices=[choice for choice, _index in offers],
        )

    def choices_of(self, dictated: Dictated) -> list[Choice]:
        """What else a text could be, as `alternatives`; what was listed before stays so."""
        return [choice for choice, _index in self._offers(dictated)]

    def _offers(self, dictated: Dictated) -> list[tuple[Choice, int | None]]:
        """The choices, each with the span that it replaces; None: the whole text."""
        offers: list[tuple[Choice, int | None]] = []

        def offer(index: int | None, replacement: str, detail: str) -> None:
            if len(offers) < _MOST_CHOICES:
                choice = Choice(index=len(offers), label=replacement, detail=detail)
                offers.append((choice, index))

        if not dictated.is_raw:
            spans = sorted(enumerate(dictated.spans), key=lambda each: each[1].confidence)
            for index, span in spans:
                present = dictated.text[span.start : span.end]
                for alternative in dict.fromkeys(span.alternatives):
                    if alternative != present:
                        offer(index, alternative, f"instead of {present}")
        other = dictated.core if dictated.is_raw else dictated.heard.text.strip()
        if other != (dictated.raw_text if dictated.is_raw else dictated.text).strip():
            offer(None, other, "as it was written" if dictated.is_raw else "as it was heard")
        return offers

    async def choose(self, index: int) -> str | None:
        """Take one of the alternatives that were listed last, and learn from it.

        Returns:
            As `raw`.
        """
        if not 0 <= index < len(self._choices):
            self._tell(_NO_SUCH)
            return None
        dictated, span_index, replacement = self._choices[index]
        self._choices = []
        async with self._turn:
            return await self._take(dictated, span_index, replacement)

    async def choose_of(self, utterance_id: str, index: int, label: str) -> str | None:
        """Take the alternative of a text that was offered with this index and label, and learn.

        Returns:
            As `raw`.
        """
        async with self._turn:
            dictated = self.texts.find(utterance_id)
            offers = [] if dictated is None else self._offers(dictated)
            if dictated is None or index >= len(offers) or offers[index][0].label != label:
                self._tell(_NO_SUCH)
                return None
            return await self._take(dictated, offers[index][1], label)

    async def _take(
        self, dictated: Dictated, span_index: int | None, replacement: str
    ) -> str | None:
        if span_index is None:
            return await self._raw(dictated.utterance_id)
        span = dictated.spans[span_index]
        text = dictated.text[: span.start] + replacement + dictated.text[span.end :]
        if not await self._rewrite(dictated, text):
            return None
        from dictate.text.vocabulary.corrections import choice

        learned = choice(dictated.written, dictated.heard, span_index, replacement)
        self._learn([] if learned is None else [learned])
        longer = len(replacement) - (span.end - span.start)
        dictated.text = text
        dictated.spans = tuple(
            replace(
                each,
                start=each.start + (longer if number > span_index else 0),
                end=each.end + (longer if number >= span_index else 0),
            )
            for number, each in enumerate(dictated.spans)
        )
        return dictated.utterance_id

    async def obey(self, command: Command) -> str | None:
        """Carry out a spoken command about the last text.

        Returns:
            Why it was not done; None: it was, or the user was told.
        """
        async with self._turn:
            return await self._obey(command)

    async def _obey(self, command: Command) -> str | None:
        if command.name == "raw":
            await self._raw(None)
            return None
        dictated = self.texts.last()
        if dictated is None:
            return NOTHING_DICTATED
        if command.name in ("scratch", "undo"):
            if await self._rewrite(dictated, "", whatever=True):
                self.texts.remove(dictated)
        elif command.name == "format":
            from dictate.text.spoken_forms.interpreter import format_text

            core = self.texts.standing(dictated).strip()
            text = dictated.leading + format_text(core, command.argument) + dictated.trailing
            if await self._rewrite(dictated, text, whatever=True):
                dictated.text, dictated.spans, dictated.is_raw = text, (), False
        elif command.name == "select":
            document = self._documents.get(dictated.range.uri)
            if document is None or not await self._select(document, dictated):
                return "the text is in no window: it cannot be selected"
        else:
            return f"there is no command {command.name}"
        return None

    def look(self) -> None:
        """Learn now from what was corrected by hand; who goes on dictating has finished that."""
        for dictated in list(self._watches):
            self._look_at(dictated)

    def leave(self) -> None:
        """The server goes away: watch nothing any more."""
        for stop in list(self._watches.values()):
            stop()

    def _last(self) -> Dictated | None:
        dictated = self.texts.last()
        if dictated is None:
            self._tell(NOTHING_DICTATED)
        return dictated

    async def _rewrite(self, dictated: Dictated, text: str, *, whatever: bool = False) -> bool:
        """Give a text another spelling; False: the user was told why not.

        Args:
            dictated: it.
            text: its new spelling.
            whatever: do so, too, where somebody changed it meanwhile.
        """
        expected = dictated.raw_text if dictated.is_raw else dictated.text
        if not whatever and self.texts.standing(dictated) != expected:
            self._tell(_CHANGED)
            return False
        # What is changed from here on is no correction by hand.
        dictated.is_learned = True
        try:
            await self._rewriter.rewrite(dictated.utterance_id, dictated.range, text)
        except DictateError as error:
            self._tell(str(error))
            return False
        return True

    async def _select(self, document: Document, dictated: Dictated) -> bool:
        start, end = dictated.range.start, dictated.range.end
        text = document.text[start:end]
        start += len(text) - len(text.lstrip())
        end -= len(text) - len(text.rstrip())
        return await self._client.select(
            document.uri, document.position_at(start), document.position_at(end)
        )

    def _watch(self, dictated: Dictated) -> None:
        document = self._documents.get(dictated.range.uri)
        if document is None:
            return
        loop = asyncio.get_running_loop()
        settled: asyncio.TimerHandle | None = None

        def changed(_change: Replacement) -> None:
            nonlocal settled
            if settled is not None:
                settled.cancel()
            settled = loop.call_later(_SETTLED_S, self._look_at, dictated)

        def stop() -> None:
            self._watches.pop(dictated, None)
            over.cancel()
            if settled is not None:
                settled.cancel()
            if changed in document.watchers:
                document.watchers.remove(changed)

        over = loop.call_later(_WATCHED_S, stop)
        document.watchers.append(changed)
        self._watches[dictated] = stop

    def _look_at(self, dictated: Dictated) -> None:
        stands = self.texts.standing(dictated)
        if stands == dictated.text:
            return
        self._watches[dictated]()
        if dictated.is_learned or not stands.strip():
            return
        dictated.is_learned = True
        from dictate.text.vocabulary.corrections import correction, refuted

        as_placed = replace(dictated.written, text=dictated.text, spans=dictated.spans)
        self._learn(
            correction(as_placed, dictated.heard, stands),
            refuted(as_placed, dictated.heard, stands),
        )

    def _learn(self, learned: list[Learned], refuted: Sequence[str] = ()) -> None:
        if not self.learns or not (learned or refuted):
            return
        path = self._vocabulary_path()

        def write() -> None:
            from dictate.text.vocabulary.remembering import forget, remember

            for spelling in refuted:
                forget(path, spelling)
            if learned:
                remember(path, learned)

        async def keep() -> None:
            try:
                await asyncio.get_running_loop().run_in_executor(self._executor, write)
            except DictateError as error:
                self._tell(str(error))
                return
            _log.info("learned %d names", len(learned))

        keeping = asyncio.ensure_future(keep())
        self._background.add(keeping)
        keeping.add_done_callback(self._background.discard)

    async def settled(self) -> None:
        """Wait until what was learned is on the disk."""
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*self._background)

    def _tell(self, line: str) -> None:
        self._client.tell("info", f"Dictate: {line}")
