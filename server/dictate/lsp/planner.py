"""From recognised text and a document to one versioned edit. Pure."""

import itertools
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


@dataclass(frozen=True, slots=True)
class Preview:
    """What an edit would insert, should the speech end here; `committed` is a prefix of `text`."""

    text: str
    committed: str


def preview(
    document: Document, offset: int, text: str, committed: str, *, as_prose: bool = False
) -> Preview:
    """Return what `plan` would insert, and how much of it comes of the text's settled beginning."""
    whole = plan(document, offset, text, as_prose=as_prose).new_text
    if committed == text:
        return Preview(whole, whole)
    settled = plan(document, offset, committed, as_prose=as_prose).new_text
    same = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(whole, settled, strict=False))
    return Preview(whole, whole[: len(list(same))].rstrip())


def plan(document: Document, offset: int, text: str, *, as_prose: bool = False) -> PlannedEdit:
    """Return the edit that puts `text` at `offset`, its spacing and capitals fitted.

    With `as_prose` they are a sentence's, whatever the document's language.
    """
    before = document.text[max(0, offset - _CONTEXT_CHARACTERS) : offset]
    before = before.replace("\r\n", "\n").replace("\r", "\n")
    after = re.split(r"[\r\n]", document.text[offset : offset + _CONTEXT_CHARACTERS], maxsplit=1)[0]
    fitted = fit(text, before, after, language_id="" if as_prose else document.language_id)
    return PlannedEdit(
        uri=document.uri,
        version=document.version,
        offset=offset,
        position=document.position_at(offset),
        new_text=fitted,
    )
