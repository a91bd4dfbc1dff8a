"""Settings that the editor keeps: given at the start, pushed when they change, or asked for.

Some editors push (`workspace/didChangeConfiguration`), some only answer (`workspace/configuration`)
and push a change without saying what changed.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from lsprotocol import types
from pygls.exceptions import JsonRpcException

if TYPE_CHECKING:
    from dictate.lsp.server import DictateServer

_SECTION: Final = "dictate"
_ANSWER_S: Final = 2.0
"""An editor that has not answered by then is not waited for: the defaults serve."""

_log = logging.getLogger(__name__)


def register(server: "DictateServer") -> None:
    """Add the handler of changes to the server."""

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def did_change_configuration(params: types.DidChangeConfigurationParams) -> None:
        settings = params.settings
        if isinstance(settings, dict) and _SECTION in settings:
            server.apply_settings(settings[_SECTION])
        elif (asked := await ask(server)) is not None:
            server.apply_settings(asked)


async def ask(server: "DictateServer") -> dict[str, Any] | None:
    """The settings that the editor answers with; None where it has none for us or cannot be asked.

    Our own plugins send theirs, complete: they are not asked.
    """
    if server.editor.is_plugin or not server.editor.answers_configuration:
        return None
    asking = server.protocol.send_request_async(
        types.WORKSPACE_CONFIGURATION,
        types.ConfigurationParams([types.ConfigurationItem(section=_SECTION)]),
    )
    try:
        # Shielded: pygls fails on the answer to a request whose future was cancelled.
        answer: Any = await asyncio.wait_for(asyncio.shield(asking), _ANSWER_S)
    except (asyncio.TimeoutError, TimeoutError, JsonRpcException) as error:
        _log.warning("the editor did not tell its settings (%s)", type(error).__name__)
        return None
    section = answer[0] if isinstance(answer, Sequence) and answer else None
    return section if isinstance(section, dict) and section else None
