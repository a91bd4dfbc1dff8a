"""The models on this machine: what is here, getting what is not, giving room back.

What other parts use; every function may be called from any thread.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from dictate.file_lock import FileLock
from dictate.models import hub
from dictate.models.hub import HubError
from dictate.models.machine import Machine, this_machine
from dictate.models.partial import SUFFIX
from dictate.models.patience import PullCancelled
from dictate.models.pins import PinError, forget_newest, read_pins
from dictate.models.pulling import Pull, lock_path
from dictate.models.recommend import Recommendation, recommend
from dictate.models.registry import ModelError, PairEntry, Registry, Role
from dictate.models.tally import PullProgress
from dictate.models.verify import missing_file, place_of

__all__ = [
    "HubError",
    "Machine",
    "PullCancelled",
    "PullProgress",
    "Recommendation",
    "Removed",
    "entry_for",
    "folders",
    "is_installed",
    "pull",
    "recommend",
    "remove",
    "size_here_bytes",
    "this_machine",
]


def entry_for(registry: Registry, name: str) -> PairEntry:
    """The pair with this name, or one that is a checkpoint on the hub, `org/name`, alone.

    Raises:
        ModelError: it is neither; says which names are like it.
    """
    if name not in registry.names and hub.is_name(name):
        return registry.made_of(name)
    return registry.pair(name)


def pull(
    entry: PairEntry,
    *,
    report: Callable[[PullProgress], None],
    cancelled: threading.Event | None = None,
) -> None:
    """Get what a pair has on the hub and not on this machine; blocks until it is there.

    What an earlier attempt brought is used. The registry should be read again afterwards: a
    checkpoint whose commit nobody names lies in the folder of the commit that was found.

    Args:
        entry: the pair; folders of one's own are left as they are.
        report: called from this thread, several times a second.
        cancelled: set from any thread to end the download.

    Raises:
        HubError: it cannot be had; one line.
        PullCancelled: `cancelled` was set; what came is kept for the next attempt.
    """
    try:
        Pull(entry, report, cancelled).run()
    except PinError as error:
        raise HubError(str(error)) from error


def is_installed(entry: PairEntry) -> bool:
    """Whether every file of a pair is on this machine; looks at names and sizes only."""
    return all(_is_here(entry, role) for role in _roles(entry))


def folders(entry: PairEntry) -> dict[Role, Path]:
    """Where the models of an installed pair lie.

    Raises:
        ModelError: one is not on this machine.
    """
    found: dict[Role, Path] = {}
    for role in _roles(entry):
        place = place_of(entry, role)
        if place is None or missing_file(place) is not None:
            raise ModelError(
                f"the {role} of {entry.name} is not on this machine: run `dictate models pull "
                f"{entry.wanted_as}`"
            )
        found[role] = place
    return found


def size_here_bytes(entry: PairEntry) -> int:
    """What the files of a pair take on this machine now, unfinished downloads included."""
    size = 0
    for role in _roles(entry):
        place = place_of(entry, role)
        if place is not None:
            size += _size(path for path in _list(place) if path.suffix in (".json", ".safetensors"))
        repo = entry.repo(role)
        if repo is not None:
            size += _size(hub.repo_folder(repo).glob(f"blobs/*{SUFFIX}"))
    return size


@dataclass(frozen=True)
class Removed:
    """What was done with one checkpoint.

    Attributes:
        repo: `org/name`.
        freed_bytes: room that was given back.
        kept_for: the installed pair that needs it still, None: it was removed.
    """

    repo: str
    freed_bytes: int
    kept_for: str | None = None


def remove(registry: Registry, entry: PairEntry) -> list[Removed]:
    """Give back the room of a pair's checkpoints, except of those that another one needs.

    Only the pair's own commit is removed, the way the hub's client does it; contents that other
    commits share stay.

    Args:
        registry: which other pairs there are.
        entry: the pair.

    Raises:
        ModelError: it has nothing in the hub's cache.
        HubError: it is being downloaded, or cannot be removed.
    """
    roles = [role for role in _roles(entry) if entry.repo(role) is not None]
    if not roles:
        where = "is part of Dictate" if entry.packaged else "lies in folders of your own"
        raise ModelError(f"the pair {entry.name} {where}: there is nothing to remove")
    others = [registry.pair(name) for name in registry.names if name != entry.name]
    needed = {
        place_of(other, role): other.name
        for other in others
        if is_installed(other) and set(_places(other)) != set(_places(entry))
        for role in _roles(other)
    }
    return [_remove(entry, role, needed) for role in roles]


def _remove(entry: PairEntry, role: Role, needed: dict[Path | None, str]) -> Removed:
    repo, place = entry.repo(role), place_of(entry, role)
    assert repo is not None, "only checkpoints of the hub are removed"
    assert place is not None, "it has a name on the hub"
    if place in needed:
        return Removed(repo, 0, needed[place])
    lock = FileLock(lock_path(repo))
    try:
        if lock_path(repo).parent.is_dir() and not lock.try_acquire():
            raise HubError(f"{repo} is being downloaded: cancel that, then remove it")
        try:
            freed = _delete(repo, place.name)
            forget_newest(repo)
        finally:
            lock.release()
    except OSError as error:
        raise HubError(
            f"{repo} cannot be removed from {hub.cache_folder()} ({error.strerror}): make it "
            "writable"
        ) from error
    except PinError as error:
        raise HubError(str(error)) from error
    return Removed(repo, freed)


def _delete(repo: str, commit: str) -> int:
    """Remove one commit of a repository, and unfinished downloads; returns the room given back."""
    from huggingface_hub import scan_cache_dir

    unfinished = list(hub.repo_folder(repo).glob(f"blobs/*{SUFFIX}"))
    freed = _size(unfinished)
    for path in unfinished:
        path.unlink()
    if hub.place(repo, commit).is_dir():
        strategy = scan_cache_dir(hub.cache_folder()).delete_revisions(commit)
        freed += int(strategy.expected_freed_size)
        strategy.execute()
        if hub.place(repo, commit).exists():
            raise HubError(f"{hub.place(repo, commit)} cannot be removed: remove it by hand")
    return freed


def _roles(entry: PairEntry) -> list[Role]:
    roles: list[Role] = ["target"]
    return roles if entry.draft is None else [*roles, "draft"]


def _places(entry: PairEntry) -> list[Path | None]:
    return [place_of(entry, role) for role in _roles(entry)]


def _is_here(entry: PairEntry, role: Role) -> bool:
    place, repo = place_of(entry, role), entry.repo(role)
    if place is None or missing_file(place) is not None:
        return False
    if repo is None:
        return True
    with contextlib.suppress(PinError):
        for file in read_pins().files(repo, place.name):
            try:
                if (place / file.path).stat().st_size != file.size:
                    return False
            except OSError:
                return False
    return True


def _list(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _size(paths: Iterable[Path]) -> int:
    size = 0
    for path in paths:
        with contextlib.suppress(OSError):
            size += path.stat().st_size
    return size
