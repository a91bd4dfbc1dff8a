"""The language server: thin handlers over the controller, over standard input and output.

Nothing here, nor anything it imports at the top, loads numpy, sound or the engine's client:
`initialize` is answered within half a second of the process's start.
"""

import dictate.lsp.quick_start  # isort: split

import asyncio
import contextlib
import logging
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol, default_converter
from pygls.protocol.json_rpc import (
    JsonRPCNotification,
    JsonRPCRequestMessage,
    JsonRPCResponseMessage,
)
from pygls.protocol.language_server import lsp_method

from dictate import __version__
from dictate.dictation.engine_link import EngineLink
from dictate.dictation.spool import Spool
from dictate.engine.protocol import Engine, EngineStatus
from dictate.errors import DictateError
from dictate.lsp import (
    code_actions,
    configuration,
    log,
    microphone_commands,
    model_commands,
    parent,
    status_commands,
    writing_commands,
)
from dictate.lsp.command_argument import command_argument
from dictate.lsp.controller import Controller
from dictate.lsp.document import Change, Position
from dictate.lsp.documents import Documents
from dictate.lsp.editor import Editor
from dictate.lsp.live_names import path_of
from dictate.lsp.models import Models
from dictate.lsp.proofing import Proofing
from dictate.lsp.protocol import COMMANDS, ClientInfo, CommandResult
from dictate.lsp.sessions import LiveSessions
from dictate.lsp.settings import Settings, parse
from dictate.lsp.warmth import EngineWarmth
from dictate.lsp.writing import Writings

dictate.lsp.quick_start.finish()

_LISTENING = ("toggle", "start", "retry", "handsFree", "vibe")
"""Commands that need an engine, and a place for the text."""

_log = logging.getLogger(__name__)


class _Protocol(LanguageServerProtocol):
    """Keeps the documents in our own store instead of pygls' workspace."""

    _server: "DictateServer"

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        item = params.text_document
        document = self._server.documents.open(item.uri, item.language_id, item.version, item.text)
        self._server.writings.names.of(document)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        changes = [_change(change) for change in params.content_changes]
        document = params.text_document
        self._server.documents.change(document.uri, document.version, changes)

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        document = self._server.documents.close(params.text_document.uri)
        if document is not None:
            self._server.writings.names.forget(document)


def _converter() -> Any:  # noqa: ANN401 - cattrs has no type information here
    """Return pygls' converter, but JSON objects of messages of ours stay dictionaries."""
    converter: Any = default_converter()  # type: ignore[no-untyped-call]
    for kind in (JsonRPCRequestMessage, JsonRPCResponseMessage, JsonRPCNotification):
        converter.register_structure_hook(kind, lambda message, cls: cls(**message))
    return converter


class DictateServer(LanguageServer):
    """One editor's server. The parts are made when the editor says `initialize`."""

    documents: Documents
    editor: Editor
    controller: Controller
    models: Models
    writings: Writings
    proofing: Proofing

    def __init__(self) -> None:
        super().__init__(
            "dictate", __version__, protocol_cls=_Protocol, converter_factory=_converter
        )
        self.settings = Settings()
        self.shut_down = False
        self._told_problems: set[str] = set()
        self._background: set[asyncio.Future[Any]] = set()
        # Of our own: pygls reads standard input on its pool.
        self.executor = ThreadPoolExecutor(max_workers=8, thread_name_prefix="dictate")
        self.link = EngineLink(self._connect)
        self.sessions = LiveSessions(self.link, self.executor, self.settings)
        self.warmth = EngineWarmth(
            self.link,
            lambda: self.editor.progress(),
            self._engine_is_ready,
            lambda line: self.editor.tell("warning", f"Dictate: {line}"),
            self._engine_failed,
        )

    def set_up(self, params: types.InitializeParams) -> None:
        """Make the parts for this client."""
        options = params.initialization_options
        options = options if isinstance(options, dict) else {}
        try:
            info = msgspec.convert(options.get("dictate") or {}, ClientInfo)
        except msgspec.ValidationError:
            info = ClientInfo()
        encoding: Any = self.protocol.workspace.position_encoding
        self.documents = Documents(getattr(encoding, "value", encoding))
        self.editor = Editor(self, info, params.capabilities)
        self.writings = Writings(
            self.executor, self.settings, lambda line: self.editor.tell("warning", line)
        )
        self.writings.names.roots = _roots(params)
        self.proofing = Proofing(
            self.documents, self.editor, self.executor, lambda: self.writings.vocabulary_path
        )
        self.writings.learned = self.proofing.settled
        self.controller = Controller(
            self.documents, self.editor, Spool(), self.sessions, self.writings, self.proofing
        )
        self.editor.on_cancel = self.controller.cancel
        self.models = Models(
            self.link,
            self.executor,
            self.editor,
            lambda: self.controller.state == "idle",
            self._engine_is_ready,
        )
        self.given_settings = options.get("settings")

    async def begin(self) -> None:
        """Start what may take time, now that the editor has its answer."""
        if self.process_id is not None:
            self.in_background(self._leave_with(self.process_id))
        asked = await configuration.ask(self)
        self.apply_settings(self.given_settings if asked is None else asked)
        self.in_background(asyncio.get_running_loop().run_in_executor(self.executor, _import_heavy))
        self.controller.offer_kept()
        self.models.consider()

    def apply_settings(self, given: object) -> None:
        """Take new settings; what is wrong with them is told once."""
        parsed = parse(given)
        previous, self.settings = self.settings, parsed.settings
        for problem in parsed.problems:
            if problem not in self._told_problems:
                self._told_problems.add(problem)
                self.editor.tell("warning", problem)
        log.set_level(self.settings.log_level)
        self.sessions.settings = self.models.settings = self.writings.settings = self.settings
        self.proofing.learns = self.settings.vocabulary.learn
        self.writings.names.reads_project = self.settings.names.project
        self.controller.reports.doubtful_below = self.settings.proofing.doubtful_below
        self.controller.spool.keep_history = self.settings.history.enabled
        if previous.engine != self.settings.engine:
            self.models.forget_choice()
            self.link.reset()
            self.warmth.reset()
            if previous.engine.pair != self.settings.engine.pair:
                self.models.consider()
        if self.settings.engine.autostart:
            self.warmth.ensure()

    def carry_out(self, name: str, arguments: tuple[Any, ...]) -> dict[str, Any]:
        """Carry out a command; what is wrong is told to the user, never raised."""
        controller = self.controller
        try:
            argument = command_argument(arguments, self.documents)
            if name in _LISTENING:
                self.warmth.ensure()
            if name == "vibe":
                name, argument.preset = "handsFree", "vibe"
            command = getattr(controller, _snake(name))
            takes_place = name in _LISTENING or name == "place"
            result: CommandResult = command(argument) if takes_place else command()
        except DictateError as error:
            self.editor.tell("error", f"Dictate: {error}")
            result = CommandResult(utterance_id=None, state=controller.state)
        return result.wire()

    async def leave(self) -> None:
        """Stop everything; audio that is not in a document stays in the spool."""
        if hasattr(self, "controller"):
            await self.controller.leave()
            self.proofing.leave()
            await self.proofing.settled()
            self.writings.names.close()
            await self.models.leave()
        await self.link.close()
        await asyncio.get_running_loop().run_in_executor(self.executor, self.sessions.close)

    def report_server_error(self, error: Exception, source: Any) -> None:  # noqa: ANN401 - pygls
        """Log the kind of a fault; its message may hold a document's text."""
        _log.error(
            "%s in a handler (%s)", type(error).__name__, getattr(source, "__name__", source)
        )

    async def _connect(self) -> Engine:
        from dictate.engine.client import SocketEngine

        return await SocketEngine.connect(await self.models.options(), refresh=self.models.options)

    def _engine_is_ready(self, status: EngineStatus) -> None:
        self.sessions.window_s = status.window_s
        self.models.saw(status)

    def _engine_failed(self) -> None:
        def start_another() -> None:
            self.link.reset()
            self.warmth.reset()
            self.warmth.ensure()

        if self.models.fall_back():
            # Not now: the warming up that failed has to end first.
            asyncio.get_running_loop().call_soon(start_another)

    async def _leave_with(self, process_id: int) -> None:
        await parent.wait_until_gone(process_id)
        _log.warning("the editor (process %d) is gone", process_id)
        with contextlib.suppress(asyncio.TimeoutError, TimeoutError):
            await asyncio.wait_for(self.leave(), 3.0)
        # Not through the loop: a thread that reads an open standard input cannot be ended.
        os._exit(1)

    def in_background(self, work: Any) -> None:  # noqa: ANN401 - a coroutine or a future
        """Let something go on while the editor's other messages are answered."""
        future = asyncio.ensure_future(work)
        self._background.add(future)
        future.add_done_callback(self._background.discard)


def create_server() -> DictateServer:
    """Return a server with all its handlers."""
    server = DictateServer()

    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        server.set_up(params)

    @server.feature(types.INITIALIZED)
    async def initialized(_params: types.InitializedParams) -> None:
        await server.begin()

    @server.feature(types.SHUTDOWN)
    async def shutdown(_params: None) -> None:
        server.shut_down = True
        await server.leave()

    for name in COMMANDS:
        _register(server, name)
    for part in (
        code_actions,
        configuration,
        microphone_commands,
        model_commands,
        status_commands,
        writing_commands,
    ):
        part.register(server)
    return server


def _register(server: DictateServer, name: str) -> None:
    @server.command(f"dictate.{name}")
    def run(*arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        return server.carry_out(name, arguments)


def _roots(params: types.InitializeParams) -> list[Path]:
    """The folders that the editor works in."""
    uris = [folder.uri for folder in params.workspace_folders or ()]
    if not uris and params.root_uri:
        uris = [params.root_uri]
    return [path for uri in uris if (path := path_of(uri)) is not None]


def _change(change: types.TextDocumentContentChangeEvent) -> Change:
    if isinstance(change, types.TextDocumentContentChangePartial):
        start, end = change.range.start, change.range.end
        return Change(
            change.text, Position(start.line, start.character), Position(end.line, end.character)
        )
    return Change(change.text)


def _snake(name: str) -> str:
    return "".join(f"_{each.lower()}" if each.isupper() else each for each in name)


def _import_heavy() -> None:
    """Load what the first dictation needs, while the user still looks for the key."""
    dictate.lsp.quick_start.save()
    import numpy as np  # noqa: F401 - loaded for later

    import dictate.engine.client as _client  # noqa: F401
    import dictate.text.writing as _writing  # noqa: F401
    from dictate.vad.speech_probability import load_detector

    load_detector()


def main() -> int:
    """Serve one editor over standard input and output until it leaves; return the exit status."""
    # Whatever a library prints must not get between the messages.
    stdout, sys.stdout = sys.stdout.buffer, sys.stderr
    try:
        log.set_up("info")
    except DictateError as error:
        sys.stderr.write(f"dictate: {error}\n")
        return 1
    server = create_server()
    server.start_io(sys.stdin.buffer, stdout)
    server.sessions.close()
    return 0 if server.shut_down else 1
