"""Checkpoints from a hub on loopback.

Every case runs in a process of its own, because the hub's client reads its environment once.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.rigs.hub import FakeHub, serving

CHECKPOINT = {
    "config.json": b"{}",
    "generation_config.json": b"{ }",
    "preprocessor_config.json": b"{  }",
    "tokenizer.json": b"{   }",
    "model.safetensors": b"w" * 3000,
}
OTHERS = {
    "pytorch_model.bin": b"code",
    "model.fp32-00001-of-00002.safetensors": b"again",
    "README.md": b"#",
    "onnx/encoder.onnx": b"o",
}

Get = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with serving() as served:
        served.repositories["org/whisper"] = {**CHECKPOINT, **OTHERS}
        yield served


@pytest.fixture
def get(hub: FakeHub, tmp_path: Path) -> Get:
    def run(repo: str, revision: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        script = (
            "import sys\n"
            "from dictate.errors import DictateError\n"
            "from dictate.models import hub\n"
            "assert 'huggingface_hub' not in sys.modules\n"
            "try: print(hub.download(*sys.argv[1:]))\n"
            "except DictateError as error: sys.exit(str(error))\n"
            "assert str(hub.place(*sys.argv[1:])) == str(hub.download(*sys.argv[1:]))\n"
            "assert not {'torch', 'transformers'} & set(sys.modules)\n"
        )
        return subprocess.run(
            [sys.executable, "-c", script, repo, revision],
            env={
                **os.environ,
                "HF_ENDPOINT": hub.endpoint,
                "HF_HOME": str(tmp_path / "hf"),
                "HF_HUB_DISABLE_PROGRESS_BARS": "1",
                "HF_HUB_ETAG_TIMEOUT": "2",
                **environment,
            },
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run


def refused(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 1, done.stderr
    line = done.stderr.strip().splitlines()[-1]
    assert "Traceback" not in done.stderr
    return line


def test_weights_and_json_files_are_taken_and_nothing_else(hub: FakeHub, get: Get, tmp_path: Path):
    done = get("org/whisper")
    assert done.returncode == 0, done.stderr
    folder = Path(done.stdout.strip())
    assert folder.is_relative_to(tmp_path / "hf")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == CHECKPOINT
    assert {path.rpartition("/")[2] for path in hub.taken()} == set(CHECKPOINT)


def test_a_mirror_is_not_told_who_asks(hub: FakeHub, get: Get):
    assert get("org/whisper", HF_TOKEN="hf_secret").returncode == 0
    assert set(hub.tokens) == {None}


def test_what_is_here_already_is_not_asked_for_again(hub: FakeHub, get: Get):
    commit = hub.commit("org/whisper")
    assert get("org/whisper", commit).returncode == 0
    hub.asked.clear()
    assert get("org/whisper", commit).returncode == 0
    assert hub.taken() == set()
    assert get("org/whisper", commit, HF_HUB_OFFLINE="1").returncode == 0
    assert get("org/whisper", HF_ENDPOINT="http://127.0.0.1:9").returncode == 1
    hub.failing = 503
    assert get("org/whisper", commit).returncode == 0


@pytest.mark.parametrize(
    ("repo", "revision", "environment", "said"),
    [
        ("org/missing", "", {}, "has no model org/missing"),
        ("org/secret", "", {}, "accept"),
        ("org/whisper", "f" * 40, {}, "has no commit ffff"),
        ("org/pickle", "", {}, "no model.safetensors"),
        ("org/whisper", "", {"HF_HUB_OFFLINE": "1"}, "unset HF_HUB_OFFLINE"),
        ("org/whisper", "", {"HF_ENDPOINT": "http://127.0.0.1:9"}, "cannot be reached"),
        ("org/whisper", "", {"HF_HOME": "/dev/null/hf"}, "cannot be stored"),
    ],
)
def test_one_line_says_why_a_checkpoint_cannot_be_had(
    hub: FakeHub, get: Get, repo: str, revision: str, environment: dict[str, str], said: str
):
    hub.repositories["org/pickle"] = {**CHECKPOINT, **OTHERS}
    del hub.repositories["org/pickle"]["model.safetensors"]
    hub.gated.add("org/secret")
    line = refused(get(repo, revision, **environment))
    assert said in line


def test_a_hub_in_trouble_is_one_line(hub: FakeHub, get: Get):
    hub.failing = 500
    assert hub.endpoint in refused(get("org/whisper"))
