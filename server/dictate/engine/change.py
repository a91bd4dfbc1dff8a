"""Having the engine that runs change its pair, from a client's side."""

from __future__ import annotations

import asyncio
from typing import Final

import dictate
from dictate.engine.address import Address
from dictate.engine.http import fetch_status, request_use
from dictate.engine.protocol import EngineError, EngineOptions, EngineStatus

_ANSWER_TIMEOUT_S: Final = 15.0
_POLL_S: Final = 0.1


async def change(address: Address, options: EngineOptions) -> EngineStatus:
    """Have the engine at `address` run what `options` name; waits until it is warm.

    What ran before serves meanwhile, and on where this fails.

    Raises:
        EngineError: it cannot run, or somebody else chose another pair meanwhile.
        NotListeningError: the engine has gone.
        TimeoutError: it does not answer.
    """
    status = await fetch_status(address, _ANSWER_TIMEOUT_S)
    if status.version != dictate.__version__:
        raise EngineError(
            f"the engine is version {status.version}: run `dictate engine stop`, then retry"
        )
    status = await request_use(address, options, _ANSWER_TIMEOUT_S)
    while status.changing_to == options.name or status.state == "loading":
        await asyncio.sleep(_POLL_S)
        status = await fetch_status(address, _ANSWER_TIMEOUT_S)
    if status.changing_to is not None or (
        status.change_fault is None and status.pair != options.name
    ):
        other = status.changing_to or status.pair
        raise EngineError(
            f"the pair {other!r} was chosen elsewhere meanwhile: choose {options.name!r} again "
            "to have it"
        )
    if status.change_fault is not None:
        raise EngineError(status.change_fault)
    if status.state == "failed":
        raise EngineError(status.reason or "the engine failed: see its log")
    return status
