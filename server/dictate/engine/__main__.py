"""`python -m dictate.engine`: the engine process, as a client starts it.

Standard output carries one line for that client, a `StartReport`: it accepts connections, or why
not. Everything else goes to standard error, which is the log; no dictated text is ever in it.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import sys

import msgspec

from dictate.engine.launch import StartReport
from dictate.engine.protocol import EngineOptions
from dictate.errors import DictateError


def main() -> int:
    """Be the engine; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m dictate.engine", description=__doc__)
    parser.add_argument("--options", default="{}", help="`EngineOptions` as a JSON object")
    arguments = parser.parse_args()
    try:
        options = msgspec.json.decode(arguments.options, type=EngineOptions)
    except msgspec.DecodeError as error:
        parser.error(f"invalid options ({error})")
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    for chatty in ("uvicorn", "websockets", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    try:
        from dictate.engine.server import run

        run(options, on_listening=lambda: _report(StartReport()))
    except DictateError as error:
        _report(StartReport(error=str(error)))
        return 1
    except ImportError as error:
        _report(StartReport(error=f"the engine cannot start ({error}): install Dictate again"))
        return 1
    return 0


def _report(report: StartReport) -> None:
    """Write the one line; the client that started us may have gone."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.buffer.write(msgspec.json.encode(report) + b"\n")
        sys.stdout.flush()
    # The pipe ends here; whoever prints after all prints into the log.
    with contextlib.suppress(OSError):
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())


if __name__ == "__main__":
    status = main()
    logging.shutdown()
    # Not `sys.exit`: a thread may still be importing torch, and nothing is left to be tidied up.
    os._exit(status)
