"""How a download takes a hub in trouble: what it tries again, how long it waits, when it ends."""

from __future__ import annotations

import email.utils
import random
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

from dictate.models import hub
from dictate.models.hub import HubError

FIRST_WAIT_S = 1.0
"""Before the second try after a failure that brought nothing; doubles with each further one."""
LONGEST_WAIT_S: Final = 30.0
LONGEST_ASKED_WAIT_S: Final = 300.0
"""The longest wait that a hub may ask for."""
TRIES: Final = 7
"""In a row without a single byte, then it is given up."""
_TRIES_TO_REACH: Final = 3
BUSY: Final = frozenset({408, 429, 500, 502, 503, 504})
"""HTTP statuses after which the same question may be answered."""

_T = TypeVar("_T")


class PullCancelled(Exception):  # noqa: N818
    """A download ended because whoever began it wanted so; what is there is used by the next."""


class Gate:
    """Open while a download may write; once closed, nothing more reaches the disk."""

    def __init__(self) -> None:
        self._closed = threading.Event()
        self._writing = threading.Lock()

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Hold the gate open for one write.

        Raises:
            PullCancelled: it is closed.
        """
        with self._writing:
            self.check()
            yield

    def check(self) -> None:
        """Raise `PullCancelled` if the gate is closed."""
        if self._closed.is_set():
            raise PullCancelled

    def wait(self, wait_s: float) -> None:
        """Sleep; a closed gate ends it with `PullCancelled`."""
        if self._closed.wait(wait_s):
            raise PullCancelled

    def close(self) -> None:
        """Forbid further writes, once the one in progress is done."""
        self._closed.set()
        with self._writing:
            pass


class Patience:
    """Tries again with growing pauses.

    Attributes:
        silence_s: a connection that brings nothing for so long is given up, and a new one made.
        say: tells people in a line what is being done.
    """

    def __init__(self, gate: Gate, say: Callable[[str], None]) -> None:
        from huggingface_hub import constants

        self.silence_s = float(constants.HF_HUB_DOWNLOAD_TIMEOUT)
        self.say = say
        self._gate = gate

    def insist(self, call: Callable[[], _T], what: str) -> _T:
        """What `call` returns, tried again while the hub is busy or the network breaks.

        Args:
            call: one request of the hub's client.
            what: for people: what is asked for.

        Raises:
            PullCancelled: the gate was closed.
            Exception: what `call` raised last.
        """
        failures = 0
        while True:
            self._gate.check()
            try:
                return call()
            except Exception as error:
                failures += 1
                status = hub.status_of(error)
                if status is None:
                    if not hub.is_cut(error) or failures >= _TRIES_TO_REACH:
                        raise
                elif status not in BUSY or failures >= TRIES:
                    raise
                headers = getattr(getattr(error, "response", None), "headers", {})
                self.pause(failures, status, headers, what)

    def pause(self, failures: int, status: int | None, headers: object, what: str) -> None:
        """Wait before the next try.

        Args:
            failures: tries in a row that brought nothing.
            status: that the hub answered with; None: the connection broke.
            headers: of its answer, which may say how long it wants to be left alone.
            what: for people: what is asked for.

        Raises:
            HubError: the hub wants to be left alone for too long.
            PullCancelled: the gate was closed.
        """
        wait_s = min(FIRST_WAIT_S * 2 ** max(0, failures - 1), LONGEST_WAIT_S) if failures else 0.0
        # So that many machines that were cut off together do not come back together.
        wait_s *= random.uniform(0.75, 1.0)  # noqa: S311
        asked_s = asked_wait_s(headers)
        if asked_s is not None:
            if asked_s > LONGEST_ASKED_WAIT_S:
                raise HubError(
                    f"{hub.endpoint()} answers {status} for {what} and wants to be left alone for "
                    f"{asked_s / 60:.0f} minutes: retry then"
                )
            wait_s = max(wait_s, asked_s)
        reason = "the connection broke" if status is None else f"the hub answers {status}"
        if wait_s >= 0.5:
            self.say(f"{reason}: trying again in {wait_s:.0f} s")
        self._gate.wait(wait_s)


def asked_wait_s(headers: object) -> float | None:
    """How long an answer's `Retry-After` or `RateLimit` header asks to wait, None: neither does."""
    get = getattr(headers, "get", None)
    if get is None:
        return None
    text = str(get("Retry-After") or "").strip()
    if text.isdigit():
        return float(text)
    if text:
        try:
            return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
        except (TypeError, ValueError):
            return None
    # The hub's own form: `"api";r=0;t=55`, nothing remaining for 55 seconds.
    limit = re.search(r"\br=0\b.*\bt=(\d+)", str(get("RateLimit") or ""))
    return float(limit[1]) if limit else None
