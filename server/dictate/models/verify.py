"""Whether a pair's files are all there and are what `models.toml` says."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final, Literal

from dictate.models.registry import FileEntry, ModelError, PairEntry

CHECKPOINT_FILES: Final = (
    "config.json",
    "generation_config.json",
    "preprocessor_config.json",
    "tokenizer.json",
    "model.safetensors",
)
"""What we read of an ordinary Whisper checkpoint folder."""

Role = Literal["target", "draft"]


def verify(entry: PairEntry, role: Role) -> None:
    """Check one model of a pair: every file exists; listed ones have their size and SHA-256.

    Raises:
        ModelError: naming the first file that is wrong, and what to do.
    """
    folder = entry.target if role == "target" else entry.draft
    if folder is None:
        raise ModelError(f"the pair {entry.name!r} has no {role}: name one in {entry.origin}")
    remedy = (
        "install Dictate again"
        if entry.packaged
        else f"correct the pair {entry.name!r} in {entry.origin}"
    )
    if not folder.is_dir():
        raise ModelError(f"the {role}'s folder {folder} does not exist: {remedy}")
    listed = {entry.root / file.path: file for file in entry.files}
    ours = [path for path in listed if path.parent == folder]
    for path in dict.fromkeys([*(folder / name for name in CHECKPOINT_FILES), *ours]):
        if not path.is_file():
            raise ModelError(f"the {role}'s file {path} is missing: {remedy}")
    # Sizes first: a cut file is found without reading the weights.
    for path in ours:
        size = path.stat().st_size
        if size != listed[path].size:
            expected = listed[path].size
            raise ModelError(
                f"the {role}'s file {path} has {size} bytes instead of {expected}: {remedy}"
            )
    for path in ours:
        if sha256(path) != listed[path].sha256:
            raise ModelError(f"the {role}'s file {path} has been changed or damaged: {remedy}")


def describe(path: Path, root: Path) -> FileEntry:
    """Size and hash of a file as `models.toml` lists it, its path relative to `root`."""
    return FileEntry(path.relative_to(root).as_posix(), path.stat().st_size, sha256(path))


def sha256(path: Path) -> str:
    """SHA-256 of a file's content in hex.

    Raises:
        ModelError: the file cannot be read.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    except OSError as error:
        raise ModelError(f"cannot read {path} ({error.strerror}): make it readable") from error
    return digest.hexdigest()
