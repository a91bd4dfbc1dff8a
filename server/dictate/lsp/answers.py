"""What the user answered when models were offered; one file for all editors of this machine."""

import contextlib
import time
from pathlib import Path
from typing import Literal

import msgspec

from dictate.errors import DictateError
from dictate.paths import state_dir
from dictate.whole_file import write_atomically

RECOMMENDED = "recommended"
"""The subject of the question whether to get the pair that suits this machine best."""

_ASK_AGAIN_S = 7 * 24 * 3600.0

Answer = Literal["later", "never"]


class _Given(msgspec.Struct):
    answer: Answer
    at_s: float


class _File(msgspec.Struct):
    answers: dict[str, _Given] = {}
    unfinished: str | None = None


# Made here: msgspec 0.22 crashes when two threads are the first to decode a type.
_decode = msgspec.json.Decoder(_File).decode


class Answers:
    """Remembers in a file of the state folder; what cannot be written is asked again."""

    def may_ask(self, subject: str) -> bool:
        """The user has not answered "never", nor "later" within the last week.

        Args:
            subject: `RECOMMENDED`, or the name of a pair.
        """
        given = self._read().answers.get(subject)
        if given is None:
            return True
        return given.answer == "later" and not 0 <= time.time() - given.at_s < _ASK_AGAIN_S

    def keep(self, subject: str, answer: Answer) -> None:
        """The user answered."""
        content = self._read()
        content.answers[subject] = _Given(answer, time.time())
        self._write(content)

    @property
    def unfinished(self) -> str | None:
        """Name of a pair that the user wants to use, and that is not wholly on this machine."""
        return self._read().unfinished

    @unfinished.setter
    def unfinished(self, pair: str | None) -> None:
        content = self._read()
        if content.unfinished != pair:
            content.unfinished = pair
            self._write(content)

    def _read(self) -> _File:
        try:
            return _decode(_path().read_bytes())
        except (OSError, DictateError, msgspec.DecodeError):
            return _File()

    def _write(self, content: _File) -> None:
        with contextlib.suppress(OSError, DictateError):
            write_atomically(_path(), msgspec.json.encode(content))


def question_lock_path() -> Path:
    """Locked by the editor's server that is asking."""
    return state_dir() / "model-question.lock"


def download_lock_path() -> Path:
    """Locked by the editor's server that is downloading."""
    return state_dir() / "model-download.lock"


def _path() -> Path:
    return state_dir() / "model-answers.json"
