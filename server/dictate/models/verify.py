"""Whether a pair's files are all there and are what `models.toml` says."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Final

from dictate.models.hub import WEIGHTS, WEIGHTS_INDEX
from dictate.models.registry import FileEntry, ModelError, PairEntry, Role

CHECKPOINT_FILES: Final = (
    "config.json",
    "generation_config.json",
    "preprocessor_config.json",
    "tokenizer.json",
    WEIGHTS,
)
"""What we read of an ordinary Whisper checkpoint folder; its weights may lie in shards instead."""


def verify(entry: PairEntry, role: Role) -> None:
    """Check one model of a pair: every file exists; listed ones have their size and SHA-256.

    Raises:
        ModelError: naming the first file that is wrong, and what to do.
    """
    folder = entry.target if role == "target" else entry.draft
    if folder is None:
        raise ModelError(f"the pair {entry.name!r} has no {role}: name one")
    if entry.packaged:
        remedy = "install Dictate again"
    elif entry.origin is None:
        remedy = f"choose another {role}"
    else:
        remedy = f"correct the pair {entry.name!r} in {entry.origin}"
    repo = entry.repo(role)
    if repo is not None and missing_file(folder) is not None:
        weight = f" ({entry.download_mb} MB)" if entry.download_mb else ""
        raise ModelError(
            f"the {role} {repo} is not on this machine: run `dictate engine start "
            f"{entry.options}` to download it{weight}"
        )
    if not folder.is_dir():
        raise ModelError(f"the {role}'s folder {folder} does not exist: {remedy}")
    listed = {entry.root / file.path: file for file in entry.files}
    ours = [path for path in listed if path.parent == folder]
    missing = missing_file(folder) or next((path for path in ours if not path.is_file()), None)
    if missing is not None:
        raise ModelError(f"the {role}'s file {missing} is missing: {remedy}")
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


def missing_file(folder: Path) -> Path | None:
    """The first file that a checkpoint needs and `folder` has not; None if it has them all."""
    index = folder / WEIGHTS_INDEX
    names = list(CHECKPOINT_FILES)
    if index.is_file():
        names.remove(WEIGHTS)
        names += _shards(index)
    return next((folder / name for name in names if not (folder / name).is_file()), None)


def _shards(index: Path) -> list[str]:
    """Names of the weight files that an index lists; of a broken index none: loading tells."""
    try:
        shards = json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()
        return sorted({str(name) for name in shards})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []


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
