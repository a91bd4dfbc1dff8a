"""Work-done progress in the editor: begun, reported, ended, and cancelled by the user."""

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from dictate.lsp.status_line import StatusLine

if TYPE_CHECKING:
    from pygls.lsp.server import LanguageServer

_CREATE_S = 2.0
"""An editor that has not answered by then is busy: this one is not shown, the next one may be."""

Cancels = dict[str | int, Callable[[], object]]
"""What to call when the editor cancels a progress, by its token."""


@dataclass
class _Shown:
    """What the progress says."""

    title: str
    on_cancel: Callable[[], object] | None
    percentage: int | None
    message: str | None = None


class EditorProgress:
    """One progress bar; silent where the editor has none.

    Attributes:
        is_beginning: see `status_line.Sharing`.
    """

    def __init__(
        self, server: "LanguageServer", cancels: Cancels, line: StatusLine, *, supported: bool
    ) -> None:
        """Prepare; nothing is shown yet."""
        self._server = server
        self._cancels = cancels
        self._line = line
        self._supported = supported
        self._shown: _Shown | None = None
        self._token: str | None = None
        self._creating: asyncio.Future[Any] | None = None
        self.is_beginning = False
        self._beginning: asyncio.Future[None] | None = None
        self._back: asyncio.TimerHandle | None = None

    @property
    def is_shown(self) -> bool:
        """It was begun and not ended, in an editor that shows it; a line may be in its place."""
        return self._shown is not None

    async def begin(
        self,
        title: str,
        on_cancel: Callable[[], object] | None = None,
        *,
        percentage: int | None = None,
        at_once: bool = False,
    ) -> None:
        """Show it; nothing if it is shown.

        Args:
            title: what is being done.
            on_cancel: called when the user wants no more of it; None: it cannot be cancelled.
            percentage: how much is done; None: that is never known.
            at_once: the user asked for it just now: not even a line is left to be read.
        """
        if not self._supported or self._shown is not None or self.is_beginning:
            return
        if self._creating is not None and not self._creating.done():
            return
        self._shown = _Shown(title, on_cancel, percentage)
        self._line.join(self)
        left_s = 0.0 if at_once else self._line.left_s()
        if left_s > 0:
            self.make_room(left_s)
        else:
            # Whoever waits may be cancelled: the editor's answer is waited for all the same.
            await asyncio.shield(self._ask())

    def report(self, message: str, percentage: int | None) -> None:
        """Show how far it is; nothing if it was not begun."""
        if self._shown is None:
            return
        self._shown.message, self._shown.percentage = message, percentage
        if self._token is not None:
            self._send(types.WorkDoneProgressReport(message=message, percentage=percentage))

    def end(self) -> None:
        """Take it away; nothing if it was not begun."""
        if self._shown is None:
            return
        self._shown = None
        self._take_away()
        if not self.is_beginning:
            self._line.leave(self)

    def make_room(self, for_s: float) -> None:
        """See `status_line.Sharing`."""
        self._take_away()
        self._back = asyncio.get_running_loop().call_later(for_s, self._ask)

    def _ask(self) -> asyncio.Future[None]:
        token = str(uuid.uuid4())
        self._creating = self._server.protocol.send_request_async(
            types.WINDOW_WORK_DONE_PROGRESS_CREATE, types.WorkDoneProgressCreateParams(token)
        )
        self.is_beginning = True
        self._beginning = asyncio.ensure_future(self._answered(self._creating, token))
        return self._beginning

    async def _answered(self, created: asyncio.Future[Any], token: str) -> None:
        await asyncio.wait({created}, timeout=_CREATE_S)
        self.is_beginning = False
        if not created.done():
            self._shown = None
        elif created.exception() is not None:
            self._shown, self._supported = None, False
        else:
            self._show(token)
        if self._shown is None:
            self._line.leave(self)
        self._line.settle()

    def _show(self, token: str) -> None:
        """Begin what the editor has created: also what ended meanwhile, or it would stand there."""
        shown = self._shown or _Shown("", None, None)
        self._token = token
        if shown.on_cancel is not None:
            self._cancels[token] = shown.on_cancel
        self._send(
            types.WorkDoneProgressBegin(
                title=shown.title,
                cancellable=shown.on_cancel is not None,
                percentage=shown.percentage,
                message=shown.message,
            )
        )
        if self._shown is None:
            self._take_away()

    def _take_away(self) -> None:
        if self._back is not None:
            self._back.cancel()
            self._back = None
        if self._token is not None:
            self._send(types.WorkDoneProgressEnd())
            self._cancels.pop(self._token, None)
            self._token = None

    def _send(self, value: object) -> None:
        self._server.protocol.notify(
            types.PROGRESS, types.ProgressParams(token=self._token or "", value=value)
        )
