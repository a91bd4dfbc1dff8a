"""What the server imports before the first dictation."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

_HEAR = """
import os, threading
from concurrent.futures import ThreadPoolExecutor
from dictate.lsp.server import _import_heavy

_import_heavy()
import numpy as np
from dictate.vad.speech_probability import SpeechProbability

with ThreadPoolExecutor(3) as pool:
    list(pool.map(lambda _: SpeechProbability().feed(np.zeros(16_000, np.int16)), range(9)))
    native = len(os.listdir("/proc/self/task")) - threading.active_count()
print(native, os.environ.get("OMP_THREAD_LIMIT"))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="counts threads in /proc")
@pytest.mark.parametrize("limit", [None, "3"])
def test_the_voice_detector_brings_no_threads_and_its_limit_stays_its_own(
    tmp_path: Path, limit: str | None
) -> None:
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path), "OPENBLAS_NUM_THREADS": "1"}
    environment.pop("OMP_THREAD_LIMIT", None)
    if limit is not None:
        environment["OMP_THREAD_LIMIT"] = limit
    command = [sys.executable, "-c", _HEAR]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0", str(limit)]
