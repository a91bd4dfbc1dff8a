"""How much processor time a process has taken."""

import psutil

from dictate.errors import DictateError


def processor_s(pid: int) -> float:
    """Seconds of all cores together, in the program and in the system on its behalf.

    Raises:
        DictateError: the process is gone.
    """
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.Error as error:
        raise DictateError(f"process {pid} ended while it was measured: see its log") from error
    return float(times.user + times.system)
