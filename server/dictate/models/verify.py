"""Whether a pair's files are all there and are what `models.toml` or the lock file says."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Final

from dictate.models import hub, snapshot, stamps
from dictate.models.hub import WEIGHTS, WEIGHTS_INDEX
from dictate.models.listing import NEEDED, Wanted, agreed
from dictate.models.pins import PinError, PinnedFile, pin, read_pins
from dictate.models.registry import FileEntry, ModelError, PairEntry, Role

CHECKPOINT_FILES: Final = (*NEEDED, WEIGHTS)
"""What we read of an ordinary Whisper checkpoint folder; its weights may lie in shards instead."""


def verify(entry: PairEntry, role: Role, *, again: bool = False) -> None:
    """Check one model of a pair: every file exists; listed ones have their size and SHA-256.

    A checkpoint of the hub that another tool downloaded is checked against the hashes that the
    hub's client noted, and locked.

    Args:
        entry: the pair.
        role: which model of it.
        again: read files, too, that were read before and look unchanged.

    Raises:
        ModelError: naming the first file that is wrong, and what to do.
    """
    folder = entry.target if role == "target" else entry.draft
    if folder is None:
        raise ModelError(f"the pair {entry.name!r} has no {role}: name one")
    repo = entry.repo(role)
    if repo is not None:
        _verify_downloaded(entry, role, repo, again=again)
        return
    if entry.packaged:
        remedy = "install Dictate again"
    elif entry.origin is None:
        remedy = f"choose another {role}"
    else:
        remedy = f"correct the pair {entry.name!r} in {entry.origin}"
    if not folder.is_dir():
        raise ModelError(f"the {role}'s folder {folder} does not exist: {remedy}")
    listed = {entry.root / file.path: file for file in entry.files}
    ours = {path: file for path, file in listed.items() if path.parent == folder}
    missing = missing_file(folder) or next((path for path in ours if not path.is_file()), None)
    if missing is not None:
        raise ModelError(f"the {role}'s file {missing} is missing: {remedy}")
    _compare(role, ours, remedy, again=again)


def place_of(entry: PairEntry, role: Role) -> Path | None:
    """The folder of one model of a pair as it is now: a download may just have moved it.

    A checkpoint whose commit nobody names lies in the folder of the commit that was locked.
    """
    repo = entry.repo(role)
    if repo is None:
        return entry.target if role == "target" else entry.draft
    revision = entry.target_revision if role == "target" else entry.draft_revision
    if not revision:
        with contextlib.suppress(PinError):
            revision = read_pins().newest.get(repo, "")
    return hub.place(repo, revision)


def _verify_downloaded(entry: PairEntry, role: Role, repo: str, *, again: bool) -> None:
    folder = place_of(entry, role)
    assert folder is not None, "it has a name on the hub"
    if missing_file(folder) is not None:
        weight = f" ({entry.download_mb} MB)" if entry.download_mb else ""
        raise ModelError(
            f"the {role} {repo} is not on this machine: run `dictate models pull "
            f"{entry.wanted_as}` to download it{weight}"
        )
    remedy = f"run `dictate models pull {entry.wanted_as}` to get it again"
    try:
        pinned = read_pins().files(repo, folder.name)
    except PinError as error:
        raise ModelError(str(error)) from error
    if not pinned:
        _adopt(entry, role, repo, folder, remedy)
        return
    missing = next((file for file in pinned if not (folder / file.path).is_file()), None)
    if missing is not None:
        raise ModelError(f"the {role}'s file {folder / missing.path} is missing: {remedy}")
    _compare(role, {folder / file.path: file for file in pinned}, remedy, again=again)


def _adopt(entry: PairEntry, role: Role, repo: str, folder: Path, remedy: str) -> None:
    """Check and lock what another tool downloaded."""
    files = []
    try:
        for file in snapshot.contents(folder):
            wanted: Wanted = agreed(repo, file, entry.known_files.get(repo, []))
            sha256 = snapshot.sha256_if_here(repo, folder.name, wanted)
            if sha256 is None:
                raise ModelError(
                    f"the {role}'s file {folder / file.path} has been changed or damaged: {remedy}"
                )
            files.append(PinnedFile(file.path, file.size, sha256, file.blob))
    except hub.HubError as error:
        raise ModelError(str(error)) from error
    except OSError as error:
        raise _unreadable(error, folder) from error
    # Where the lock cannot be kept, the same check is made at the next start.
    with contextlib.suppress(PinError):
        if hub.is_commit(folder.name):
            pin(repo, folder.name, files, newest=False)


def _compare(
    role: Role,
    files: dict[Path, FileEntry] | dict[Path, PinnedFile],
    remedy: str,
    *,
    again: bool,
) -> None:
    try:
        # Sizes first: a cut file is found without reading the weights.
        for path, file in files.items():
            size = path.stat().st_size
            if size != file.size:
                raise ModelError(
                    f"the {role}'s file {path} has {size} bytes instead of {file.size}: {remedy}"
                )
        for path, file in files.items():
            if stamps.sha256(path, again=again) != file.sha256:
                raise ModelError(f"the {role}'s file {path} has been changed or damaged: {remedy}")
    except OSError as error:
        raise _unreadable(error, next(iter(files))) from error


def missing_file(folder: Path) -> Path | None:
    """The first file that a checkpoint needs and `folder` has not; None if it has them all."""
    index = folder / WEIGHTS_INDEX
    names = list(CHECKPOINT_FILES)
    if _is_file(index):
        names.remove(WEIGHTS)
        names += _shards(index)
    return next((folder / name for name in names if not _is_file(folder / name)), None)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # in a folder that may not be entered
        return False


def _shards(index: Path) -> list[str]:
    """Names of the weight files that an index lists; of a broken index none: loading tells."""
    try:
        shards = json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()
        return sorted({str(name) for name in shards})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []


def describe(path: Path, root: Path) -> FileEntry:
    """Size and hash of a file as `models.toml` lists it, its path relative to `root`.

    Raises:
        ModelError: the file cannot be read.
    """
    try:
        return FileEntry(
            path.relative_to(root).as_posix(), path.stat().st_size, stamps.sha256(path)
        )
    except OSError as error:
        raise _unreadable(error, path) from error


def _unreadable(error: OSError, path: Path) -> ModelError:
    return ModelError(f"cannot read {error.filename or path} ({error.strerror}): make it readable")
