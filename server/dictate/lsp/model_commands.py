"""The commands about models, and the editor's wish to end a download."""

from typing import TYPE_CHECKING, Any

import msgspec
from lsprotocol import types

from dictate.lsp.protocol import ModelArgument

if TYPE_CHECKING:
    from dictate.lsp.server import DictateServer


def register(server: "DictateServer") -> None:
    """Add the handlers to the server."""

    @server.command("dictate.models.list")
    async def list_models(*_arguments: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - JSON
        return await server.models.list()

    @server.command("dictate.models.pull")
    async def pull(*arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        name = _name(server, "pull", arguments)
        return await server.models.pull(name) if name else _NOTHING

    @server.command("dictate.models.use")
    async def use(*arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        name = _name(server, "use", arguments)
        return await server.models.use(name) if name else _NOTHING

    @server.command("dictate.models.cancel")
    def cancel(*_arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        return server.models.cancel()

    @server.feature(types.WINDOW_WORK_DONE_PROGRESS_CANCEL)
    def cancel_progress(params: types.WorkDoneProgressCancelParams) -> None:
        server.editor.cancel_progress(params.token)


_NOTHING = {"pair": None, "action": "none"}


def _name(server: "DictateServer", command: str, arguments: tuple[Any, ...]) -> str | None:
    """The pair that is meant; None: the user was told that none is."""
    first = arguments[0] if arguments else None
    if isinstance(first, str) and first:
        return first
    try:
        return msgspec.convert(first, ModelArgument).name
    except msgspec.ValidationError:
        server.editor.tell(
            "error", f"Dictate: dictate.models.{command} needs the name of a pair, or {{name}}"
        )
        return None
