"""`dictate models`, as a user runs it: processes of their own, killed, at once, offline."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.rigs.hub import Asked, FakeHub, Trouble
from tests.unit.models.conftest import checkpoint, here

MB = 1_000_000

# The command with short pauses between tries, and proof that it needs no heavy library. Ctrl-C ends
# it as in a terminal, also where a shell that runs the tests in the background has them ignore it.
RUN = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from dictate.models import patience
patience.FIRST_WAIT_S = 0.01
from dictate.cli import main
status = main(sys.argv[1:])
assert not {"torch", "transformers", "numpy"} & set(sys.modules), "heavy"
sys.exit(status)
"""

Dictate = Callable[..., Any]


@pytest.fixture
def environment(fake_hub: FakeHub, tmp_path: Path) -> dict[str, str]:
    own = {
        **os.environ,
        "HF_ENDPOINT": fake_hub.endpoint,
        "HF_HOME": str(tmp_path / "hf"),
        "HF_HUB_DOWNLOAD_TIMEOUT": "60",
        "CUDA_VISIBLE_DEVICES": "",
    }
    own.pop("HF_HUB_OFFLINE", None)
    return own


@pytest.fixture
def start(environment: dict[str, str]) -> Dictate:
    def run(*arguments: str, **more: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-c", RUN, "models", *arguments],
            env=environment | more,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return run


@pytest.fixture
def dictate(start: Dictate) -> Dictate:
    def run(*arguments: str, **more: str) -> "subprocess.CompletedProcess[str]":
        process = start(*arguments, **more)
        out, err = process.communicate(timeout=100)
        assert "Traceback" not in err, err
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    return run


def folder(fake_hub: FakeHub, tmp_path: Path, repo: str = "org/big") -> Path:
    name = f"models--{repo.replace('/', '--')}"
    return tmp_path / "hf" / "hub" / name / "snapshots" / fake_hub.commit(repo)


def refused(done: "subprocess.CompletedProcess[str]") -> str:
    assert done.returncode == 1, done.stderr
    assert done.stderr.count("dictate:") == 1, done.stderr
    return done.stderr.strip().splitlines()[-1]


def held_after(count: int) -> Callable[[Asked], Trouble | None]:
    """Large files stop after so many bytes until the hub is told to go on."""
    return lambda asked: Trouble(hold_after=count) if asked.verb == "storage" else None


def kept(folder: Path) -> int:
    """What is here of the weights of a checkpoint, once all other files are."""
    if len(list(folder.glob("*.json"))) < 4:
        return 0
    blobs = folder.parents[1] / "blobs"
    return sum(path.stat().st_size for path in blobs.glob("*.dictate.incomplete"))


def wait_for(condition: Callable[[], bool], process: "subprocess.Popen[str]") -> None:
    while not condition():
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)


def test_a_killed_pull_is_resumed_by_the_next(fake_hub: FakeHub, start, dictate, tmp_path: Path):
    fake_hub.repositories["org/big"] = checkpoint(1, 2 * MB)
    fake_hub.trouble = held_after(400_000)
    place = folder(fake_hub, tmp_path)
    for kill in range(1, 4):
        process = start("pull", "org/big")
        wait_for(lambda at=kill: kept(place) == at * 400_000, process)
        process.kill()
        process.wait()
        assert not (place / "model.safetensors").exists()
    fake_hub.trouble = lambda _: None
    done = dictate("pull", "org/big")
    assert done.returncode == 0, done.stderr
    assert here(place) == fake_hub.repositories["org/big"]
    starts = [asked.start for asked in fake_hub.requests if asked.verb == "storage"]
    assert starts == [0, 400_000, 800_000, 1_200_000]
    # Not a byte came twice.
    assert fake_hub.sent_bytes == sum(map(len, fake_hub.repositories["org/big"].values()))


def test_ctrl_c_ends_it_at_once_and_the_next_goes_on(
    fake_hub: FakeHub, start, dictate, tmp_path: Path
):
    fake_hub.trouble = lambda asked: (
        Trouble(cut_after=200_000, stall_s=60) if asked.verb == "storage" else None
    )
    process = start("pull", "org/big")
    wait_for(lambda: kept(folder(fake_hub, tmp_path)) == 200_000, process)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=50)
    assert process.returncode == 130
    assert err.splitlines()[-1] == (
        "dictate: cancelled; `dictate models pull org/big` goes on from here"
    )
    assert "Traceback" not in err
    fake_hub.trouble = lambda _: None
    fake_hub.forget()
    done = dictate("pull", "org/big")
    assert done.returncode == 0, done.stderr
    assert [asked.start for asked in fake_hub.requests if asked.verb == "storage"] == [200_000]


def test_two_processes_at_once_download_once(fake_hub: FakeHub, start, tmp_path: Path):
    fake_hub.trouble = held_after(100_000)
    processes = [start("pull", "org/big")]
    wait_for(lambda: fake_hub.sent_bytes > 100_000, processes[0])
    processes.append(start("pull", "org/big", "org/small"))
    assert "waiting: another download of org/big goes on" in processes[1].stderr.readline()
    fake_hub.released.set()
    outcomes = [process.communicate(timeout=100) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outcomes
    files = [*checkpoint(1).values(), *checkpoint(2, 40_000).values()]
    assert fake_hub.sent_bytes == sum(map(len, files))
    assert here(folder(fake_hub, tmp_path)) == checkpoint(1)


def test_a_process_waiting_for_a_killed_one_takes_over(fake_hub: FakeHub, start, tmp_path: Path):
    fake_hub.trouble = held_after(100_000)
    first = start("pull", "org/big")
    wait_for(lambda: fake_hub.sent_bytes > 100_000, first)
    second = start("pull", "org/big")
    assert "waiting: another download" in second.stderr.readline()
    fake_hub.trouble = lambda _: None
    first.kill()
    first.wait()
    _, err = second.communicate(timeout=100)
    assert second.returncode == 0, err
    assert here(folder(fake_hub, tmp_path)) == checkpoint(1)


def test_progress_is_plain_lines_where_there_is_no_terminal(fake_hub: FakeHub, dictate):
    done = dictate("pull", "org/big", "org/small")
    assert done.returncode == 0
    assert "\r" not in done.stderr
    assert "\x1b" not in done.stderr
    lines = done.stderr.splitlines()
    assert any("big, " in line and "downloading org/big" in line for line in lines)
    assert done.stdout.splitlines() == [
        "org/big is here and whole: 300 kB",
        "org/small is here and whole: 40 kB",
    ]


def test_progress_is_one_line_in_a_terminal(fake_hub: FakeHub, environment, tmp_path: Path):
    if shutil.which("script") is None or sys.platform == "darwin":
        pytest.skip("needs script of util-linux")
    fake_hub.trouble = held_after(100_000)
    command = f"{sys.executable} -m dictate.cli models pull org/big"
    process = subprocess.Popen(
        ["script", "-qec", command, "/dev/null"],
        env=environment | {"COLUMNS": "120"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdout is not None
    drawn = b""
    while b" left" not in drawn.rpartition(b"\r")[0]:
        chunk = os.read(process.stdout.fileno(), 4096)
        assert chunk, drawn
        drawn += chunk
    fake_hub.released.set()
    rest, _ = process.communicate(timeout=100)
    assert process.returncode == 0, drawn + rest
    lines = (drawn + rest).decode().split("\r")
    assert any("kB/s" in line and " left" in line and "% of 300 kB" in line for line in lines)
    assert any("100 % of 300 kB" in line for line in lines)


def test_a_mirror_is_not_told_who_asks(fake_hub: FakeHub, dictate):
    assert dictate("pull", "org/big", HF_TOKEN="hf_secret").returncode == 0
    assert set(fake_hub.tokens) == {None}


def test_a_proxy_is_used(fake_hub: FakeHub, dictate, tmp_path: Path):
    done = dictate(
        "pull",
        "org/big",
        HF_ENDPOINT="http://hub.invalid",
        HTTP_PROXY=fake_hub.endpoint,
        NO_PROXY="",
        no_proxy="",
    )
    assert done.returncode == 0, done.stderr
    assert here(folder(fake_hub, tmp_path)) == checkpoint(1)


def test_offline_nothing_is_asked_and_what_is_here_serves(fake_hub: FakeHub, dictate):
    line = refused(dictate("pull", "org/big", HF_HUB_OFFLINE="1"))
    assert "unset HF_HUB_OFFLINE" in line
    assert fake_hub.asked == []
    assert dictate("pull", "org/big").returncode == 0
    fake_hub.forget()
    for command in (["pull", "org/big"], ["verify", "org/big"], ["path", "org/big"]):
        assert dictate(*command, HF_HUB_OFFLINE="1").returncode == 0
    assert dictate("verify", "org/big", HF_ENDPOINT="http://127.0.0.1:9").returncode == 0
    assert fake_hub.asked == []


def test_unknown_names_say_what_is_like_them(fake_hub: FakeHub, dictate):
    assert "'trubo', but turbo" in refused(dictate("pull", "trubo"))
    line = refused(dictate("pull", "openai/whisper-tinny"))
    assert "has no model openai/whisper-tinny" in line
    assert "did you mean openai/whisper-tiny" in line
    assert "no pair 'smal'" in refused(dictate("path", "smal"))
    assert fake_hub.taken() == set()


def test_verify_reads_every_file_again(fake_hub: FakeHub, dictate, tmp_path: Path):
    assert dictate("pull", "org/big").returncode == 0
    assert dictate("verify", "org/big").stdout == "org/big: whole\n"
    weights = (folder(fake_hub, tmp_path) / "model.safetensors").resolve()
    status = weights.stat()
    content = bytearray(weights.read_bytes())
    content[1234] ^= 1
    weights.write_bytes(content)
    # Whoever hides a change behind the old time is found by reading.
    os.utime(weights, ns=(status.st_atime_ns, status.st_mtime_ns))
    done = dictate("verify", "org/big", "bundled", "--json")
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert found["bundled"] == {"whole": True, "fault": None}
    assert "model.safetensors has been changed or damaged" in found["org/big"]["fault"]


def test_only_what_no_installed_pair_needs_is_removed(fake_hub: FakeHub, dictate, tmp_path: Path):
    own = tmp_path / "xdg" / "config" / "dictate" / "models.toml"
    own.parent.mkdir(parents=True)
    own.write_text(
        '[pair.both]\ntarget_repo = "org/big"\ndraft_repo = "org/small"\n'
        '[pair.alone]\ntarget_repo = "org/small"\n[pair.absent]\n'
        'target_repo = "org/other"\ndraft_repo = "org/big"\n'
    )
    assert dictate("pull", "both", "alone").returncode == 0
    listed = {pair["name"]: pair for pair in json.loads(dictate("list", "--json").stdout)["pairs"]}
    assert [listed[name]["installed"] for name in ("both", "alone", "absent")] == [
        True,
        True,
        False,
    ]
    assert listed["absent"]["partial"]
    done = dictate("remove", "both")
    assert done.returncode == 0, done.stderr
    assert "org/big is removed: 300 kB given back" in done.stdout
    assert "org/small is kept: alone needs it" in done.stdout
    assert not folder(fake_hub, tmp_path).exists()
    assert here(folder(fake_hub, tmp_path, "org/small")) == checkpoint(2, 40_000)
    assert dictate("verify", "alone").returncode == 0
    assert "run `dictate models pull both`" in refused(dictate("path", "both"))
    removed = json.loads(dictate("remove", "alone", "--json").stdout)
    assert [entry["repo"] for entry in removed] == ["org/small"]
    assert "org/big was not on this machine" in dictate("remove", "both").stdout
    assert "is part of Dictate" in refused(dictate("remove", "bundled"))


def test_other_commits_of_a_repository_stay(fake_hub: FakeHub, dictate, tmp_path: Path):
    assert dictate("pull", "org/big").returncode == 0
    other = folder(fake_hub, tmp_path).with_name("c" * 40)
    other.mkdir()
    blob = (folder(fake_hub, tmp_path) / "model.safetensors").readlink()
    (other / "model.safetensors").symlink_to(blob)
    assert dictate("remove", "org/big").returncode == 0
    assert not folder(fake_hub, tmp_path).exists()
    assert (other / "model.safetensors").read_bytes() == checkpoint(1)["model.safetensors"]


def test_what_is_unfinished_is_removed_too(fake_hub: FakeHub, start, dictate, tmp_path: Path):
    fake_hub.trouble = held_after(100_000)
    process = start("pull", "org/big")
    wait_for(lambda: fake_hub.sent_bytes > 100_000, process)
    assert "is being downloaded: cancel that" in refused(dictate("remove", "org/big"))
    process.kill()
    process.wait()
    assert dictate("remove", "org/big").returncode == 0
    assert not list((tmp_path / "hf").rglob("*.incomplete"))


def test_every_command_prints_json(fake_hub: FakeHub, dictate):
    pulled = json.loads(dictate("pull", "org/big", "--json").stdout)
    assert Path(pulled["org/big"]["target"]).is_dir()
    assert json.loads(dictate("path", "org/big", "--json").stdout) == pulled["org/big"]
    named = json.loads(dictate("recommend", "--language", "de", "--json").stdout)
    assert named["machine"]["device"] == "cpu"
    assert len(named["pairs"]) == 5
    assert all(pair["reason"] for pair in named["pairs"])


needs_mount = pytest.mark.skipif(
    sys.platform != "linux"
    or os.geteuid() != 0
    or shutil.which("unshare") is None
    or subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode != 0,
    reason="needs a file system of its own, which root alone may mount",
)

FILL = """
import os, sys
from pathlib import Path
from dictate.models import store
from dictate.models.registry import Registry
filler = Path(os.environ["HF_HOME"]) / "filler"
def fill(progress):
    if progress.done_bytes > 300_000 and not filler.exists():
        with filler.open("wb", buffering=0) as file:
            try:
                while file.write(bytes(1 << 16)): pass
            except OSError: pass
        Path(os.environ["FILLED"]).touch()
def pull():
    store.pull(Registry.load().made_of("org/big"), report=fill)
try: pull()
except store.HubError as error: print(error, flush=True)
print(store.is_installed(Registry.load().made_of("org/big")))
filler.write_bytes(b"")
pull()
print(store.is_installed(Registry.load().made_of("org/big")))
"""


@needs_mount
def test_a_file_system_that_fills_up_is_one_line_and_resumed(
    fake_hub: FakeHub, environment: dict[str, str], tmp_path: Path
):
    fake_hub.repositories["org/big"] = checkpoint(1, 3 * MB)
    fake_hub.trouble = held_after(500_000)
    (tmp_path / "hf").mkdir()
    # The mount is of the process alone and ends with it.
    command = f'mount -t tmpfs -o size=72m tmpfs "$HF_HOME" && exec "{sys.executable}" -c "$FILL"'
    process = subprocess.Popen(
        ["unshare", "-m", "sh", "-c", command],
        env=environment | {"FILL": FILL, "FILLED": str(tmp_path / "filled")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for((tmp_path / "filled").exists, process)
    fake_hub.released.set()
    out, err = process.communicate(timeout=100)
    assert process.returncode == 0, err
    line, before, after = out.splitlines()
    assert "is full, org/big does not fit" in line
    assert (before, after) == ("False", "True")
    starts = [asked.start for asked in fake_hub.requests if asked.verb == "storage"]
    assert len(starts) == 2
    assert starts[1] > 300_000


@needs_mount
def test_a_read_only_cache_is_one_line(
    fake_hub: FakeHub, environment: dict[str, str], tmp_path: Path
):
    (tmp_path / "hf").mkdir()
    command = (
        'mount -t tmpfs -o ro tmpfs "$HF_HOME" && '
        f'exec "{sys.executable}" -m dictate.cli models pull org/big'
    )
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", command],
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
    )
    line = refused(done)
    assert "(Read-only file system): make it writable, or set HF_HOME" in line
    assert fake_hub.sent_bytes == 0
