"""The commands about models, and the editor's wish to end a download."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final

import msgspec
from lsprotocol import types

from dictate.lsp.protocol import ModelArgument

if TYPE_CHECKING:
    from dictate.lsp.server import DictateServer


def register(server: "DictateServer") -> None:
    """Add the handlers to the server."""

    @server.command("dictate.models.list")
    async def list_models(*_arguments: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - JSON
        if server.editor.is_plugin:
            return await server.models.list()
        return await _offer(server, "to dictate with", server.models.use)

    @server.command("dictate.models.pull")
    async def pull(*arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        if not arguments and not server.editor.is_plugin:
            await _offer(server, "to download", server.models.pull)
            return _NOTHING
        name = _name(server, "pull", arguments)
        return await server.models.pull(name) if name else _NOTHING

    @server.command("dictate.models.use")
    async def use(*arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        if not arguments and not server.editor.is_plugin:
            await _offer(server, "to dictate with", server.models.use)
            return _NOTHING
        name = _name(server, "use", arguments)
        return await server.models.use(name) if name else _NOTHING

    @server.command("dictate.models.cancel")
    def cancel(*_arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        return server.models.cancel()

    @server.feature(types.WINDOW_WORK_DONE_PROGRESS_CANCEL)
    def cancel_progress(params: types.WorkDoneProgressCancelParams) -> None:
        server.editor.cancel_progress(params.token)


_NOTHING: Final = {"pair": None, "action": "none"}
_MOST_ASKED: Final = 8
"""Choices in a question; editors draw a button for each."""


async def _offer(
    server: "DictateServer", purpose: str, take: Callable[[str], Awaitable[object]]
) -> list[dict[str, Any]]:
    """List the pairs, and ask the user which one to take without waiting for the answer."""
    pairs = await server.models.list()
    server.in_background(_ask(server, purpose, pairs, take))
    return pairs


async def _ask(
    server: "DictateServer",
    purpose: str,
    pairs: list[dict[str, Any]],
    take: Callable[[str], Awaitable[object]],
) -> None:
    """Ask the user of an editor that shows no lists of ours which pair, the best ones first."""
    names = {_title(pair): str(pair["name"]) for pair in pairs[:_MOST_ASKED]}
    if not names:
        return
    answer = await server.editor.ask(
        f"Dictate: the pair {purpose}",
        list(names),
        otherwise=f"Dictate: {'; '.join(names)} (dictate.models.use with a name changes it)",
    )
    if answer in names:
        await take(names[answer])


def _title(pair: dict[str, Any]) -> str:
    if pair["running"]:
        state = "in use"
    else:
        state = "here" if pair["installed"] else f"{pair['downloadMb']} MB to download"
    return f"{pair['name']} ({state})" if pair["fits"] else f"{pair['name']} ({state}, too large)"


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
