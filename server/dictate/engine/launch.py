"""Finding the engine that runs, or starting one: exactly one, however many clients ask at once."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

import dictate
from dictate.engine.address import (
    Address,
    TcpAddress,
    engine_lock_path,
    known_addresses,
    start_lock_path,
    wanted_transport,
)
from dictate.engine.http import (
    ForeignAnswerError,
    NotListeningError,
    fetch_status,
    request_shutdown,
)
from dictate.engine.protocol import EngineError, EngineOptions, EngineStatus
from dictate.file_lock import FileLock, holder
from dictate.paths import log_dir, state_dir
from dictate.vad.speech_probability import environment_of_the_user

START_TIMEOUT_S: Final = 60.0
"""How long an engine may take until it accepts connections; some tenths of a second is normal."""
LEAVE_TIMEOUT_S: Final = 15.0
"""How long an engine that was asked to leave may take."""

# An engine that imports torch holds the interpreter for a while; a stranger is given less.
ANSWER_TIMEOUT_S: Final = 15.0
_STRANGER_TIMEOUT_S: Final = 2.0
_POLL_S: Final = 0.01


@dataclass(frozen=True, slots=True)
class Attachment:
    """An engine that accepts connections.

    Attributes:
        address: where.
        status: when it was asked last.
        notice: why it is not quite the engine that was wanted, one line, or None.
    """

    address: Address
    status: EngineStatus
    notice: str | None = None


class StartReport(msgspec.Struct):
    """The one line that a starting engine writes to its standard output."""

    error: str | None = None


async def find(timeout_s: float = ANSWER_TIMEOUT_S) -> Attachment | None:
    """The engine that runs, or None; it is given `timeout_s` to answer.

    Raises:
        EngineError: another program uses the engine's address, or the engine does not answer.
    """
    engine_pid = holder(engine_lock_path())
    for address in known_addresses():
        if isinstance(address, TcpAddress) and engine_pid is None:
            continue  # left behind by an engine that was killed; the port may be anybody's now
        status = await _status_at(address, engine_pid, timeout_s)
        if status is not None:
            return Attachment(address, status)
    return None


async def _status_at(
    address: Address, engine_pid: int | None, timeout_s: float
) -> EngineStatus | None:
    """Status of the engine at `address`, None if nobody is there; raises like `find`."""
    if engine_pid is None:
        timeout_s = min(timeout_s, _STRANGER_TIMEOUT_S)
    try:
        return await fetch_status(address, timeout_s)
    except NotListeningError:
        return None
    except (TimeoutError, asyncio.TimeoutError) as error:
        if engine_pid is None:
            raise ForeignAnswerError(
                f"another program uses {address} and does not answer: stop it, "
                "or set XDG_RUNTIME_DIR to another folder"
            ) from error
        raise EngineError(
            f"the engine (process {engine_pid}) does not answer: run `dictate engine stop`, "
            "then retry"
        ) from error


async def ensure_running(options: EngineOptions, *, start: bool) -> Attachment:
    """Attach to the engine that runs, or start the wanted one.

    An engine with other options or of another version is replaced when nobody uses it; else it is
    used as it is, with a notice.

    Raises:
        EngineError: there is none and `start` is false, or it could not start.
    """
    found = await find()
    if found is not None and (not start or _difference(found.status, options) is None):
        return found
    if not start:
        raise EngineError("no engine is running: start it with `dictate engine start`")
    lock = FileLock(start_lock_path())
    if not await lock.acquire(START_TIMEOUT_S):
        raise EngineError(
            f"another program has been starting the engine for {START_TIMEOUT_S:.0f} s: "
            "run `dictate engine stop`, then retry"
        )
    try:
        found = await find()
        if found is not None:
            difference = _difference(found.status, options)
            if difference is None:
                return found
            if found.status.sessions > 0:
                return Attachment(found.address, found.status, difference)
            await leave(found.address)
        return await _start(options)
    finally:
        lock.release()


async def leave(address: Address) -> None:
    """Ask an engine to leave and wait until it has.

    Raises:
        EngineError: it still runs after `LEAVE_TIMEOUT_S`.
    """
    pid = holder(engine_lock_path())
    with contextlib.suppress(NotListeningError, TimeoutError, asyncio.TimeoutError):
        await request_shutdown(address, ANSWER_TIMEOUT_S)
    end = time.monotonic() + LEAVE_TIMEOUT_S
    while pid is not None and holder(engine_lock_path()) == pid:
        if time.monotonic() > end:
            raise EngineError(f"the engine (process {pid}) does not leave: `kill {pid}`")
        await asyncio.sleep(_POLL_S)


def _difference(status: EngineStatus, options: EngineOptions) -> str | None:
    """Why an engine is not the wanted one, as a notice; None if it is."""
    wanted = status.wanted
    if status.changing_to is not None and status.changing_to == options.name:
        return None
    if (wanted.target, wanted.draft) != (options.target, options.draft) or (
        not options.target and status.pair != options.pair
    ):
        what = f"the pair {status.pair!r} instead of {options.target or options.pair!r}"
    elif options.device not in {
        "auto",
        status.wanted_device,
        status.device,
        status.device.partition(":")[0],
    }:
        what = f"on {status.device or status.wanted_device} instead of {options.device}"
    elif options.dtype not in {"auto", wanted.dtype, status.dtype}:
        what = f"in {status.dtype or wanted.dtype} instead of {options.dtype}"
    elif options.speculation != wanted.speculation:
        what = f"with speculation {'on' if wanted.speculation else 'off'} instead of the reverse"
    elif options.beams != wanted.beams:
        what = f"with beams {wanted.beams} instead of {options.beams}"
    elif status.version != dictate.__version__:
        what = f"version {status.version} instead of {dictate.__version__}"
    else:
        return None
    return f"the engine runs {what} because another editor is using it: close that dictation first"


async def _start(options: EngineOptions) -> Attachment:
    """Start an engine process and wait until it accepts; the start lock is ours."""
    wanted_transport()
    log_path = rotated_log()
    process = _spawn(options, log_path)
    # The engine outlives us or not; if it does not, nobody else takes its exit status.
    threading.Thread(target=process.wait, daemon=True, name="engine-reaper").start()
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(asyncio.to_thread(process.stdout.readline), START_TIMEOUT_S)
    except (TimeoutError, asyncio.TimeoutError) as error:
        process.kill()
        raise EngineError(
            f"the engine did not start within {START_TIMEOUT_S:.0f} s: see {log_path}"
        ) from error
    finally:
        process.stdout.close()
    try:
        report = msgspec.json.decode(line, type=StartReport)
    except msgspec.DecodeError as error:
        raise EngineError(
            f"the engine could not start ({_last_line(log_path)}): see {log_path}"
        ) from error
    if report.error is not None:
        raise EngineError(report.error)
    found = await find()
    if found is None:
        raise EngineError(f"the engine left as soon as it had started: see {log_path}")
    return found


def _spawn(options: EngineOptions, log_path: Path) -> subprocess.Popen[bytes]:
    """Run `python -m dictate.engine`, detached from our terminal and process group."""
    environment = environment_of_the_user()
    if "PYTHONPATH" in environment:
        # The engine does not run in our folder.
        folders = environment["PYTHONPATH"].split(os.pathsep)
        environment["PYTHONPATH"] = os.pathsep.join(
            str(Path(folder).resolve()) for folder in folders
        )
    command = [
        sys.executable,
        "-m",
        "dictate.engine",
        f"--options={msgspec.json.encode(options).decode()}",
    ]
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
    descriptor = os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        # In a folder of our own: with -m Python imports from the current one first, and somebody's
        # project may hold a `torch.py`.
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=descriptor,
            cwd=state_dir(),
            env=environment,
            start_new_session=True,
            creationflags=flags,
        )
    except OSError as error:
        raise EngineError(
            f"cannot run {sys.executable} ({error.strerror}): install Dictate again"
        ) from error
    finally:
        os.close(descriptor)


def log_file() -> Path:
    """The log of the engine that runs or ran last."""
    return log_dir() / "engine.log"


def rotated_log() -> Path:
    """Path of a fresh log; the last engine's is kept beside it with `.1` appended."""
    path = log_file()
    with contextlib.suppress(FileNotFoundError):
        path.replace(path.with_name(path.name + ".1"))
    return path


def _last_line(path: Path) -> str:
    """Last line of a log: what Python says of an exception, without the traceback."""
    with contextlib.suppress(OSError):
        lines = path.read_text(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "no reason given")
    return "no reason given"
