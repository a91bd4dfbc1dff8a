"""One name and what is known of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["type", "function", "variable", "constant", "field", "parameter", "module", ""]
"""What it names; "" where that is not known."""

Origin = Literal["document", "vocabulary", "editor", "project"]
"""Where it is from: the document itself, the user's or the project's vocabulary, symbols that the
editor's other language servers know, other files of the project."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name, spelled as it has to be written.

    Attributes:
        text: the spelling.
        score: how likely it is to be said here; names are compared by it, whatever their origin.
        kind: what it names.
        origin: where it is from.
        spoken: how it is said, where that was taught or configured; "" where its spelling tells.
    """

    text: str
    score: float = 0.0
    kind: Kind = ""
    origin: Origin = "document"
    spoken: str = ""
