"""Notice that the editor is gone, even when it left our standard input open."""

import asyncio
import os
import sys

_EVERY_S = 1.0


async def wait_until_gone(process_id: int) -> None:
    """Return when process `process_id` does not run any more."""
    while _runs(process_id):
        await asyncio.sleep(_EVERY_S)


if sys.platform == "win32":
    import ctypes

    _SYNCHRONIZE = 0x0010_0000
    _WAIT_TIMEOUT = 0x102

    def _runs(process_id: int) -> bool:
        handle = ctypes.windll.kernel32.OpenProcess(_SYNCHRONIZE, False, process_id)
        if not handle:
            return False
        try:
            waited: int = ctypes.windll.kernel32.WaitForSingleObject(handle, 0)
            return waited == _WAIT_TIMEOUT
        finally:
            ctypes.windll.kernel32.CloseHandle(handle)

else:

    def _runs(process_id: int) -> bool:
        try:
            os.kill(process_id, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True
