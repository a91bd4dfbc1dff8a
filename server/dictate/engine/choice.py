"""The pair that the user chose last, for whoever is not told which to run.

Kept in the state folder, so that all editors of the user know it. What a program is told in so many
words - an editor's setting, an option of a command - comes first.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from dictate.errors import DictateError
from dictate.paths import state_dir
from dictate.whole_file import write_atomically


class _ChoiceFile(msgspec.Struct):
    pair: str


# Made here: msgspec 0.22 crashes when two threads are the first to decode a type.
_decode = msgspec.json.Decoder(_ChoiceFile).decode


def chosen_pair() -> str | None:
    """Name of the pair that was chosen last; None: none was, or the file cannot be read."""
    try:
        return _decode(_path().read_bytes()).pair
    except (OSError, DictateError, msgspec.DecodeError):
        return None


def remember(pair: str) -> None:
    """Have `pair` run whenever nobody says which.

    Raises:
        DictateError: it cannot be written.
    """
    path = _path()
    try:
        write_atomically(path, msgspec.json.encode(_ChoiceFile(pair)))
    except OSError as error:
        raise DictateError(
            f"cannot write {path} ({error.strerror}): make it writable, then choose again"
        ) from error


def _path() -> Path:
    return state_dir() / "pair.json"
