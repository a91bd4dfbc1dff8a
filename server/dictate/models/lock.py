"""Write sizes and hashes of the packaged pairs' files into the checkout's `models.toml`.

`python -m dictate.models.lock` after the weights changed. Everything between the two marker lines
is generated; the rest of the file is kept as it is.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from dictate.models.registry import (
    ModelError,
    packaged_models_file,
    read_models_file,
)
from dictate.models.verify import CHECKPOINT_FILES, describe

BEGIN: Final = "# --- files: written by `python -m dictate.models.lock`, not by hand ---"
END: Final = "# --- end of files ---"


def locked(models_file: Path) -> str:
    """The content that `models_file` should have, for the weights that lie on the disk now.

    Raises:
        ModelError: the file is invalid, a checkpoint's file is missing, or the markers are.
    """
    content = models_file.read_text(encoding="utf-8")
    before, begin, rest = content.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ModelError(f"{models_file} lacks the line {BEGIN!r} or {END!r}: put both back")
    lines = []
    for entry in read_models_file(models_file, packaged=True).values():
        # What lies on the hub is named by its commit instead.
        folders = [
            folder
            for folder, repo in (
                (entry.target, entry.target_repo),
                (entry.draft, entry.draft_repo),
            )
            if folder is not None and repo is None
        ]
        for path in (path for folder in folders for path in _files(folder)):
            file = describe(path, entry.root)
            lines += [
                "",
                f"[[pair.{entry.name}.files]]",
                f'path = "{file.path}"',
                f"size = {file.size}",
                f'sha256 = "{file.sha256}"',
            ]
    return before + BEGIN + "\n".join([*lines, "", END]) + after


def _files(folder: Path) -> list[Path]:
    """Every file of a checkpoint but notes for people, by name."""
    missing = [name for name in CHECKPOINT_FILES if not (folder / name).is_file()]
    if missing:
        raise ModelError(f"{folder / missing[0]} is missing: train the pair first")
    return sorted(path for path in folder.iterdir() if path.is_file() and path.suffix != ".md")


def main() -> int:
    """Rewrite the packaged `models.toml`; returns the exit status."""
    models_file = packaged_models_file()
    try:
        models_file.write_text(locked(models_file), encoding="utf-8")
    except ModelError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
