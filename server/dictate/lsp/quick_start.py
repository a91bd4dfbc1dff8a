"""Start in half the time; to be imported before anything that needs lsprotocol.

attrs generates and compiles the methods of lsprotocol's 550 classes at every start: some 150 ms,
which Python keeps in no .pyc file. The compiled code is kept here instead, keyed by its source, so
that another version of anything simply misses. Without the file, or with a broken one, everything
works as usual.

The garbage collector rests meanwhile: what is imported stays, and looking through it again and
again takes another tenth of the time. `finish` wakes it.
"""

import builtins
import contextlib
import gc
import marshal
import os
import sys
from pathlib import Path
from types import CodeType
from typing import Any

import attr._make

from dictate.errors import DictateError
from dictate.paths import state_dir

_found: dict[str, CodeType] = {}
_new: dict[str, CodeType] = {}


def _compile(source: Any, filename: Any, mode: str, *rest: Any, **options: Any) -> Any:  # noqa: ANN401
    """Stand in for `compile` in attrs."""
    if rest or options or not isinstance(source, str):
        return builtins.compile(source, filename, mode, *rest, **options)
    key = f"{filename}\n{source}"
    code = _found.get(key)
    if code is None:
        code = _new[key] = builtins.compile(source, filename, mode)
    return code


def _path() -> Path:
    return state_dir() / f"lsp-types.{sys.implementation.cache_tag}.bin"


def _load() -> None:
    with contextlib.suppress(DictateError, OSError, ValueError, EOFError, TypeError):
        # As trustworthy as a .pyc file: the folder is the user's own, closed to everybody else.
        stored = marshal.loads(_path().read_bytes())  # noqa: S302
        if isinstance(stored, dict):
            _found.update(stored)


def finish() -> None:
    """Everything is imported: collect garbage from here on, without what is here to stay."""
    gc.freeze()
    gc.enable()


def save() -> None:
    """Keep what had to be compiled this time for the next start; blocks for some milliseconds."""
    if not _new:
        return
    with contextlib.suppress(DictateError, OSError):
        path = _path()
        draft = path.with_suffix(f".{os.getpid()}")
        draft.write_bytes(marshal.dumps({**_found, **_new}))
        draft.replace(path)
        _found.update(_new)
        _new.clear()


gc.disable()
if "lsprotocol.types" not in sys.modules:
    _load()
    vars(attr._make)["compile"] = _compile
    try:
        import lsprotocol.types  # noqa: F401
    finally:
        del vars(attr._make)["compile"]
