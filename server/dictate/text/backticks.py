"""Names of code in prose, in backticks, as people write to a model or in a review."""

from __future__ import annotations

import re
from collections.abc import Iterable

_LIKE_CODE = re.compile(r"_|[a-z][A-Z]|[A-Z]{2}[a-z]|\d")
_WORD = re.compile(r"(?<![\w`.])[^\W\d]\w*(?:\.[^\W\d]\w*)*(?![\w`])")


def in_backticks(text: str, names: Iterable[str]) -> str:
    """Put backticks around what is a name.

    Args:
        text: prose; what stands in backticks already stays.
        names: of the document. Those that could be everyday words (`user`) are left alone; a dotted
            path counts when its last part is one of them.
    """
    known = {name for name in names if _LIKE_CODE.search(name)}
    # What stood in backticks are the odd ones.
    parts = re.split(r"(`[^`]*`)", text)

    def mark(match: re.Match[str]) -> str:
        word = match.group()
        return f"`{word}`" if word.rpartition(".")[2] in known else word

    return "".join(part if index % 2 else _WORD.sub(mark, part) for index, part in enumerate(parts))
