"""A checkpoint in the hub's cache, in the layout that the hub's client and other tools share.

`blobs/HASH` holds contents, `snapshots/COMMIT/NAME` links to them, `refs/main` names a commit.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import uuid
from pathlib import Path
from typing import Final

from dictate.models import hub, stamps
from dictate.models.listing import Wanted
from dictate.models.partial import digest_of

_CONTENT: Final = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_TAG: Final = "CACHEDIR.TAG"
_TAG_CONTENT: Final = "Signature: 8a477f597d28d172789f06886806bc55\n"


def blobs_folder(repo: str) -> Path:
    """Where a repository's contents lie."""
    return hub.repo_folder(repo) / "blobs"


def link(repo: str, commit: str, path: str, blob: Path) -> Path:
    """Let a checkpoint's file appear in its folder, in one step; returns its place there.

    Where links cannot be made (Windows without its developer mode) the file itself is moved there,
    as the hub's client does it.

    Raises:
        OSError: it cannot be written.
    """
    place = hub.place(repo, commit) / path
    place.parent.mkdir(parents=True, exist_ok=True)
    temporary = place.with_name(f".{place.name}.{uuid.uuid4().hex[:8]}")
    try:
        try:
            temporary.symlink_to(os.path.relpath(blob, place.parent))
        except (OSError, NotImplementedError):
            blob.replace(place)
        else:
            temporary.replace(place)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
    return place


def name_newest(repo: str, commit: str) -> None:
    """Note for every tool which commit is the newest that was downloaded.

    Raises:
        OSError: it cannot be written.
    """
    reference = hub.repo_folder(repo) / "refs" / hub.NEWEST
    reference.parent.mkdir(parents=True, exist_ok=True)
    temporary = reference.with_name(f"{reference.name}.{uuid.uuid4().hex[:8]}.tmp")
    temporary.write_text(commit, encoding="utf-8")
    temporary.replace(reference)


def tag_cache() -> None:
    """Mark the cache for programs that make backups (bford.info/cachedir), as the client does."""
    tag = hub.cache_folder() / _TAG
    with contextlib.suppress(OSError):
        if not tag.exists():
            tag.write_text(_TAG_CONTENT, encoding="ascii")


def sha256_if_here(repo: str, commit: str, wanted: Wanted) -> str | None:
    """SHA-256 of a wanted file that is here and whole, None: it is not.

    A content that another tool or another commit brought is linked.

    Raises:
        OSError: it cannot be read or linked.
    """
    place = hub.place(repo, commit) / wanted.path
    blob = blobs_folder(repo) / wanted.blob
    for found in (place, blob):
        if not found.is_file() or found.stat().st_size != wanted.size:
            continue
        sha256 = _checked(found, wanted)
        if sha256 is not None:
            if found == blob:
                link(repo, commit, wanted.path, blob)
            return sha256
    return None


def _checked(path: Path, wanted: Wanted) -> str | None:
    if wanted.sha256:
        return wanted.sha256 if stamps.sha256(path) == wanted.sha256 else None
    digest = digest_of(path)
    return digest.sha256 if digest.is_of(wanted) else None


def contents(folder: Path) -> list[Wanted]:
    """The files of a checkpoint that another tool downloaded, by the names of their contents.

    The hub's client names a content by the hash that the hub told, so that is known without asking
    again. Files that are no links (Windows) have no such name: they are taken as they are.

    Raises:
        OSError: the folder cannot be read.
    """
    found = []
    for path in sorted(folder.iterdir()):
        if not hub.is_taken(path.name) or not path.is_file():
            continue
        blob = path.readlink().name if path.is_symlink() else ""
        size = path.stat().st_size
        if _CONTENT.fullmatch(blob) is None:
            sha256 = stamps.sha256(path)
            found.append(Wanted(path.name, size, sha256, sha256))
        else:
            found.append(Wanted(path.name, size, blob if len(blob) == 64 else "", blob))
    return found


def free_bytes(folder: Path) -> int | None:
    """What is free where `folder` is or will be, None: nobody knows."""
    for place in (folder, *folder.parents):
        with contextlib.suppress(OSError):
            return shutil.disk_usage(place).free
    return None
