import hashlib
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dictate.models import patience
from dictate.models.registry import PairEntry, Registry, read_models_file
from dictate.models.verify import CHECKPOINT_FILES, describe
from tests.rigs.hub import FakeHub, serving


@pytest.fixture
def pair_files(tmp_path: Path) -> Path:
    """A `models.toml` with one pair whose files are small, listed and whole."""
    lines = ["[pair.mine]", 'target = "big"', 'draft = "small"', 'languages = ["en"]']
    for folder in ("big", "small"):
        (tmp_path / folder).mkdir()
        for name in CHECKPOINT_FILES:
            path = tmp_path / folder / name
            path.write_bytes(f"{folder} {name}".encode() * 20)
            file = describe(path, tmp_path)
            lines += [
                "[[pair.mine.files]]",
                f'path = "{file.path}"',
                f"size = {file.size}",
                f'sha256 = "{file.sha256}"',
            ]
    models_file = tmp_path / "models.toml"
    models_file.write_text("\n".join(lines))
    return models_file


@pytest.fixture
def entry(pair_files: Path) -> PairEntry:
    return read_models_file(pair_files, packaged=False)["mine"]


def checkpoint(seed: int, weights_bytes: int = 300_000) -> dict[str, bytes]:
    """The files of a small Whisper repository: what is taken, and what is not."""
    source = random.Random(seed)
    files = {
        name: json.dumps({"of": seed, "name": name}).encode() for name in CHECKPOINT_FILES[:-1]
    }
    files["config.json"] = json.dumps({"model_type": "whisper", "of": seed}).encode()
    files["model.safetensors"] = source.randbytes(weights_bytes)
    return files


OTHERS = {
    "pytorch_model.bin": b"code",
    "model.fp32-00001-of-00002.safetensors": b"again",
    "README.md": b"#",
    "onnx/encoder.onnx": b"o",
    "onnx/config.json": b"{}",
}
"""Files of a repository that are never taken."""


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Configuration, state and runtime folders of the test's own."""
    for name in ("CONFIG", "STATE", "CACHE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / "xdg" / name.lower()))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def fake_hub() -> Iterator[FakeHub]:
    """A hub on loopback with a large and a small Whisper."""
    with serving() as served:
        served.repositories["org/big"] = checkpoint(1) | OTHERS
        served.repositories["org/small"] = checkpoint(2, 40_000) | OTHERS
        yield served


@pytest.fixture
def cache(fake_hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The hub's cache of this process, empty; its client asks the hub on loopback, patiently."""
    from huggingface_hub import constants

    folder = tmp_path / "hf" / "hub"
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(folder))
    monkeypatch.setattr(constants, "ENDPOINT", fake_hub.endpoint)
    monkeypatch.setattr(
        constants,
        "HUGGINGFACE_CO_URL_TEMPLATE",
        fake_hub.endpoint + "/{repo_id}/resolve/{revision}/{filename}",
    )
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_DOWNLOAD_TIMEOUT", 60)
    monkeypatch.setattr(patience, "FIRST_WAIT_S", 0.001)
    return folder


Made = Callable[..., PairEntry]


@pytest.fixture
def made(cache: Path) -> Made:
    """Makes an entry of checkpoints by their names."""

    def make(target: str = "org/big", draft: str = "") -> PairEntry:
        return Registry.load().made_of(target, draft)

    return make


def here(folder: Path) -> dict[str, bytes]:
    """The files of a checkpoint's folder, by name."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
