"""Where Dictate keeps its files on this machine, by the platform's own conventions.

Nothing here imports more than `platformdirs`. Every folder is created on first use, readable by the
user alone, because spooled audio and the engine's socket lie in them.
"""

import os
import stat
import warnings
from pathlib import Path

import platformdirs

from dictate.errors import DictateError

_APPLICATION = "dictate"


def runtime_dir() -> Path:
    """Folder of the engine's socket, locks and token; emptied by the system at logout or boot.

    Raises:
        DictateError: the folder belongs to somebody else or others can enter it.
    """
    with warnings.catch_warnings():
        # Without a runtime folder of the system's, platformdirs warns and takes one under /tmp,
        # which the check for ownership and mode makes as good.
        warnings.simplefilter("ignore")
        folder = platformdirs.user_runtime_dir(_APPLICATION, appauthor=False)
    return _private(Path(folder))


def state_dir() -> Path:
    """Folder of what must survive a restart: the spool of utterances."""
    return _private(Path(platformdirs.user_state_dir(_APPLICATION, appauthor=False)))


def log_dir() -> Path:
    """Folder of the log files."""
    return _private(Path(platformdirs.user_log_dir(_APPLICATION, appauthor=False)))


def config_dir() -> Path:
    """Folder of the user's own `models.toml`; not created, because reading needs none."""
    return Path(platformdirs.user_config_dir(_APPLICATION, appauthor=False))


def _private(folder: Path) -> Path:
    """Create `folder` with mode 0700 and check that it is the user's own."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.lstat()
        if os.name == "posix":
            if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
                raise DictateError(f"{folder} is not a folder of yours: move it away, then retry")
            if stat.S_IMODE(status.st_mode) & 0o077:
                folder.chmod(0o700)
    except OSError as error:
        raise DictateError(
            f"cannot use the folder {folder} ({error.strerror}): make it writable, then retry"
        ) from error
    return folder
