"""The files of a checkpoint's folder, and what is said when one of them is at fault."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from dictate.errors import DictateError

Role = Literal["target", "draft"]

_WEIGHTS = "model.safetensors"
_WEIGHTS_INDEX = "model.safetensors.index.json"


class CheckpointError(DictateError):
    """A checkpoint folder is missing, incomplete or damaged; `role` says of which model."""

    def __init__(self, message: str, role: Role = "target") -> None:
        super().__init__(message)
        self.role: Role = role


def weight_files(folder: Path, role: Role) -> Iterator[Path]:
    """The safetensors file, or the shards that its index names; whether they exist is not asked.

    Raises:
        CheckpointError: the index names no files of this folder.
    """
    index = folder / _WEIGHTS_INDEX
    if not index.is_file():
        yield folder / _WEIGHTS
        return
    shards = read_json(index, role).get("weight_map")
    names = set(shards.values()) if isinstance(shards, dict) else set()
    # A shard lies in the folder itself: nothing here may lead out of it.
    if not names or not all(
        isinstance(name, str) and Path(name).name == name and name not in {"", ".", ".."}
        for name in names
    ):
        raise CheckpointError(
            f"{role}: {index} names no weight files: install the pair again", role
        )
    yield from (folder / name for name in sorted(names))


def damaged(folder: Path, role: Role, error: Exception) -> CheckpointError:
    """What to raise for weights that cannot be read."""
    return CheckpointError(
        f"{role}: the weights in {folder} are damaged ({error}): install the pair again", role
    )


def read_json(path: Path, role: Role) -> dict[str, Any]:
    """A JSON object from a file.

    Raises:
        CheckpointError: it is not there, cannot be read, or holds something else.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise missing(path, role) from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise CheckpointError(
            f"{role}: {path} cannot be read ({error}): install the pair again", role
        ) from error
    if not isinstance(content, dict):
        raise CheckpointError(f"{role}: {path} is no JSON object: install the pair again", role)
    return content


def missing(path: Path, role: Role) -> CheckpointError:
    """What to raise for a file that is not there."""
    return CheckpointError(f"{role}: {path} is missing: install the pair again", role)
