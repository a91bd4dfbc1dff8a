"""From recognised text and a document to one versioned edit. Pure."""

import re
from dataclasses import dataclass

from dictate.lsp.document import Document, Position
from dictate.text.fitting import fit

_CONTEXT_CHARACTERS = 2_000
"""How far the fitting looks, to see a comment or a sentence begin."""


@dataclass(frozen=True, slots=True)
class PlannedEdit:
    """Insert `new_text` at `position` of version `version` of a document; nothing is replaced."""

    uri: str
    version: int
    offset: int
    position: Position
    new_text: str


def plan(document: Document, offset: int, text: str) -> PlannedEdit:
    """Return the edit that puts `text` at `offset`, its spacing and capitals fitted."""
    before = document.text[max(0, offset - _CONTEXT_CHARACTERS) : offset]
    before = before.replace("\r\n", "\n").replace("\r", "\n")
    after = re.split(r"[\r\n]", document.text[offset : offset + _CONTEXT_CHARACTERS], maxsplit=1)[0]
    fitted = fit(text, before, after, language_id=document.language_id)
    return PlannedEdit(
        uri=document.uri,
        version=document.version,
        offset=offset,
        position=document.position_at(offset),
        new_text=fitted,
    )
