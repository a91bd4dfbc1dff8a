"""Getting a pair: what is missing is found, fetched in parallel, checked and locked.

Order: the hub's listing (or the lock file's), the configuration, which tells whether it is a
Whisper at all, the room on the disk, then everything else. Each file is checked before it appears
under its name; a checkpoint is locked once all of its files are here.
"""

from __future__ import annotations

import errno
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from dictate.errors import DictateError
from dictate.file_lock import FileLock
from dictate.models import hub, snapshot, stamps
from dictate.models.crew import Crew
from dictate.models.hub import HubError
from dictate.models.listing import NEEDED, Wanted, agreed, ask
from dictate.models.partial import partial_bytes
from dictate.models.patience import Gate, Patience, PullCancelled
from dictate.models.pins import PinError, PinnedFile, pin, read_pins
from dictate.models.registry import FileEntry, PairEntry
from dictate.models.tally import PullProgress, Tally
from dictate.models.transfer import Source, fetch
from dictate.models.verify import missing_file

_PARALLEL: Final = 4
_POLL_S: Final = 0.1
_MB: Final = 10**6
# Beside the files themselves: other programs write, too, and a full disk harms all of them.
_RESERVE_BYTES: Final = 64 * _MB
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@dataclass
class Checkpoint:
    """One of a pair's models on the hub.

    Attributes:
        repo: `org/name`.
        commit: of it; empty: not known yet.
        known: what `models.toml` says of its files.
        is_newest: nobody named the commit.
        files: all that belong to it.
        here: SHA-256 of those that are on this machine and whole, by path.
    """

    repo: str
    commit: str
    known: list[FileEntry]
    is_newest: bool
    files: list[Wanted] = field(default_factory=list)
    here: dict[str, str] = field(default_factory=dict)

    @property
    def missing(self) -> list[Wanted]:
        """What has to be fetched, the largest first."""
        missing = [file for file in self.files if file.path not in self.here]
        return sorted(missing, key=lambda file: -file.size)


def checkpoints(entry: PairEntry) -> list[Checkpoint]:
    """The models of a pair that come from the hub."""
    named = {
        repo: revision
        for repo, revision in (
            (entry.draft_repo, entry.draft_revision),
            (entry.target_repo, entry.target_revision),
        )
        if repo is not None
    }
    newest = read_pins().newest
    found = []
    for repo, revision in named.items():
        commit = revision or newest.get(repo, "")
        found.append(Checkpoint(repo, commit, entry.known_files.get(repo, []), not commit))
    return found


def lock_path(repo: str) -> Path:
    """What a process that changes a repository's folder in the cache locks."""
    return hub.cache_folder() / ".locks" / hub.repo_folder(repo).name / "dictate.lock"


class Pull:
    """One download of one pair."""

    def __init__(
        self,
        entry: PairEntry,
        report: Callable[[PullProgress], None],
        cancelled: threading.Event | None,
    ) -> None:
        self._report = report
        self._cancelled = cancelled
        self._gate = Gate()
        self._tally = Tally(entry.name)
        self._patience = Patience(self._gate, self._tally.say)
        self._checkpoints = checkpoints(entry)

    def run(self) -> None:
        """Get what is missing; see `store.pull`."""
        # Closed before the locks are given back: no thread of ours writes what others may.
        with ExitStack() as locks, closing(self._gate):
            self._tally.say("looking at what is here")
            self._crew([self._plan])
            if any(checkpoint.missing for checkpoint in self._checkpoints):
                self._lock(locks)
                # Whoever had the lock may have brought it all.
                self._crew([self._look])
                self._fetch()
            for checkpoint in self._checkpoints:
                _pin(checkpoint)

    def _crew(self, tasks: Sequence[Callable[[], None]]) -> None:
        Crew(tasks, _PARALLEL).run(self._tick)

    def _tick(self) -> None:
        if self._cancelled is not None and self._cancelled.is_set():
            raise PullCancelled
        self._report(self._tally.progress())

    def _plan(self) -> None:
        """Find out which files belong to each checkpoint, and which of them are here."""
        pins = read_pins()
        for checkpoint in self._checkpoints:
            pinned = pins.files(checkpoint.repo, checkpoint.commit)
            if pinned:
                checkpoint.files = [Wanted.of(file) for file in pinned]
            else:
                self._ask(checkpoint)
        self._look()

    def _ask(self, checkpoint: Checkpoint) -> None:
        repo = checkpoint.repo
        folder = hub.place(repo, checkpoint.commit)
        is_here = missing_file(folder) is None
        self._tally.say(f"asking {hub.endpoint()} about {repo}")
        try:
            listing = ask(repo, checkpoint.commit, checkpoint.known, self._patience)
        except HubError:
            # What another tool brought here needs no hub.
            if not is_here or not hub.is_commit(folder.name):
                raise
            checkpoint.commit = folder.name
            with _explained(checkpoint):
                found = snapshot.contents(folder)
            checkpoint.files = [agreed(repo, file, checkpoint.known) for file in found]
        else:
            checkpoint.commit, checkpoint.files = listing.commit, listing.files

    def _look(self) -> None:
        for checkpoint in self._checkpoints:
            self._tally.say(f"checking what is here of {checkpoint.repo}")
            for wanted in checkpoint.files:
                self._gate.check()
                with _explained(checkpoint):
                    sha256 = snapshot.sha256_if_here(checkpoint.repo, checkpoint.commit, wanted)
                if sha256 is not None:
                    checkpoint.here[wanted.path] = sha256
        self._count()

    def _count(self, *, has_unfinished: bool = False) -> None:
        """Count what is here; `has_unfinished`: with what another process has brought so far."""
        total = here = 0
        for checkpoint in self._checkpoints:
            blobs = snapshot.blobs_folder(checkpoint.repo)
            for wanted in checkpoint.files:
                total += wanted.size
                if wanted.path in checkpoint.here:
                    here += wanted.size
                elif has_unfinished:
                    is_whole = (blobs / wanted.blob).is_file()
                    here += wanted.size if is_whole else partial_bytes(wanted, blobs)
        self._tally.expect(total, here)

    def _lock(self, locks: ExitStack) -> None:
        """Wait until no other process downloads any of the checkpoints.

        Always in the order of their names, so that two who want the same two never wait for each
        other.
        """
        for checkpoint in sorted(self._checkpoints, key=lambda checkpoint: checkpoint.repo):
            lock = FileLock(lock_path(checkpoint.repo))
            while not _is_ours(lock, checkpoint):
                self._tally.say(f"waiting: another download of {checkpoint.repo} goes on")
                self._count(has_unfinished=True)
                self._tick()
                self._gate.wait(_POLL_S)
            locks.callback(lock.release)
        snapshot.tag_cache()

    def _fetch(self) -> None:
        configurations = [
            partial(self._get, checkpoint, wanted)
            for checkpoint in self._checkpoints
            for wanted in checkpoint.missing
            if wanted.path == "config.json"
        ]
        self._crew(configurations)
        for checkpoint in self._checkpoints:
            _check_kind(checkpoint)
        self._check_room()
        self._crew(
            [
                partial(self._get, checkpoint, wanted)
                for checkpoint in self._checkpoints
                for wanted in checkpoint.missing
            ]
        )

    def _get(self, checkpoint: Checkpoint, wanted: Wanted) -> None:
        repo, commit = checkpoint.repo, checkpoint.commit
        with _explained(checkpoint):
            blob, sha256 = fetch(
                Source(repo, commit),
                wanted,
                snapshot.blobs_folder(repo),
                self._gate,
                self._patience,
                self._tally.moved,
            )
            stamps.remember(snapshot.link(repo, commit, wanted.path, blob), sha256)
        checkpoint.here[wanted.path] = sha256

    def _check_room(self) -> None:
        cache = hub.cache_folder()
        needed = sum(
            wanted.size - partial_bytes(wanted, snapshot.blobs_folder(checkpoint.repo))
            for checkpoint in self._checkpoints
            for wanted in checkpoint.missing
        )
        free = snapshot.free_bytes(cache)
        if needed and free is not None and needed + _RESERVE_BYTES > free:
            raise HubError(
                f"{cache} has {free // _MB} MB free and {(needed + _RESERVE_BYTES) // _MB} MB are "
                "needed: make room, or set HF_HOME to a folder on another disk"
            )


@contextmanager
def _explained(checkpoint: Checkpoint) -> Iterator[None]:
    """Turn what goes wrong with a checkpoint into one line."""
    try:
        yield
    except (DictateError, PullCancelled):
        raise
    except Exception as error:
        repo, commit = checkpoint.repo, checkpoint.commit
        if isinstance(error, OSError) and error.errno in _FULL:
            raise HubError(
                f"{hub.cache_folder()} is full, {repo} does not fit ({error.strerror}): make room, "
                "then download again; what came of it is kept"
            ) from error
        raise hub.explained(error, repo, commit) from error


def _is_ours(lock: FileLock, checkpoint: Checkpoint) -> bool:
    with _explained(checkpoint):
        lock_path(checkpoint.repo).parent.mkdir(parents=True, exist_ok=True)
        return lock.try_acquire()


def _check_kind(checkpoint: Checkpoint) -> None:
    """Refuse what is no Whisper before its weights are downloaded."""
    path = hub.place(checkpoint.repo, checkpoint.commit) / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        kind = config.get("model_type") if isinstance(config, dict) else None
    except (OSError, ValueError) as error:
        raise HubError(
            f"{checkpoint.repo} has no readable config.json: choose a Whisper checkpoint"
        ) from error
    if kind != "whisper":
        raise HubError(
            f"{checkpoint.repo} is a {kind or 'nameless'} model and no Whisper: choose a Whisper "
            "checkpoint"
        )
    names = {file.path for file in checkpoint.files}
    lacking = next((name for name in NEEDED if name not in names), None)
    if lacking is not None:
        raise HubError(f"{checkpoint.repo} has no {lacking}: choose another Whisper checkpoint")


def _pin(checkpoint: Checkpoint) -> None:
    repo, commit = checkpoint.repo, checkpoint.commit
    files = [
        PinnedFile(file.path, file.size, checkpoint.here[file.path], file.blob)
        for file in checkpoint.files
    ]
    try:
        pin(repo, commit, files, newest=checkpoint.is_newest)
    except PinError as error:
        raise HubError(str(error)) from error
    if checkpoint.is_newest:
        with suppress(OSError):
            snapshot.name_newest(repo, commit)
