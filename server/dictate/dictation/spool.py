"""The spool: every captured sample is on disk before a model sees it, until its text is in place.

One folder per utterance under the user's state folder:

    spool/<id>/audio.pcm       16 kHz mono int16, append-only
    spool/<id>/journal.jsonl   what happened to it, an object a line; no text, no document's name
    spool/<id>/owner           locked by the living process that works on it

An utterance ends in exactly one state: *inserted* and *cancelled* delete the folder (inserted moves
it to `history/` where the user wants that), *failed* keeps it for a retry. What a dead process left
unfinished is kept too: the lock on `owner` vanishes with its process, however that died.
"""

import contextlib
import json
import logging
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from dictate.errors import DictateError
from dictate.file_lock import FileLock
from dictate.paths import state_dir

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Ending = Literal["inserted", "cancelled", "failed"]

SAMPLE_RATE_HZ = 16_000
_HALF_MADE_S = 3600.0
_log = logging.getLogger(__name__)


class SpoolError(DictateError):
    """The spool cannot be read or written."""


class SpooledUtterance:
    """One utterance that this process owns. `append` may be called from one other thread."""

    def __init__(
        self, folder: Path, lock: FileLock, *, keep_history: bool, created_s: float
    ) -> None:
        self.id = folder.name
        self.created_s = created_s
        """When it was begun, by the clock of the wall."""
        self._folder = folder
        self._lock = lock
        self._keep_history = keep_history
        self._audio: int | None = None
        self._ended = False

    def append(self, samples: "NDArray[np.int16]") -> None:
        """Write captured samples; they outlive this process when the call returns.

        Raises:
            SpoolError: the disk is full or the folder cannot be written.
        """
        try:
            if self._audio is None:
                flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
                self._audio = os.open(self._folder / "audio.pcm", flags, 0o600)
            view = memoryview(samples.tobytes())
            while view:
                view = view[os.write(self._audio, view) :]
        except OSError as error:
            raise SpoolError(
                f"cannot keep the audio on disk ({error.strerror}): free some space, or this "
                "dictation is lost if Dictate is interrupted"
            ) from error

    def note(self, event: str, **facts: int | float | str) -> None:
        """Add a line to the journal; a journal that cannot be written never stops a dictation."""
        line = json.dumps({"event": event, "at_s": round(time.time(), 3), **facts})
        try:
            with (self._folder / "journal.jsonl").open("a", encoding="utf-8") as journal:
                journal.write(line + "\n")
        except OSError:
            _log.warning("journal of %s cannot be written", self.id)

    def samples(self) -> "NDArray[np.int16]":
        """Return all samples written so far, int16 at 16 kHz."""
        import numpy as np

        path = self._folder / "audio.pcm"
        try:
            data = path.read_bytes() if path.exists() else b""
        except OSError as error:
            raise SpoolError(
                f"cannot read {path} ({error.strerror}): make it readable, then retry"
            ) from error
        return np.frombuffer(data[: len(data) // 2 * 2], dtype="<i2").astype(np.int16)

    def end(self, ending: Ending, reason: str = "") -> None:
        """Close the utterance in its one final state; a second call does nothing."""
        if self._ended:
            return
        self._ended = True
        self.note(ending, reason=reason)
        self._close_audio()
        if ending == "inserted" and self._keep_history:
            history = _folder("history") / self.id
            with contextlib.suppress(OSError):
                self._folder.rename(history)
        elif ending != "failed" or _duration_s(self._folder) == 0:
            _delete(self._folder)
        self._lock.release()

    def found(self) -> None:
        """The text turned up in the document after `end("failed")`: nothing is left to retry."""
        lock = _lock(self._folder)
        if lock is not None:
            self.note("inserted", reason="late")
            _delete(self._folder)
            lock.release()

    def leave(self) -> None:
        """Let go without a final state: the next server finds and offers it."""
        if not self._ended:
            self._ended = True
            self.note("left")
            self._close_audio()
            self._lock.release()

    def _close_audio(self) -> None:
        if self._audio is not None:
            os.close(self._audio)
            self._audio = None


@dataclass(frozen=True)
class KeptUtterance:
    """An utterance on disk that no living process works on."""

    id: str
    duration_s: float
    maybe_inserted: bool
    """The edit was sent before its process died: the text may stand in the document already."""


class Spool:
    """All utterances of this user that are not in a document yet."""

    def __init__(self, *, keep_history: bool = False) -> None:
        self.keep_history = keep_history

    def create(self) -> SpooledUtterance:
        """Start a new utterance, owned by this process.

        Raises:
            SpoolError: the spool's folder cannot be written.
        """
        root = _folder("spool")
        name = f"{time.strftime('%Y%m%d-%H%M%S')}-{uuid.uuid4().hex[:8]}"
        # Locked before it gets its name: a scan never sees a living utterance without its lock.
        hidden = root / f".{name}"
        try:
            hidden.mkdir(mode=0o700)
            lock = _lock(hidden)
            if lock is None:
                raise SpoolError(f"cannot lock {hidden}: use a local disk for {root}")
            folder = hidden.rename(root / name)
        except OSError as error:
            raise SpoolError(
                f"cannot write to {root} ({error.strerror}): free some space, then retry"
            ) from error
        utterance = SpooledUtterance(
            folder, lock, keep_history=self.keep_history, created_s=time.time()
        )
        utterance.note("created", pid=os.getpid(), sample_rate_hz=SAMPLE_RATE_HZ)
        return utterance

    def kept(self) -> list[KeptUtterance]:
        """Return what failed or was left by dead processes, oldest first; remove empty ones."""
        found = []
        for folder, lock in self._ownerless():
            duration_s = _duration_s(folder)
            events = _events(folder)
            if duration_s == 0 or {"inserted", "cancelled"} & set(events):
                _delete(folder)
            else:
                found.append(KeptUtterance(folder.name, duration_s, "edit_sent" in events))
            lock.release()
        return found

    def take(self, utterance_id: str) -> SpooledUtterance | None:
        """Become the owner of a kept utterance; None when another was faster or it is gone."""
        folder = _folder("spool") / utterance_id
        lock = _lock(folder)
        if lock is None:
            return None
        created_s = _created_s(folder)
        utterance = SpooledUtterance(
            folder, lock, keep_history=self.keep_history, created_s=created_s
        )
        utterance.note("taken", pid=os.getpid())
        return utterance

    def discard(self) -> int:
        """Delete all kept utterances and return how many there were."""
        count = 0
        for kept in self.kept():
            utterance = self.take(kept.id)
            if utterance is not None:
                utterance.end("cancelled", "discarded")
                count += 1
        return count

    def _ownerless(self) -> Iterator[tuple[Path, FileLock]]:
        for folder in sorted(_folder("spool").iterdir()):
            if folder.name.startswith("."):
                _sweep(folder)
            elif (lock := _lock(folder)) is not None:
                yield folder, lock


def _lock(folder: Path) -> FileLock | None:
    """Become the owner of an utterance; None when it has a living one or is gone."""
    lock = FileLock(folder / "owner")
    try:
        return lock if lock.try_acquire() else None
    except OSError:
        return None


def _folder(name: str) -> Path:
    folder = state_dir() / name
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _duration_s(folder: Path) -> float:
    try:
        return (folder / "audio.pcm").stat().st_size / 2 / SAMPLE_RATE_HZ
    except OSError:
        return 0.0


def _events(folder: Path) -> list[str]:
    """Return the journal's events; a line cut off by a crash is skipped."""
    events = []
    try:
        lines = (folder / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    for line in lines:
        try:
            events.append(str(json.loads(line)["event"]))
        except (ValueError, KeyError, TypeError):
            continue
    return events


def _created_s(folder: Path) -> float:
    """When an utterance was begun; where its journal tells nothing, when it was touched last."""
    try:
        with (folder / "journal.jsonl").open(encoding="utf-8") as journal:
            return float(json.loads(journal.readline())["at_s"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    try:
        return folder.stat().st_mtime
    except OSError:
        return time.time()


def _sweep(folder: Path) -> None:
    """Remove what a crash left half made or half removed; a living process needs it for no hour."""
    with contextlib.suppress(OSError):
        if time.time() - folder.stat().st_mtime > _HALF_MADE_S:
            shutil.rmtree(folder, ignore_errors=True)


def _delete(folder: Path) -> None:
    """Remove a folder; renamed first, so that a half-removed one is no utterance any more."""
    gone = folder.with_name(f".gone-{folder.name.lstrip('.')}")
    try:
        folder.rename(gone)
    except OSError:
        gone = folder
    shutil.rmtree(gone, ignore_errors=True)
