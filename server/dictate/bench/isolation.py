"""Folders of a benchmark's own, so that it neither uses nor disturbs the user's engine."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

_VARIABLES = ("XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_CONFIG_HOME")


@contextlib.contextmanager
def isolated_folders() -> Iterator[Path]:
    """Redirect runtime, state and configuration to a new folder; stop its engine at the end."""
    before = {name: os.environ.get(name) for name in _VARIABLES}
    with tempfile.TemporaryDirectory(prefix="dictate-", ignore_cleanup_errors=True) as folder:
        for name in _VARIABLES:
            (Path(folder) / name).mkdir(mode=0o700)
            os.environ[name] = str(Path(folder) / name)
        try:
            yield Path(folder)
        finally:
            from dictate.engine import control

            control.stop()
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value
