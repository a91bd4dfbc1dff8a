"""Where a command's text shall go, from what the editor's user can put into its argument.

Our plugins send `uri` and `position`, and LSP's own TextDocumentPositionParams is understood, too.
Editors whose key bindings know only a file's path and the cursor's line and column, as people count
them, send `path`, `line` and `column`.
"""

import unicodedata
from pathlib import Path
from typing import Any, Final

import msgspec

from dictate.errors import DictateError
from dictate.lsp.document import Document
from dictate.lsp.documents import Documents
from dictate.lsp.live_names import path_of
from dictate.lsp.protocol import CommandArgument, WirePosition

_JOINER: Final = "\u200d"
_SKIN_TONES: Final = range(0x1F3FB, 0x1F400)
_FLAG_LETTERS: Final = range(0x1F1E6, 0x1F200)


def command_argument(arguments: tuple[Any, ...], documents: Documents) -> CommandArgument:
    """Read a command's argument; a place that is given by path and line gets URI and position.

    Raises:
        DictateError: it is not understood, or the file is not open here.
    """
    if not arguments or arguments[0] is None:
        return CommandArgument()
    try:
        argument = msgspec.convert(arguments[0], CommandArgument)
    except msgspec.ValidationError as error:
        raise DictateError(f"the command's argument is not understood ({error})") from error
    if argument.uri is None and argument.text_document is not None:
        argument.uri = argument.text_document.uri
    document = None
    if argument.path is not None and argument.uri is None:
        document = _at_path(argument.path, documents)
        argument.uri = document.uri
    elif argument.line is not None:
        document = documents.last_touched() if argument.uri is None else documents.get(argument.uri)
    if document is not None and argument.line is not None and argument.position is None:
        offset = place_of(document, argument.line, argument.column or 1)
        position = document.position_at(offset)
        argument.uri = document.uri
        argument.position = WirePosition(line=position.line, character=position.character)
    return argument


def place_of(document: Document, line: int, column: int) -> int:
    """The offset of a line and a column that are counted from one, in characters as people see."""
    if line > document.line_count:
        return len(document.text)
    start, text = document.line(max(line, 1) - 1)
    column = max(column, 1)
    for offset in range(len(text)):
        if not _continues(text, offset):
            column -= 1
            if column == 0:
                return start + offset
    return start + len(text)


def _continues(text: str, offset: int) -> bool:
    """Whether the code point belongs to the character that began before it."""
    if offset == 0:
        return False
    point, before = text[offset], text[offset - 1]
    if point == _JOINER or before == _JOINER or unicodedata.category(point) in ("Mn", "Me"):
        return True
    if ord(point) in _SKIN_TONES:
        return True
    if ord(point) in _FLAG_LETTERS and ord(before) in _FLAG_LETTERS:
        begin = offset
        while begin > 0 and ord(text[begin - 1]) in _FLAG_LETTERS:
            begin -= 1
        return (offset - begin) % 2 == 1
    return False


def _at_path(path: str, documents: Documents) -> Document:
    wanted = Path(path)
    for document in documents.all():
        if path_of(document.uri) == wanted:
            return document
    raise DictateError(
        f"{path} is not open in this server: save it or set its file type, then retry"
    )
