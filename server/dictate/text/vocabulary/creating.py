"""A vocabulary to begin with: all its tables, empty, each with an example in a comment."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Final

from dictate.errors import DictateError

_BEGINNING: Final = """\
# Your own words. Dictate reads this file anew whenever it has changed.

[names]
# A spelling, and how it is said: "" reads it as it is spelled.
# kubectl = ["cube control", "cube c t l"]
# PyTorch = ""

[replacements]
# Said exactly, written exactly.
# "my mail" = "me@example.org"

# Written by Dictate from your corrections: change or take out what you like.
[learned]
"""


def create(path: Path) -> None:
    """Write an empty vocabulary, unless there is a file.

    Raises:
        DictateError: it cannot be written; one line.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError), path.open("x", encoding="utf-8") as file:
            file.write(_BEGINNING)
    except OSError as error:
        raise DictateError(
            f"cannot write {path} ({error.strerror}): make its folder writable, then retry"
        ) from error
