"""Which microphone: our plugins' requests, and the command that asks the user in other editors."""

import asyncio
from typing import TYPE_CHECKING, Any, Final

import msgspec

from dictate.errors import DictateError
from dictate.lsp.protocol import SelectDevice

if TYPE_CHECKING:
    from dictate.lsp.server import DictateServer

_DEFAULT: Final = "System default"
_MOST_ASKED: Final = 8


def register(server: "DictateServer") -> None:
    """Add the handlers to the server."""

    @server.feature("dictate/devices")
    async def devices(_params: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        return {"devices": await _devices(server), "selected": server.sessions.device}

    @server.feature("dictate/selectDevice")
    async def select_device(params: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        return await _select(server, params, "dictate/selectDevice")

    @server.command("dictate.microphone")
    async def microphone(*arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        first = arguments[0] if arguments else None
        if first is not None:
            given = {"name": first} if isinstance(first, str) else first
            return await _select(server, given, "dictate.microphone")
        found = await _devices(server)
        if not server.editor.is_plugin and found:
            server.in_background(_ask(server, [device["name"] for device in found]))
        return {"devices": found, "selected": server.sessions.device}


async def _ask(server: "DictateServer", names: list[str]) -> None:
    used = server.sessions.device or "the default one"
    line = f"Dictate: the microphone is {used}"
    answer = await server.editor.ask(
        line,
        [_DEFAULT, *names[: _MOST_ASKED - 1]],
        otherwise=f"{line}; there is: {', '.join(names)}",
    )
    if answer is not None:
        wanted = None if answer == _DEFAULT else answer
        await _select(server, {"name": wanted}, "dictate.microphone")


async def _devices(server: "DictateServer") -> list[dict[str, Any]]:
    def read() -> list[dict[str, Any]]:
        from dictate.audio.microphone import input_devices

        return [{"name": device.name, "isDefault": device.is_default} for device in input_devices()]

    try:
        return await asyncio.get_running_loop().run_in_executor(server.executor, read)
    except DictateError as error:
        server.editor.tell("error", f"Dictate: {error}")
        return []


async def _select(server: "DictateServer", given: object, asked_by: str) -> dict[str, Any]:
    try:
        name = msgspec.convert(given, SelectDevice).name
    except msgspec.ValidationError:
        server.editor.tell("error", f"Dictate: {asked_by} needs {{name}}")
        return {"selected": server.sessions.device}
    known = [device["name"] for device in await _devices(server)] if name is not None else []
    if name is not None and name not in known:
        there = ", ".join(known) or "none"
        server.editor.tell("error", f"Dictate: there is no microphone {name!r}; there is: {there}")
        return {"selected": server.sessions.device}
    server.sessions.choose_device(name)
    if not server.editor.is_plugin:
        chosen = name or "the default one"
        server.editor.tell("info", f"Dictate: the microphone is {chosen} from now on")
    return {"selected": server.sessions.device}
