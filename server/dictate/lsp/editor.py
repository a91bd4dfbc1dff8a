"""The editor at the other end of the wire, through pygls; only on the loop's thread."""

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from dictate.lsp.client import Severity
from dictate.lsp.delivery import FAULT, Answer
from dictate.lsp.document import Position
from dictate.lsp.indicator import Indicator
from dictate.lsp.planner import PlannedEdit
from dictate.lsp.progress import Cancels, EditorProgress
from dictate.lsp.protocol import ClientInfo, EditAnswer, Message, SelectAnswer
from dictate.lsp.status_line import OwnPlaces, StatusLine

if TYPE_CHECKING:
    from pygls.lsp.server import LanguageServer

_SEVERITIES = {
    "error": types.MessageType.Error,
    "warning": types.MessageType.Warning,
    "info": types.MessageType.Info,
}

_log = logging.getLogger(__name__)


class Editor:
    """An `EditorClient`: our own plugin, or any other LSP client."""

    def __init__(
        self, server: "LanguageServer", info: ClientInfo, capabilities: types.ClientCapabilities
    ) -> None:
        """Take what the client said about itself."""
        self._server = server
        self._info = info
        workspace_edit = capabilities.workspace and capabilities.workspace.workspace_edit
        self._versioned = bool(workspace_edit and workspace_edit.document_changes)
        self.shows_progress = bool(capabilities.window and capabilities.window.work_done_progress)
        self.answers_configuration = bool(
            capabilities.workspace and capabilities.workspace.configuration
        )
        text_document = capabilities.text_document
        code_action = text_document and text_document.code_action
        self.takes_code_actions = bool(code_action and code_action.code_action_literal_support)
        self.on_cancel: Callable[[], object] = lambda: None
        self._cancels: Cancels = {}
        self._line = OwnPlaces() if self.is_plugin else StatusLine()
        self._indicator = Indicator(
            self.progress, lambda line: self.tell("info", line), lambda: self.on_cancel()
        )

    @property
    def is_plugin(self) -> bool:
        """See `client.EditorClient`."""
        return bool(self._info.client)

    def notify(self, method: str, message: Message) -> None:
        """See `client.EditorClient`."""
        if self.is_plugin:
            self._server.protocol.notify(method, message.wire())
        else:
            self._indicator.take(message)

    def tell(self, severity: Severity, line: str) -> None:
        """See `client.EditorClient`."""
        message = types.ShowMessageParams(type=_SEVERITIES[severity], message=line)
        self._line.tell(lambda: self._server.window_show_message(message))

    async def ask(
        self, question: str, actions: list[str], *, otherwise: str | None = None
    ) -> str | None:
        """Ask the user; returns the chosen action, None: none was, or the editor cannot ask.

        Args:
            question: one line.
            actions: what can be chosen.
            otherwise: shown where the editor cannot ask; None: the question is.
        """
        try:
            answer = await self._request(
                types.WINDOW_SHOW_MESSAGE_REQUEST,
                types.ShowMessageRequestParams(
                    type=types.MessageType.Info,
                    message=question,
                    actions=[types.MessageActionItem(title) for title in actions],
                ),
            )
        except JsonRpcException as error:
            _log.warning("the editor answered a question with error %s", error.code)
            self.tell("info", question if otherwise is None else otherwise)
            return None
        return None if answer is None else str(answer.title)

    def progress(self) -> EditorProgress:
        """Return a new progress bar, not shown yet."""
        return EditorProgress(
            self._server, self._cancels, self._line, supported=self.shows_progress
        )

    def cancel_progress(self, token: str | int) -> None:
        """The user wants no more of what a progress bar stands for."""
        cancel = self._cancels.get(token)
        if cancel is not None:
            cancel()

    async def apply(self, utterance_id: str, edit: PlannedEdit) -> Answer:
        """See `delivery.EditingClient`."""
        start, end = edit.position, edit.end or edit.position
        text_edit = types.TextEdit(
            types.Range(
                types.Position(start.line, start.character), types.Position(end.line, end.character)
            ),
            edit.new_text,
        )
        try:
            if self._info.edit:
                return await self._apply_by_plugin(utterance_id, edit)
            result = await self._request(
                types.WORKSPACE_APPLY_EDIT,
                types.ApplyWorkspaceEditParams(self._workspace_edit(edit, text_edit), "Dictate"),
            )
            return Answer(bool(result.applied), result.failure_reason)
        except JsonRpcException as error:
            _log.warning("the editor answered an edit with error %s", error.code)
            return Answer(False, FAULT)

    async def select(self, uri: str, start: Position, end: Position) -> bool:
        """See `client.EditorClient`."""
        try:
            if self._info.edit:
                given = {"uri": uri, "range": {"start": _wire(start), "end": _wire(end)}}
                answer = await self._request("dictate/select", given)
                return msgspec.convert(answer, SelectAnswer).selected
            shown = await self._request(
                types.WINDOW_SHOW_DOCUMENT,
                types.ShowDocumentParams(
                    uri=uri,
                    take_focus=True,
                    selection=types.Range(
                        types.Position(start.line, start.character),
                        types.Position(end.line, end.character),
                    ),
                ),
            )
            return bool(shown.success)
        except (JsonRpcException, msgspec.ValidationError) as error:
            _log.warning("the editor cannot select (%s)", type(error).__name__)
            return False

    async def show(self, uri: str) -> bool:
        """Open a file for the user; False: the editor did not."""
        try:
            shown = await self._request(
                types.WINDOW_SHOW_DOCUMENT, types.ShowDocumentParams(uri=uri, take_focus=True)
            )
        except JsonRpcException as error:
            _log.warning("the editor answered a file to show with error %s", error.code)
            return False
        return bool(shown is not None and shown.success)

    async def _apply_by_plugin(self, utterance_id: str, edit: PlannedEdit) -> Answer:
        start, end = edit.position, edit.end or edit.position
        result = await self._request(
            "dictate/edit",
            {
                "utteranceId": utterance_id,
                "edit": {
                    "textDocument": {"uri": edit.uri, "version": edit.version},
                    "range": {"start": _wire(start), "end": _wire(end)},
                    "newText": edit.new_text,
                },
            },
        )
        try:
            answer = msgspec.convert(result, EditAnswer)
        except msgspec.ValidationError:
            _log.warning("the plugin's answer to an edit is malformed")
            return Answer(False, FAULT)
        return Answer(answer.applied, answer.reason)

    def _workspace_edit(self, edit: PlannedEdit, text_edit: types.TextEdit) -> types.WorkspaceEdit:
        if not self._versioned:
            return types.WorkspaceEdit(changes={edit.uri: [text_edit]})
        identifier = types.OptionalVersionedTextDocumentIdentifier(edit.uri, edit.version)
        return types.WorkspaceEdit(
            document_changes=[types.TextDocumentEdit(identifier, [text_edit])]
        )

    async def _request(self, method: str, params: object) -> Any:  # noqa: ANN401 - JSON
        # Shielded: pygls fails on the answer to a request whose future was cancelled.
        return await asyncio.shield(self._server.protocol.send_request_async(method, params))


def _wire(position: Position) -> dict[str, int]:
    return {"line": position.line, "character": position.character}
