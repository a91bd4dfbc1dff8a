"""The lock file: what every file of a downloaded checkpoint must be, fixed at its first download.

`models.lock.json` beside the user's own `models.toml`. Sizes and hashes come from `models.toml`
where it knows them, else from the hub's own metadata (the SHA-256 of large files, the git hash of
small ones) at the first download; from then on only these very files are loaded, whatever the hub
or a mirror says later. It may be copied to other machines, or kept under version control.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final

import msgspec

from dictate.errors import DictateError
from dictate.file_lock import FileLock
from dictate.paths import config_dir
from dictate.whole_file import write_atomically

_LOCK_S: Final = 10.0
_POLL_S: Final = 0.02


class PinError(DictateError):
    """The lock file cannot be read or written."""


class PinnedFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of a checkpoint.

    Attributes:
        path: name in the repository.
        size: in bytes.
        sha256: of the content, in hex.
        blob: the hub's name for the content: its SHA-256, or the git hash of a small file.
    """

    path: str
    size: Annotated[int, msgspec.Meta(ge=0)]
    sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    blob: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{40}([0-9a-f]{24})?$")]


class Pins(msgspec.Struct, forbid_unknown_fields=True):
    """The whole lock file.

    Attributes:
        newest: commit that is taken of a repository for which nobody names one.
        checkpoints: the files of each `org/name@commit`.
    """

    newest: dict[str, str] = {}
    checkpoints: dict[str, list[PinnedFile]] = {}

    def files(self, repo: str, commit: str) -> list[PinnedFile]:
        """What is locked of a checkpoint; empty: nothing is."""
        return self.checkpoints.get(f"{repo}@{commit}", [])


# Made here: msgspec 0.22 crashes when two threads are the first to decode a type.
_decode: Final = msgspec.json.Decoder(Pins).decode


def pins_file() -> Path:
    """Where the lock file lies; it need not exist."""
    return config_dir() / "models.lock.json"


def read_pins() -> Pins:
    """What is locked; nothing where there is no lock file.

    Raises:
        PinError: it is unreadable or invalid; one line.
    """
    path = pins_file()
    try:
        return _decode(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return Pins()
    except OSError as error:
        raise PinError(f"cannot read {path} ({error.strerror}): make it readable") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise PinError(f"{path} is invalid ({reason}): correct it, or remove it") from error


def pin(repo: str, commit: str, files: list[PinnedFile], *, newest: bool) -> None:
    """Lock a checkpoint's files.

    Args:
        repo: `org/name`.
        commit: of it.
        files: all that are loaded of it.
        newest: nobody named the commit: it is taken from now on.

    Raises:
        PinError: the lock file cannot be read or written.
    """
    files = sorted(files, key=lambda file: file.path)
    pins = read_pins()
    if pins.files(repo, commit) == files and (not newest or pins.newest.get(repo) == commit):
        return

    def change(pins: Pins) -> None:
        pins.checkpoints[f"{repo}@{commit}"] = files
        if newest:
            pins.newest[repo] = commit

    _change(change)


def forget_newest(repo: str) -> None:
    """Let the next download take the newest commit again; the files of known commits stay locked.

    Raises:
        PinError: the lock file cannot be read or written.
    """
    if repo in read_pins().newest:
        _change(lambda pins: pins.newest.pop(repo, None))


def _change(change: Callable[[Pins], object]) -> None:
    """Read, change and write the lock file while no other process does."""
    path = pins_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path.with_suffix(".json.lock"))
        end_s = time.monotonic() + _LOCK_S
        while not lock.try_acquire():
            if time.monotonic() > end_s:
                raise PinError(f"{path} is being written by another program: retry later")
            time.sleep(_POLL_S)
        try:
            pins = read_pins()
            change(pins)
            write_atomically(path, msgspec.json.format(msgspec.json.encode(pins)) + b"\n")
        finally:
            lock.release()
    except OSError as error:
        raise PinError(f"cannot write {path} ({error.strerror}): make it writable") from error
