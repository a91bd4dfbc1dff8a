"""An adapted pair's entry for the user's `models.toml`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final

from dictate.errors import DictateError
from dictate.models.registry import Registry, read_models_file
from dictate.paths import config_dir
from dictate.train.distil_source import Source
from dictate.train.training_loop import write_whole

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


class PairNameError(DictateError):
    """A pair cannot have that name."""


def check_name(name: str, *, install: bool) -> None:
    """See that a pair may be called so.

    Raises:
        PairNameError: it is no plain name, or taken where it shall be installed.
    """
    if not _NAME.fullmatch(name):
        raise PairNameError(
            f"a pair cannot be called {name!r}: use letters, digits and dashes, as in --name mine"
        )
    if install and name in Registry.load().names:
        raise PairNameError(f"there is a pair {name} already: choose another with --name")


def entry(name: str, source: Source, target: Path, draft: Path | None, languages: str) -> str:
    """The table `[pair.NAME]`, with absolute folders."""
    lines = [f"[pair.{name}]", f"description = {json.dumps(f'adapted by `dictate adapt`: {name}')}"]
    lines.append(f"target = {json.dumps(str(target.resolve()))}")
    if draft is not None:
        lines.append(f"draft = {json.dumps(str(draft.resolve()))}")
    lines.append(f"languages = {languages}")
    lines.append(f"short_window = {json.dumps(source.short_window)}")
    lines.append(f"follows_prompts = {json.dumps(source.follows_prompts)}")
    return "\n".join(lines) + "\n"


def install(table: str, name: str) -> Path:
    """Add a table to the user's `models.toml`; returns the file.

    Raises:
        PairNameError: the name is taken meanwhile.
        ModelError: the file is invalid already.
    """
    check_name(name, install=True)
    path = config_dir() / "models.toml"
    before = ""
    if path.exists():
        read_models_file(path, packaged=False)
        before = path.read_text(encoding="utf-8").rstrip("\n") + "\n\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, lambda partial: partial.write_text(before + table, encoding="utf-8"))
    return path
