"""The log file of the server: what happened, never what was said or what a document holds.

Libraries log messages with their content in the arguments (pygls: every message it sends), so that
of their records only the level, the place and the kind of an exception are kept.
"""

import logging
import os
from pathlib import Path

from dictate.paths import log_dir

_MOST_BYTES = 1_000_000


class _Redacted(logging.Filter):
    """Takes the content out of records that are not ours."""

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.name.startswith("dictate"):
            kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else ""
            record.msg = f"{record.funcName}:{record.lineno} {kind}"
            record.args = ()
            record.exc_info = None
            record.exc_text = None
        elif record.exc_info and record.exc_info[1] is not None:
            record.exc_text = _frames(record.exc_info[1])
            record.exc_info = None
        return True


def log_file() -> Path:
    """Return where the log is."""
    return log_dir() / "lsp.log"


def set_up(level: str) -> None:
    """Send all logging to the log file; a file that grew long is begun anew, keeping the last one.

    Raises:
        DictateError: the folder cannot be used.
    """
    path = log_file()
    try:
        if path.exists() and path.stat().st_size > _MOST_BYTES:
            path.replace(path.with_suffix(".log.1"))
        handler: logging.Handler = logging.FileHandler(path, encoding="utf-8")
    except OSError:
        handler = logging.NullHandler()
    handler.addFilter(_Redacted())
    handler.setFormatter(
        logging.Formatter(f"%(asctime)s {os.getpid()} %(levelname)s %(name)s: %(message)s")
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.raiseExceptions = False
    set_level(level)


def set_level(level: str) -> None:
    """Set how much of our own is logged; libraries stay at warnings."""
    logging.getLogger("dictate").setLevel(level.upper())
    logging.getLogger("pygls").setLevel(logging.WARNING)


def _frames(error: BaseException) -> str:
    """Return where an exception came from, without its message: that may hold a document's text."""
    lines = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        lines.append(f"  {code.co_filename}:{trace.tb_lineno} in {code.co_name}")
        trace = trace.tb_next
    return "\n".join([type(error).__name__, *lines])
