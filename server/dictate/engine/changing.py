"""Changes of the pair while it serves: loaded beside the old one, which decodes until it is warm.

One change runs at a time, on a thread of its own, and the last one asked for stands. Where both
pairs do not fit into memory at once, the old one is given back first and utterances wait. A change
that fails leaves the old pair at work and says why.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future

from dictate.engine.holder import PairHolder, reason_of
from dictate.engine.protocol import EngineOptions
from dictate.models.registry import Registry

_logger = logging.getLogger(__name__)


class PairChanges:
    """Takes wishes from any thread; `under_way` and `fault` tell what becomes of them."""

    def __init__(
        self, holder: PairHolder, between: Callable[[Callable[[], None]], Future[None]]
    ) -> None:
        """Change what `holder` holds.

        Args:
            holder: of the pair.
            between: calls a function on the decoding thread, between two utterances.
        """
        self._holder = holder
        self._between = between
        self._lock = threading.Lock()
        self._one_at_a_time = threading.Lock()
        self._number = 0
        self._under_way: EngineOptions | None = None
        self.fault: str | None = None

    @property
    def under_way(self) -> str | None:
        """Name of the pair that is being loaded, None: none is."""
        options = self._under_way
        return None if options is None else options.name

    def ask(self, options: EngineOptions) -> None:
        """Run the pair that `options` name from soon on; returns at once.

        Nothing happens where it runs already or is being loaded.
        """
        with self._lock:
            if self._under_way is not None and self._under_way.runs_like(options):
                return
            self.fault = None
            # Whatever is being loaded meanwhile is no longer wanted.
            self._number += 1
            if self._holder.runs(options):
                self._under_way = None
                return
            self._under_way = options
            number = self._number
        threading.Thread(
            target=self._run, args=(options, number), name="dictate-change", daemon=True
        ).start()

    def _run(self, options: EngineOptions, number: int) -> None:
        fault: str | None = None
        with self._one_at_a_time:
            try:
                self._holder.loaded.result()
                if self._is_wanted(number) and not self._holder.runs(options):
                    self._change(options, number)
            except Exception as error:  # noqa: BLE001 - whatever it is, who asked is told
                fault = reason_of(error, options.name)
        with self._lock:
            if number == self._number:
                self.fault, self._under_way = fault, None
        if fault is not None:
            _logger.error("no change to the pair %s: %s", options.name, fault)

    def _change(self, options: EngineOptions, number: int) -> None:
        from dictate.engine.fit import chosen
        from dictate.engine.loading import load_beside

        # Read anew: the files may have come since the engine began.
        registry = Registry.load()
        entry = chosen(options, registry)
        loaded = load_beside(entry, options, registry, self._holder.fit)

        def change() -> None:
            if not self._is_wanted(number):
                return
            if loaded is not None:
                self._holder.take(loaded, options, registry)
            else:
                self._holder.exchange(entry, options, registry)

        self._between(change).result()

    def _is_wanted(self, number: int) -> bool:
        with self._lock:
            return number == self._number
