"""What the server and its engine are doing: data for our plugins, a line for other editors."""

import asyncio
from typing import TYPE_CHECKING, Any, Final

import msgspec

from dictate import __version__
from dictate.engine.protocol import EngineError
from dictate.lsp import log

if TYPE_CHECKING:
    from dictate.lsp.server import DictateServer

_STATUS_S: Final = 5.0
"""So long a busy engine may take to say how it is; one that takes longer counts as none."""


def register(server: "DictateServer") -> None:
    """Add the handlers to the server."""

    @server.feature("dictate/status")
    async def status(_params: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        return await _status(server)

    @server.feature("dictate/stats")
    def stats(_params: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        return server.controller.reports.latencies.stats()

    @server.command("dictate.status")
    async def show_status(*_arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        found = await _status(server)
        if not server.editor.is_plugin:
            server.editor.tell("info", status_line(found))
        return found

    @server.command("dictate.stats")
    def show_stats(*_arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        found = server.controller.reports.latencies.stats()
        if not server.editor.is_plugin:
            server.editor.tell("info", stats_line(found))
        return found


def status_line(status: dict[str, Any]) -> str:
    """`dictate/status` in one line for people."""
    engine = status["engine"]
    parts = [status["state"], f"microphone: {status['microphone'] or 'the default one'}"]
    if engine is None:
        parts.append("the engine does not run (it starts with a dictation)")
    else:
        parts.append(f"engine: {engine['state']}, pair {engine['pair']} on {engine['device']}")
    if status["pending"]:
        parts.append(f"{status['pending']} kept: dictate.retry inserts, dictate.discard deletes")
    parts += [f"version {status['version']}", f"log: {status['logFile']}"]
    return "Dictate: " + "; ".join(parts)


def stats_line(stats: dict[str, Any]) -> str:
    """`dictate/stats` in one line for people."""
    if not stats["count"]:
        return "Dictate: nothing was dictated yet"
    return (
        f"Dictate: {stats['count']} dictated; from the end of speech to the text "
        f"{stats['lastMs']:.0f} ms last, {stats['p50Ms']:.0f} ms in the middle, "
        f"{stats['p95Ms']:.0f} ms for 95 %, {stats['maxMs']:.0f} ms at most"
    )


async def _status(server: "DictateServer") -> dict[str, Any]:
    controller = server.controller
    return {
        "state": controller.state,
        "mode": controller.mode,
        "utteranceId": controller.utterance_id,
        "latency": controller.reports.latencies.summary(),
        "engine": await _engine_status(server),
        "microphone": server.sessions.device,
        "pending": len(controller.spool.kept()),
        "logFile": str(log.log_file()),
        "version": __version__,
        "settings": msgspec.to_builtins(server.settings),
        "download": server.models.downloading,
    }


async def _engine_status(server: "DictateServer") -> dict[str, Any] | None:
    """What the engine says of itself; None without one or when it does not answer."""
    engine = server.link.connected
    if engine is None:
        return None
    try:
        status = await asyncio.wait_for(engine.status(), _STATUS_S)
    except (EngineError, asyncio.TimeoutError, TimeoutError):
        return None
    return {_camel(key): value for key, value in msgspec.to_builtins(status).items()}


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)
