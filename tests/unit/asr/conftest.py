from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.rigs.checkpoints import Architecture, make_checkpoint


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory) -> Callable[[Architecture, int], Path]:
    """Folder of a random-weight checkpoint, made once per architecture and seed."""
    root = tmp_path_factory.mktemp("checkpoints")

    def make(architecture: Architecture, seed: int = 0) -> Path:
        folder = root / f"{architecture.name}-{seed}"
        return folder if folder.exists() else make_checkpoint(folder, architecture, seed)

    return make


@pytest.fixture(scope="session")
def bundled() -> Path:
    """Folder of the pair that ships inside the package."""
    import dictate.models

    return Path(dictate.models.__file__).parent / "bundled"


@pytest.fixture
def rng() -> np.random.Generator:
    """A random generator whose seed is printed, so that a failure can be run again."""
    seed = int(torch.randint(2**31, (1,)).item())
    print(f"seed {seed}")
    return np.random.default_rng(seed)
