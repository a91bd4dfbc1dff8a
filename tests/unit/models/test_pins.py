import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dictate.models import stamps
from dictate.models.pins import PinError, PinnedFile, forget_newest, pin, pins_file, read_pins
from dictate.models.registry import ModelError, Registry
from dictate.models.verify import verify
from tests.unit.models.conftest import sha256

COMMIT = "a" * 40


def file(path: str = "model.safetensors", data: bytes = b"w") -> PinnedFile:
    return PinnedFile(path, len(data), sha256(data), sha256(data))


def test_what_is_locked_is_read_back_by_name(tmp_path: Path):
    assert read_pins().checkpoints == {}
    pin("org/x", COMMIT, [file("model.safetensors"), file("config.json")], newest=True)
    found = read_pins()
    assert [each.path for each in found.files("org/x", COMMIT)] == [
        "config.json",
        "model.safetensors",
    ]
    assert found.files("org/y", COMMIT) == []
    assert found.newest == {"org/x": COMMIT}
    forget_newest("org/x")
    assert read_pins().newest == {}
    assert read_pins().files("org/x", COMMIT)
    assert [path.name for path in pins_file().parent.iterdir()] == ["models.lock.json"]


def test_the_registry_takes_the_locked_commit():
    pin("org/x", COMMIT, [file()], newest=True)
    entry = Registry.load().made_of("org/x")
    assert entry.target_revision == COMMIT
    assert entry.target.name == COMMIT


def test_many_processes_lose_nothing():
    code = (
        "import sys; from dictate.models import pins; from dictate.models.pins import *\n"
        "pins._LOCK_S = 100.0\n"
        "for n in range(10): pin(f'org/{sys.argv[1]}{n}', 'a' * 40, [], newest=True)"
    )
    processes = [subprocess.Popen([sys.executable, "-c", code, str(n)]) for n in range(4)]
    assert [process.wait() for process in processes] == [0] * 4
    assert len(read_pins().newest) == 40


@pytest.mark.parametrize("content", ["{", '{"newest": 3}', '{"new": {}}', "\udcff"])
def test_an_invalid_lock_file_is_one_line_and_costs_downloaded_pairs_only(content: str):
    pins_file().parent.mkdir(parents=True)
    pins_file().write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(PinError, match=r"models\.lock\.json is invalid .*remove it") as caught:
        read_pins()
    assert "\n" not in str(caught.value)
    registry = Registry.load()
    assert registry.notices == [str(caught.value)]
    verify(registry.pair("bundled"), "target")
    with pytest.raises(ModelError):
        verify(registry.pair("turbo"), "target")


def test_writing_that_fails_leaves_the_old_content(tmp_path: Path, monkeypatch):
    pin("org/x", COMMIT, [file()], newest=False)
    before = pins_file().read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(PinError, match=r"cannot write .* \(No space left on device\)"):
        pin("org/y", COMMIT, [file()], newest=False)
    assert pins_file().read_bytes() == before
    assert [path.name for path in pins_file().parent.iterdir()] == ["models.lock.json"]


def settled(path: Path, content: bytes) -> None:
    """Write a file that looks as if it was written a while ago."""
    path.write_bytes(content)
    past = time.time_ns() - 60 * 10**9
    os.utime(path, ns=(past, past))


def test_a_file_is_hashed_once(tmp_path: Path, monkeypatch):
    path = tmp_path / "weights"
    settled(path, b"one")
    assert stamps.sha256(path) == sha256(b"one")
    with monkeypatch.context() as patched:
        patched.setattr(stamps.hashlib, "sha256", lambda: pytest.fail("read again"))
        known = stamps.sha256(path)
    assert known == sha256(b"one")


def test_a_changed_file_is_hashed_again(tmp_path: Path):
    path = tmp_path / "weights"
    settled(path, b"one")
    stamps.sha256(path)
    path.write_bytes(b"two")
    assert stamps.sha256(path) == sha256(b"two")
    # Just written: it may change again within the same tick of the file system's clock.
    path.write_bytes(b"six")
    assert stamps.sha256(path) == sha256(b"six")
    other = tmp_path / "other"
    settled(other, b"six")
    other.replace(path)
    assert stamps.sha256(path) == sha256(b"six")


def test_a_hash_is_known_by_the_content_that_a_link_leads_to(tmp_path: Path, monkeypatch):
    path = tmp_path / "blob"
    settled(path, b"one")
    (tmp_path / "link").symlink_to("blob")
    stamps.remember(tmp_path / "link", "f" * 64)
    assert stamps.sha256(path) == "f" * 64
    assert stamps.sha256(path, again=True) == sha256(b"one")


def test_a_broken_record_costs_time_only(tmp_path: Path):
    path = tmp_path / "weights"
    settled(path, b"one")
    stamps.sha256(path)
    stamps._file().write_text("{")
    assert stamps.sha256(path) == sha256(b"one")
    assert stamps.sha256(path) == sha256(b"one")


def test_the_record_does_not_grow_forever(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(stamps, "_MOST", 5)
    for number in range(20):
        settled(tmp_path / str(number), b"x")
        stamps.sha256(tmp_path / str(number))
    assert stamps._file().read_text().count(sha256(b"x")) == 5
