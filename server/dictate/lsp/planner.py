"""From recognised text and a document to one versioned edit. Pure."""

import itertools
import re
from dataclasses import dataclass
from typing import Literal

from dictate.lsp.document import Document, Position, TrackedRange
from dictate.text.fitting import fit
from dictate.text.indentation import indentation_unit

_CONTEXT_CHARACTERS = 2_000
"""How far the fitting looks, to see a comment or a sentence begin."""


Style = Literal["place", "prose", "code"]
"""How a text is fitted: as its place asks; as a sentence wherever it stands; with spaces around it
alone, because every character of it is meant."""


@dataclass(frozen=True, slots=True)
class PlannedEdit:
    """Put `new_text` at `position` of version `version` of a document.

    Attributes:
        uri: of the document.
        version: that the positions are meant for.
        offset: of `position`, in code points.
        position: where the text goes.
        new_text: what goes there.
        end: behind what it replaces; None: it replaces nothing.
    """

    uri: str
    version: int
    offset: int
    position: Position
    new_text: str
    end: Position | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """What an edit would insert, should the speech end here; `committed` is a prefix of `text`."""

    text: str
    committed: str


def preview(
    document: Document, offset: int, text: str, committed: str, style: Style = "place"
) -> Preview:
    """Return what `plan` would insert, and how much of it comes of the text's settled beginning."""
    whole = plan(document, offset, text, style).new_text
    if committed == text:
        return Preview(whole, whole)
    settled = plan(document, offset, committed, style).new_text
    same = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(whole, settled, strict=False))
    return Preview(whole, whole[: len(list(same))].rstrip())


def plan(document: Document, offset: int, text: str, style: Style = "place") -> PlannedEdit:
    """Return the edit that puts `text` at `offset`, its spacing and capitals fitted."""
    before = document.text[max(0, offset - _CONTEXT_CHARACTERS) : offset]
    before = before.replace("\r\n", "\n").replace("\r", "\n")
    after = re.split(r"[\r\n]", document.text[offset : offset + _CONTEXT_CHARACTERS], maxsplit=1)[0]
    language_id = "" if style == "prose" else document.language_id
    if style == "code" and "\t" in text:
        text = text.replace("\t", indentation_unit(before, language_id))
    if text and text.isspace():
        fitted = _typed(text, before)
    else:
        fitted = fit(text, before, after, language_id=language_id, as_code=style == "code")
    if "\n" in fitted and _ends_lines_with_crlf(document.text):
        # Such editors would make them of ours, and report another text than the one that was sent.
        fitted = re.sub(r"(?<!\r)\n", "\r\n", fitted)
    return PlannedEdit(
        uri=document.uri,
        version=document.version,
        offset=offset,
        position=document.position_at(offset),
        new_text=fitted,
    )


def plan_rewrite(document: Document, tracked: TrackedRange, text: str) -> PlannedEdit:
    """Return the edit that makes `text` of what stands in a range."""
    return PlannedEdit(
        uri=document.uri,
        version=document.version,
        offset=tracked.start,
        position=document.position_at(tracked.start),
        new_text=text,
        end=document.position_at(tracked.end),
    )


def _ends_lines_with_crlf(text: str) -> bool:
    first = re.search(r"\r?\n", text)
    return first is not None and first.group() == "\r\n"


def _typed(keys: str, before: str) -> str:
    """What keys like Enter and Tab bring: a new line is indented as the one before it."""
    line = before[before.rfind("\n") + 1 :]
    indentation = line[: len(line) - len(line.lstrip())]
    return keys + indentation if "\n" in keys else keys
