"""The commands about what was written and how, and the names that other servers know."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from dictate.errors import DictateError
from dictate.lsp.code_actions import described
from dictate.lsp.proofing import NOTHING_DICTATED
from dictate.lsp.protocol import (
    Alternatives,
    ChooseArgument,
    CommandResult,
    EditorSymbols,
    HistoryList,
    ModeArgument,
    ModeResult,
    RawArgument,
    VocabularyFiles,
)
from dictate.text.modes import WRITING_MODES

if TYPE_CHECKING:
    from dictate.lsp.server import DictateServer

_MOST_ASKED: Final = 8
"""Choices in a question; editors draw a button for each."""
_MOST_LINES: Final = 5
_MOST_CHARACTERS: Final = 60


def register(server: "DictateServer") -> None:
    """Add the handlers to the server."""

    @server.command("dictate.raw")
    async def raw(*arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        try:
            given = msgspec.convert(arguments[0] if arguments else {}, RawArgument)
        except msgspec.ValidationError:
            given = RawArgument()
        return await _rewriting(server, server.proofing.raw(given.utterance_id))

    @server.command("dictate.alternatives")
    def alternatives(*_arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        listed: Alternatives = server.proofing.alternatives()
        if not server.editor.is_plugin:
            server.in_background(_ask_which(server, listed))
        return listed.wire()

    @server.command("dictate.choose")
    async def choose(*arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        first = arguments[0] if arguments else None
        given = {"index": first} if isinstance(first, int) else first
        try:
            wanted = msgspec.convert(given, ChooseArgument)
        except msgspec.ValidationError:
            server.editor.tell("error", "Dictate: dictate.choose needs {index}")
            return _result(server, None)
        if wanted.label is None or wanted.utterance_id is None:
            return await _rewriting(server, server.proofing.choose(wanted.index))
        choosing = server.proofing.choose_of(wanted.utterance_id, wanted.index, wanted.label)
        return await _rewriting(server, choosing)

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
        result = await _mode(server, argument)
        if not server.editor.is_plugin:
            if argument.mode is None:
                server.in_background(_ask_for_mode(server, result))
            else:
                server.editor.tell("info", _mode_line(result))
        return result.wire()

    @server.command("dictate.vocabulary")
    async def vocabulary(*_arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        files = await _vocabulary(server)
        if not server.editor.is_plugin:
            server.in_background(_show_file(server, Path(files.path)))
        return files.wire()

    @server.command("dictate.history")
    def history(*_arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        listed = server.controller.reports.history.listed()
        if not server.editor.is_plugin:
            server.editor.tell("info", _history_line(listed))
        return listed.wire()

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


async def _rewriting(
    server: "DictateServer", work: Coroutine[Any, Any, str | None]
) -> dict[str, Any]:
    """Change a text and answer; an editor that may wait for the answer gets it before the edit.

    Some editors do nothing until a command is answered, and so would never make the edit.
    """
    if server.editor.is_plugin:
        return _result(server, await work)
    server.in_background(work)
    return _result(server, None)


async def _ask_which(server: "DictateServer", listed: Alternatives) -> None:
    """Ask the user of an editor that shows no lists of ours, and take what is chosen."""
    if listed.utterance_id is None:
        server.editor.tell("info", f"Dictate: {NOTHING_DICTATED}")
        return
    choices = {described(choice): choice for choice in listed.choices[:_MOST_ASKED]}
    if not choices:
        server.editor.tell("info", "Dictate: nothing else is known that the text could be")
        return
    text = " ".join(listed.text.split())
    answer = await server.editor.ask(
        f"Dictate: in place of “{text[:_MOST_CHARACTERS]}”",
        list(choices),
        otherwise=f"Dictate: it could be: {'; '.join(choices)} (take one as a code action)",
    )
    choice = choices.get(answer or "")
    if choice is not None:
        await server.proofing.choose_of(listed.utterance_id, choice.index, choice.label)


async def _ask_for_mode(server: "DictateServer", result: ModeResult) -> None:
    line = _mode_line(result)
    answer = await server.editor.ask(line, list(WRITING_MODES), otherwise=line)
    for mode in WRITING_MODES:
        if mode == answer:
            server.writings.chosen = mode
            chosen = await _mode(server, ModeArgument(mode=mode))
            server.editor.tell("info", _mode_line(chosen))


async def _show_file(server: "DictateServer", path: Path) -> None:
    if not await server.editor.show(path.as_uri()):
        server.editor.tell("info", f"Dictate: your words are in {path}")


def _mode_line(result: ModeResult) -> str:
    if result.mode == result.effective:
        return f"Dictate: the writing mode is {result.mode}"
    return f"Dictate: the writing mode is {result.mode}, here {result.effective} ({result.reason})"


def _history_line(listed: HistoryList) -> str:
    lines = []
    for entry in listed.entries[:_MOST_LINES]:
        text = " ".join((entry.text or "(no text)").split())[:_MOST_CHARACTERS]
        failed = "" if entry.outcome == "inserted" else " (kept: dictate.retry inserts it)"
        lines.append(f"{text}{failed}")
    return "Dictate: " + (" | ".join(lines) if lines else NOTHING_DICTATED)


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


async def _vocabulary(server: "DictateServer") -> VocabularyFiles:
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
    return VocabularyFiles(path=str(path), project_path=None if project is None else str(project))
