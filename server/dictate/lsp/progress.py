"""Work-done progress in the editor: begun, reported, ended, and cancelled by the user."""

import asyncio
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lsprotocol import types

if TYPE_CHECKING:
    from pygls.lsp.server import LanguageServer

_CREATE_S = 2.0
"""An editor that has not answered by then is busy: this one is not shown, the next one may be."""

Cancels = dict[str | int, Callable[[], object]]
"""What to call when the editor cancels a progress, by its token."""


class EditorProgress:
    """One progress bar; silent where the editor has none."""

    def __init__(self, server: "LanguageServer", cancels: Cancels, *, supported: bool) -> None:
        """Prepare; nothing is shown yet."""
        self._server = server
        self._cancels = cancels
        self._supported = supported
        self._token: str | None = None
        self._creating: asyncio.Future[Any] | None = None

    @property
    def is_shown(self) -> bool:
        """It was begun and not ended, in an editor that shows it."""
        return self._token is not None

    async def begin(
        self,
        title: str,
        on_cancel: Callable[[], object] | None = None,
        *,
        percentage: int | None = None,
    ) -> None:
        """Show it; nothing if it is shown.

        Args:
            title: what is being done.
            on_cancel: called when the user wants no more of it; None: it cannot be cancelled.
            percentage: how much is done; None: that is never known.
        """
        if not self._supported or self._token is not None:
            return
        if self._creating is not None and not self._creating.done():
            return
        token = str(uuid.uuid4())
        self._creating = created = self._server.protocol.send_request_async(
            types.WINDOW_WORK_DONE_PROGRESS_CREATE, types.WorkDoneProgressCreateParams(token)
        )
        await asyncio.wait({created}, timeout=_CREATE_S)
        if not created.done():
            return
        if created.exception() is not None:
            self._supported = False
            return
        self._token = token
        if on_cancel is not None:
            self._cancels[token] = on_cancel
        self._send(
            types.WorkDoneProgressBegin(
                title=title,
                cancellable=on_cancel is not None,
                percentage=percentage,
            )
        )

    def report(self, message: str, percentage: int | None) -> None:
        """Show how far it is; nothing if it was not begun."""
        if self._token is not None:
            self._send(types.WorkDoneProgressReport(message=message, percentage=percentage))

    def end(self, message: str | None = None) -> None:
        """Take it away; nothing if it was not begun."""
        if self._token is not None:
            self._send(types.WorkDoneProgressEnd(message=message))
            self._cancels.pop(self._token, None)
            self._token = None

    def _send(self, value: object) -> None:
        self._server.protocol.notify(
            types.PROGRESS, types.ProgressParams(token=self._token or "", value=value)
        )
