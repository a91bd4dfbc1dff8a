"""Makes dictation sessions with the present settings: microphone, recordings, prompt, engine."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from dictate.dictation.engine_link import EngineLink
from dictate.dictation.kept_source import KeptSource
from dictate.dictation.recognition import RecognitionOptions
from dictate.dictation.session import Listener, Session, SessionOptions
from dictate.dictation.spool import SAMPLE_RATE_HZ, SpooledUtterance
from dictate.engine.protocol import MAX_CONTEXT_CHARACTERS
from dictate.lsp.document import Document
from dictate.lsp.hands_free import HandsFree
from dictate.lsp.protocol import CommandArgument
from dictate.lsp.settings import Settings
from dictate.lsp.writing import Writing
from dictate.vad.segmenter import SegmenterOptions

if TYPE_CHECKING:
    from dictate.audio.microphone import Microphone
    from dictate.audio.source import AudioSource

_T = TypeVar("_T")

_DEFAULT_WINDOW_S = 10.0
"""Longest segment while the engine has not said how much it takes in one piece."""
_LONGEST_SEGMENT_S = 28.0
_CONTEXT_BEFORE_CHARACTERS = MAX_CONTEXT_CHARACTERS * 3 // 4
_HANDS_FREE_KEEP_OPEN_S = 30.0


class LiveSessions:
    """The sessions of one server process: one microphone, one engine."""

    def __init__(self, link: EngineLink, executor: Executor, settings: Settings) -> None:
        """Take what sessions need; `settings` and `window_s` may be replaced at any time."""
        self.settings = settings
        self.window_s = 0.0
        self._link = link
        self._executor = executor
        self._microphone: Microphone | None = None
        self._microphone_wanted: tuple[str | None, float] = (None, 0.0)
        self._chosen_device: str | None = None

    @property
    def device(self) -> str | None:
        """Name of the microphone that is used; None: the system's default."""
        return self._chosen_device or self.settings.microphone.device

    def choose_device(self, name: str | None) -> None:
        """Use another microphone from the next dictation on, whatever the settings say."""
        self._chosen_device = name

    async def live(
        self,
        file: str | None,
        *,
        realtime: bool,
        spooled: SpooledUtterance,
        document: Document,
        offset: int,
        writing: Writing,
        listener: Listener,
        hands_free: HandsFree | None = None,
    ) -> tuple[Session, str]:
        """See `controller.SessionFactory`."""

        def open_source() -> "AudioSource":
            if file is None:
                keep_open_s = self.settings.microphone.keep_open_s
                # Between two dictations nobody stops listening.
                least_s = 0.0 if hands_free is None else _HANDS_FREE_KEEP_OPEN_S
                return self._open_microphone(max(keep_open_s, least_s))
            if hands_free is not None and hands_free.source is not None:
                return hands_free.source
            from dictate.audio.file import FileSource

            return FileSource(Path(file), realtime=realtime)

        source = await self._in_thread(open_source)
        options = self._options(writing, self._context(document, offset))
        if hands_free is not None:
            hands_free.source = source
            options = _ending_at_pauses(options, hands_free)
        session = Session(source, spooled, self._link, options, listener, self._executor)
        return session, source.description

    def hands_free(self, argument: CommandArgument) -> HandsFree:
        """See `controller.SessionFactory`."""
        return HandsFree(argument, self.settings.hands_free)

    def rest(self) -> None:
        """See `controller.SessionFactory`: the microphone stays open as long as set, no longer."""
        wanted = (self.device, self.settings.microphone.keep_open_s)
        if self._microphone is not None and self._microphone_wanted != wanted:
            self.close()

    async def kept(
        self,
        spooled: SpooledUtterance,
        document: Document,
        offset: int,
        writing: Writing,
        listener: Listener,
    ) -> tuple[Session, str]:
        """See `controller.SessionFactory`."""
        samples = await self._in_thread(spooled.samples)
        source = KeptSource(samples, "kept audio")
        minutes = len(samples) / SAMPLE_RATE_HZ / 60
        options = self._options(writing, self._context(document, offset), minutes)
        session = Session(source, None, self._link, options, listener, self._executor)
        return session, source.description

    def close(self) -> None:
        """Close the microphone."""
        if self._microphone is not None:
            self._microphone.close()
            self._microphone = None

    def _options(
        self, writing: Writing, context: str, least_minutes: float = 0.0
    ) -> SessionOptions:
        settings = self.settings
        window_s = min(self.window_s or _DEFAULT_WINDOW_S, _LONGEST_SEGMENT_S)
        segmenter = SegmenterOptions(
            speech_threshold=settings.vad.threshold,
            silence_threshold=max(settings.vad.threshold - 0.15, 0.02),
            min_silence_ms=settings.vad.min_silence_ms,
            max_segment_ms=1000 * window_s,
        )
        return SessionOptions(
            segmenter=segmenter,
            recognition=RecognitionOptions(
                prompt=writing.prompt,
                phrases=writing.phrases,
                language=settings.language,
                context=context,
            ),
            partials=settings.partials.enabled and not least_minutes,
            max_minutes=max(settings.max_utterance_minutes, least_minutes + 1),
        )

    def _context(self, document: Document, offset: int) -> str:
        """What stands around the place; whoever gives the engine no names gives it no text."""
        if not self.settings.prompt.enabled:
            return ""
        start = max(0, offset - _CONTEXT_BEFORE_CHARACTERS)
        return document.text[start : start + MAX_CONTEXT_CHARACTERS]

    def _open_microphone(self, keep_open_s: float) -> "AudioSource":
        """Return the microphone, on an executor's thread; nothing listens to it then."""
        from dictate.audio.microphone import Microphone

        wanted = (self.device, keep_open_s)
        if self._microphone is None or wanted != self._microphone_wanted:
            self.close()
            self._microphone = Microphone(wanted[0], wanted[1])
            self._microphone_wanted = wanted
        return self._microphone

    def _in_thread(self, call: "Callable[[], _T]") -> "asyncio.Future[_T]":
        return asyncio.get_running_loop().run_in_executor(self._executor, call)


def _ending_at_pauses(options: SessionOptions, hands_free: HandsFree) -> SessionOptions:
    segmenter = replace(options.segmenter, min_silence_ms=hands_free.pause_ms)
    return replace(options, segmenter=segmenter, carried=hands_free.carried)
