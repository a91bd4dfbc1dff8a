import pytest
import torch

from dictate.bench.architectures import architecture
from dictate.bench.cases import published
from dictate.bench.plan import Scope


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def work_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("bench")


@pytest.fixture(scope="session")
def shrunk(work_folder):
    """A checkpoint folder with random weights in the layout of a published architecture."""

    def make(name, *, width=64, layers=2, window_s=30):
        return published(
            architecture(name).shrunk(width, width // 32, layers, window_s), work_folder
        )

    return make


@pytest.fixture
def scope(work_folder, monkeypatch):
    monkeypatch.setattr("dictate.bench.plan.physical_cores", lambda: 1)
    return Scope(device="cpu", dtype="float32", rounds=1, work_folder=work_folder, quick=True)
