"""The pair that decodes: loaded, made smaller where memory runs out, exchanged for another.

Its attributes may be read from any thread; everything that changes them runs on the decoding
thread, so that no utterance sees half a change.
"""

from __future__ import annotations

import logging
import time
from concurrent.futures import Future
from typing import TYPE_CHECKING, Final

from dictate.engine.protocol import EngineError, EngineOptions, EngineState
from dictate.errors import DictateError
from dictate.models.registry import PairEntry, Registry

if TYPE_CHECKING:
    from dictate.engine.draft_memory import DraftMemory
    from dictate.engine.fit import Fit
    from dictate.engine.loading import LoadedPair, ReadPair
    from dictate.engine.transcriber import Transcriber

OUT_OF_MEMORY: Final = "memory ran out: close other programs or choose a smaller pair, then retry"

_logger = logging.getLogger(__name__)


class PairHolder:
    """A pair that is loading, ready or failed.

    Attributes:
        options: what was asked for last and could be had.
        state: of the pair.
        reason: why it failed, or why the last utterance could not be decoded.
        notices: one line for each thing that the user should know.
        target: name of the model, known before it is loaded.
        draft: the same of the draft, None: there is none.
        entry: the pair that runs, perhaps a smaller one than was asked for.
        fit: how it fits into memory.
        follows_prompts: the target was trained with prompts.
        transcriber: decodes; None while nothing is loaded.
        memory: what there is to draft with, None while nothing is loaded.
        loaded: done when the first pair is warm; ends with an `EngineError` when it cannot run.
    """

    def __init__(self, options: EngineOptions) -> None:
        """Prepare; nothing is imported or read until `load`."""
        self.options = options
        self.state: EngineState = "loading"
        self.reason: str | None = None
        self.notices: list[str] = []
        self.target = options.target or options.pair
        self.draft: str | None = None
        self.entry: PairEntry | None = None
        self.fit: Fit | None = None
        self.follows_prompts = False
        self.transcriber: Transcriber | None = None
        self.memory: DraftMemory | None = None
        self.loaded: Future[None] = Future()
        self._registry: Registry | None = None
        self._is_smaller = False

    def runs(self, options: EngineOptions) -> bool:
        """What `options` ask for is what decodes, and no smaller pair in its place."""
        is_whole = self.state == "ready" and self.transcriber is not None and not self._is_smaller
        return is_whole and self.options.runs_like(options)

    def load(self) -> None:
        """Load the pair; never raises: the outcome is in the state and in `loaded`."""
        start_s = time.monotonic()
        try:
            registry = self._registry = Registry.load()
            from dictate.engine.fit import chosen

            entry = chosen(self.options, registry)
            self.target = entry.target.name
            self.draft = None if entry.draft is None else entry.draft.name
            self.follows_prompts = entry.follows_prompts
            # Slow to import, and not to be waited for before the engine accepts connections.
            from dictate.engine.loading import load_pair

            loaded = load_pair(entry, self.options, registry)
        except Exception as error:  # noqa: BLE001 - whatever it is, clients are told
            self.reason = reason_of(error, self.options.name)
            self.state = "failed"
            _logger.error("failed: %s", self.reason)  # noqa: TRY400
            self.loaded.set_exception(EngineError(self.reason))
            return
        for notice in registry.notices:
            self._notify(notice)
        self._decode_with(loaded)
        self._is_smaller = loaded.entry is not entry
        _logger.info("warm after %.1f s", time.monotonic() - start_s)
        self.loaded.set_result(None)

    def take(self, read: ReadPair, options: EngineOptions, registry: Registry) -> None:
        """Decode with another pair from now on; the one before is given back."""
        from dictate.engine.loading import settle

        loaded = settle(read)
        self._forget()
        self._succeed_with(loaded, options, registry)

    def exchange(self, entry: PairEntry, options: EngineOptions, registry: Registry) -> None:
        """Give back the pair that runs, then load another, because both do not fit.

        Raises:
            EngineError: it cannot run; the pair before runs again.
        """
        from dictate.engine.loading import load_pair

        assert self.entry is not None and self._registry is not None, "a pair was loaded"
        before = (self.entry, self.options, self._registry)
        failure: str | None = None
        loaded = None
        self._forget()
        try:
            loaded = load_pair(entry, options, registry, or_smaller=False)
        except Exception as error:  # noqa: BLE001 - whatever it is, the pair before comes back
            failure = reason_of(error, options.name)
        if loaded is not None:
            self._succeed_with(loaded, options, registry)
            return
        # Behind the handler: the exception held on to what had been loaded.
        self._forget()
        try:
            self._decode_with(load_pair(*before))
        except Exception as error:  # noqa: BLE001 - the next utterance tries it again
            _logger.error("the pair before is gone, too: %s", type(error).__name__)  # noqa: TRY400
        raise EngineError(failure or OUT_OF_MEMORY)

    def make_room(self) -> None:
        """Memory ran out: take what needs less of it.

        Raises:
            EngineError: there is nothing; the next utterance tries the wanted pair again.
        """
        from dictate.engine.loading import load_instead, load_pair

        assert self.entry is not None and self._registry is not None, "a pair was loaded"
        entry, registry = self.entry, self._registry
        was_lost, ran_out_on = self.transcriber is None, self._device
        self._forget()
        try:
            if was_lost:
                loaded = load_pair(entry, self.options, registry)
            else:
                loaded = load_instead(entry, ran_out_on, self.options, registry)
        except Exception as error:
            _logger.error("no pair fits any more: %s", type(error).__name__)  # noqa: TRY400
            self.reason = str(error) if isinstance(error, DictateError) else OUT_OF_MEMORY
            raise EngineError(self.reason) from error
        self._decode_with(loaded)
        self._is_smaller = self._is_smaller or not was_lost or loaded.entry is not entry

    @property
    def _device(self) -> str:
        return self.fit.device if self.fit is not None else "cpu"

    def _forget(self) -> None:
        """Give back what is loaded."""
        import torch

        from dictate.asr.free_memory import give_back

        device = self._device
        self.transcriber = self.memory = None
        give_back(torch.device(device))

    def _succeed_with(self, loaded: LoadedPair, options: EngineOptions, registry: Registry) -> None:
        """Another pair than before: what was said of that one is of no more interest."""
        self.options, self._registry = options, registry
        self.target = loaded.entry.target.name
        self.draft = None if loaded.entry.draft is None else loaded.entry.draft.name
        self.notices = []
        for notice in registry.notices:
            self._notify(notice)
        self._decode_with(loaded)
        self._is_smaller = False
        _logger.info("changed to the pair %s", options.name)

    def _decode_with(self, loaded: LoadedPair) -> None:
        from dictate.engine.draft_memory import DraftMemory

        self.memory = DraftMemory(loaded.transcriber.pair.tokens)
        self.follows_prompts = loaded.entry.follows_prompts
        self.entry, self.fit = loaded.entry, loaded.fit
        self.transcriber = loaded.transcriber
        # First of all: who sees that it is ready looks at the notices once.
        for notice in loaded.notices:
            self._notify(notice)
        self.state, self.reason = "ready", None

    def _notify(self, notice: str) -> None:
        if notice not in self.notices:
            self.notices.append(notice)
            _logger.warning("%s", notice)


def reason_of(error: BaseException, pair: str) -> str:
    """One line that says why a pair cannot be loaded; what is no fault of ours is logged."""
    if isinstance(error, DictateError):
        return str(error)
    _logger.error("loading failed", exc_info=error)
    what = " ".join(f"{type(error).__name__}: {error}".split())
    return f"the pair {pair!r} cannot be loaded ({what}): see the engine's log"
