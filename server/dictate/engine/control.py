"""`dictate engine start | use | stop | status`: the engine by hand, from synchronous code."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from typing import Final

import msgspec

from dictate.engine.address import engine_lock_path
from dictate.engine.change import change
from dictate.engine.http import ForeignAnswerError, fetch_status
from dictate.engine.launch import ensure_running, find, leave
from dictate.engine.protocol import EngineError, EngineOptions, EngineStatus
from dictate.file_lock import holder

WARM_TIMEOUT_S: Final = 300.0
"""How long `start` waits for the models; large ones are read from a disk."""
_POLL_S: Final = 0.05
_KILL_AFTER_S: Final = 3.0
_STOP_ANSWER_TIMEOUT_S: Final = 5.0


def start(options: EngineOptions | None = None) -> EngineStatus:
    """Attach to the engine or start it, and wait until it is warm.

    Raises:
        EngineError: it could not start, or its models cannot run.
    """
    return asyncio.run(_start(options or EngineOptions()))


def use(pair: str) -> EngineStatus:
    """Have the engine run another pair, starting it where none runs, and wait until it is warm.

    All else stays as the engine was asked for. What ran before serves meanwhile, and on where this
    fails.

    Raises:
        EngineError: the pair cannot run, or the engine could not start.
    """
    return asyncio.run(_use(pair))


def stop() -> bool:
    """Make the engine leave, by force if it does not answer; False if there was none.

    Raises:
        EngineError: another program uses the engine's address, or the engine survives.
    """
    return asyncio.run(_stop())


def status() -> EngineStatus | None:
    """How the engine does; None if there is none.

    Raises:
        EngineError: another program uses the engine's address, or the engine does not answer.
    """
    found = asyncio.run(find())
    return None if found is None else found.status


async def _start(options: EngineOptions) -> EngineStatus:
    attachment = await ensure_running(options, start=True)
    end = time.monotonic() + WARM_TIMEOUT_S
    current = attachment.status
    while current.state == "loading":
        if time.monotonic() > end:
            raise EngineError(
                f"the engine is not warm after {WARM_TIMEOUT_S:.0f} s: run `dictate engine stop`, "
                "then choose a smaller pair"
            )
        await asyncio.sleep(_POLL_S)
        current = await fetch_status(attachment.address, WARM_TIMEOUT_S)
    if current.state == "failed":
        raise EngineError(current.reason or "the engine failed: see its log")
    return current


async def _use(pair: str) -> EngineStatus:
    found = await find()
    if found is None:
        return await _start(EngineOptions(pair=pair))
    options = msgspec.structs.replace(found.status.wanted, pair=pair, target="", draft="")
    try:
        return await asyncio.wait_for(change(found.address, options), WARM_TIMEOUT_S)
    except (TimeoutError, asyncio.TimeoutError) as error:
        raise EngineError(
            f"the pair {pair} is not warm after {WARM_TIMEOUT_S:.0f} s: look at `dictate engine "
            "status`, or choose a smaller pair"
        ) from error


async def _stop() -> bool:
    try:
        found = await find(_STOP_ANSWER_TIMEOUT_S)
        if found is not None:
            await leave(found.address)
            return True
    except ForeignAnswerError:
        raise
    except EngineError:
        # It does not answer, or does not leave; the lock says that it is there.
        pass
    pid = holder(engine_lock_path())
    if not pid:
        return False
    return await _end(pid)


async def _end(pid: int) -> bool:
    """End the process that holds the engine's lock: politely, then not."""
    for number in (signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return True
        except OSError as error:
            raise EngineError(f"cannot end the engine (process {pid}): {error.strerror}") from error
        end = time.monotonic() + _KILL_AFTER_S
        while time.monotonic() < end:
            if holder(engine_lock_path()) != pid:
                return True
            await asyncio.sleep(_POLL_S)
    raise EngineError(f"the engine (process {pid}) does not end: restart the machine")
