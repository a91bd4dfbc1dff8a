import os
import subprocess
import sys


def test_never_more_than_the_processors_that_we_may_use():
    code = (
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))});"
        "from dictate.cores import physical_cores; print(physical_cores())"
    )
    if hasattr(os, "sched_setaffinity"):
        result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert result.stdout == "1\n"
    from dictate.cores import physical_cores

    assert 1 <= physical_cores() <= (os.cpu_count() or 1)
