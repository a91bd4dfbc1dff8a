"""OpenMP reads its settings once, when torch is imported: nothing may import torch before them."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["dictate.engine.loading", "dictate.engine.__main__"])
def test_the_engine_sets_openmp_before_torch_comes(module):
    check = f"import sys, {module}; print('torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", check], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "False"


def test_torch_is_imported_with_the_settings():
    check = (
        "import os; os.environ.pop('OMP_WAIT_POLICY', None); "
        "from dictate.engine.loading import import_libraries; import_libraries(); "
        "print(os.environ['GOMP_SPINCOUNT'], os.environ['OMP_NUM_THREADS'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", check], capture_output=True, text=True, check=True, timeout=60
    )
    spins, threads = map(int, done.stdout.split())
    assert spins > 0
    assert threads > 0
