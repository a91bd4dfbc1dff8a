"""The commands about what was written and how, and the names that other servers know."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from dictate.errors import DictateError
from dictate.lsp.protocol import (
    Alternatives,
    ChooseArgument,
    CommandResult,
    EditorSymbols,
    ModeArgument,
    ModeResult,
    VocabularyFiles,
)
from dictate.text.modes import WRITING_MODES

if TYPE_CHECKING:
    from dictate.lsp.server import DictateServer


def register(server: "DictateServer") -> None:
    """Add the handlers to the server."""

    @server.command("dictate.raw")
    async def raw(*_arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        return _result(server, await server.proofing.raw())

    @server.command("dictate.alternatives")
    def alternatives(*_arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        listed: Alternatives = server.proofing.alternatives()
        return listed.wire()

    @server.command("dictate.choose")
    async def choose(*arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        first = arguments[0] if arguments else None
        given = {"index": first} if isinstance(first, int) else first
        try:
            index = msgspec.convert(given, ChooseArgument).index
        except msgspec.ValidationError:
            server.editor.tell("error", "Dictate: dictate.choose needs {index}")
            return _result(server, None)
        return _result(server, await server.proofing.choose(index))

    @server.command("dictate.mode")
    async def mode(*arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        first = arguments[0] if arguments else None
        given = {"mode": first} if isinstance(first, str) else first
        try:
            argument = msgspec.convert(given or {}, ModeArgument)
        except msgspec.ValidationError:
            known = ", ".join(WRITING_MODES)
            server.editor.tell("error", f"Dictate: there is no such mode; there is: {known}")
            argument = ModeArgument()
        if argument.mode is not None:
            server.writings.chosen = argument.mode
        return (await _mode(server, argument)).wire()

    @server.command("dictate.vocabulary")
    async def vocabulary(*_arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        return await _vocabulary(server)

    @server.command("dictate.history")
    def history(*_arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        return server.controller.reports.history.listed().wire()

    @server.feature("dictate/symbols")
    def symbols(params: Any) -> None:  # noqa: ANN401 - JSON
        try:
            given = msgspec.convert(params, EditorSymbols)
        except msgspec.ValidationError:
            return
        document = server.documents.get(given.uri)
        if document is not None:
            server.writings.names.take_symbols(document, given.symbols)


def _result(server: "DictateServer", utterance_id: str | None) -> dict[str, Any]:
    return CommandResult(utterance_id=utterance_id, state=server.controller.state).wire()


async def _mode(server: "DictateServer", argument: ModeArgument) -> ModeResult:
    chosen = server.writings.chosen or server.settings.writing.mode
    document = server.documents.last_touched()
    if argument.uri is not None:
        document = server.documents.get(argument.uri)
    if document is None:
        effective = "prose" if chosen == "auto" else chosen
        return ModeResult(mode=chosen, effective=effective, reason="no document is open")
    offset = document.last_place
    if argument.position is not None:
        offset = document.offset_at(argument.position.position())
    choice = await server.writings.choice(document, offset)
    return ModeResult(mode=chosen, effective=choice.mode, reason=choice.reason)


async def _vocabulary(server: "DictateServer") -> dict[str, Any]:
    path, document = server.writings.vocabulary_path, server.documents.last_touched()

    def make() -> Path | None:
        from dictate.text.vocabulary.creating import create

        create(path)
        return None if document is None else server.writings.project_vocabulary_path(document)

    try:
        project = await asyncio.get_running_loop().run_in_executor(server.executor, make)
    except DictateError as error:
        server.editor.tell("error", f"Dictate: {error}")
        project = None
    return VocabularyFiles(
        path=str(path), project_path=None if project is None else str(project)
    ).wire()
