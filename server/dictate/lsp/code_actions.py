"""Code actions: dictating at a place, and what else a dictated text could be.

They are how an editor without our plugin tells where its cursor is, and the one list that every
LSP client can show.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from lsprotocol import types

from dictate.lsp.dictated import Dictated
from dictate.lsp.document import Position
from dictate.lsp.protocol import Choice

if TYPE_CHECKING:
    from dictate.lsp.server import DictateServer

_DICTATE: Final = "refactor.dictate"
_REWRITE: Final = "refactor.rewrite.dictate"
_MOST_HERE: Final = 8
"""Of the text at the cursor; menus are short."""
_MOST_ELSEWHERE: Final = 3
"""Of the last text where the cursor is elsewhere in the document."""
_MOST_CHARACTERS: Final = 48

_Action = types.CodeAction | types.Command


def register(server: "DictateServer") -> None:
    """Add the handler to the server."""

    @server.feature(
        types.TEXT_DOCUMENT_CODE_ACTION,
        types.CodeActionOptions(code_action_kinds=[_DICTATE, _REWRITE]),
    )
    def code_action(params: types.CodeActionParams) -> list[_Action]:
        return _code_actions(server, params)


def _code_actions(server: "DictateServer", params: types.CodeActionParams) -> list[_Action]:
    uri, selected = params.text_document.uri, params.range
    document = server.documents.get(uri)
    if document is None:
        return []
    start = document.offset_at(Position(selected.start.line, selected.start.character))
    end = document.offset_at(Position(selected.end.line, selected.end.character))
    # Editors with a block cursor select the character below it: text goes in front of that.
    place = start if end - start == 1 else end
    server.documents.touch(uri, place)
    actions: list[types.CodeAction] = []
    texts = server.proofing.texts
    here = texts.at(uri, start, end)
    if here is not None:
        actions += _rewrites(server, here, _MOST_HERE)
    # Editors ask by themselves, too, to draw a light bulb: one on every line would say nothing.
    if params.context.trigger_kind != types.CodeActionTriggerKind.Automatic:
        actions += _dictating(server, uri, document.position_at(place))
        last = texts.last()
        if here is None and last is not None and last.range.uri == uri:
            actions += _rewrites(server, last, _MOST_ELSEWHERE)
    wanted = [action for action in actions if _is_wanted(action, params.context.only)]
    if server.editor.takes_code_actions:
        return list(wanted)
    return [action.command for action in wanted if action.command is not None]


def _dictating(server: "DictateServer", uri: str, position: Position) -> list[types.CodeAction]:
    state = server.controller.state
    stop = _action("Stop dictating", _DICTATE, "dictate.stop")
    cancel = _action("Cancel the dictation", _DICTATE, "dictate.cancel")
    place = {
        "uri": uri,
        "position": {"line": position.line, "character": position.character},
    }
    start = _action("Dictate here", _DICTATE, "dictate.start", place)
    if state in ("starting", "listening"):
        return [stop, cancel]
    return [start, cancel] if state == "finishing" else [start]


def _rewrites(server: "DictateServer", dictated: Dictated, most: int) -> list[types.CodeAction]:
    choices = server.proofing.choices_of(dictated)
    # What was heard is always of use, and the last in the list.
    kept = choices if len(choices) <= most else [*choices[: most - 1], choices[-1]]
    return [
        _action(
            f"Dictate: {described(choice)}",
            _REWRITE,
            "dictate.choose",
            {
                "utteranceId": dictated.utterance_id,
                "index": choice.index,
                "label": choice.label,
            },
        )
        for choice in kept
    ]


def described(choice: Choice) -> str:
    """A choice in one line of a menu: "get_user_by_id instead of getUserById"."""
    label, detail = _short(choice.label), _short(choice.detail)
    return f"{label} {detail}" if detail.startswith("instead of ") else f"{label} ({detail})"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MOST_CHARACTERS else f"{line[: _MOST_CHARACTERS - 1]}…"


def _action(
    title: str, kind: str, command: str, argument: dict[str, Any] | None = None
) -> types.CodeAction:
    arguments = None if argument is None else [argument]
    return types.CodeAction(
        title=title, kind=kind, command=types.Command(title, command, arguments=arguments)
    )


def _is_wanted(
    action: types.CodeAction, only: "Sequence[types.CodeActionKind | str] | None"
) -> bool:
    if not only:
        return True
    names = [str(getattr(kind, "value", kind)) for kind in only]
    return any(not name or f"{action.kind}.".startswith(f"{name}.") for name in names)
