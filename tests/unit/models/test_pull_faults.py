"""Pulling from a hub in trouble: every file is whole or refused, nothing half is ever loaded."""

import errno
import os
import random
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from dictate.models import hub, partial, patience, snapshot, store
from dictate.models.registry import ModelError, PairEntry, Registry
from dictate.models.store import HubError, PullCancelled, PullProgress
from dictate.models.verify import verify
from tests.rigs.hub import Asked, FakeHub, Trouble, oid
from tests.unit.models.conftest import Made, checkpoint, here

MB = 1_000_000


def pull(entry: PairEntry, **arguments) -> list[PullProgress]:
    reports: list[PullProgress] = []
    store.pull(entry, report=reports.append, **arguments)
    return reports


def refused(entry: PairEntry) -> str:
    with pytest.raises(HubError) as caught:
        pull(entry)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def files_of(asked: Asked) -> bool:
    """Whether a request brings a file's content."""
    return asked.method == "GET" and (
        asked.verb == "storage" or (asked.verb == "resolve" and asked.path.endswith(".json"))
    )


class Watch(threading.Thread):
    """Looks all the time whether a file stands under its name that is not the hub's."""

    def __init__(self, folder: Path, files: dict[str, bytes]) -> None:
        super().__init__(daemon=True)
        self._folder, self._files = folder, files
        self.wrong: list[str] = []
        self.looks = 0
        self._end = threading.Event()

    def run(self) -> None:
        while not self._end.wait(0.001):
            self.looks += 1
            for name, data in self._files.items():
                try:
                    found = (self._folder / name).read_bytes()
                except FileNotFoundError:
                    continue
                if found != data:
                    self.wrong.append(f"{name}: {len(found)} bytes")

    def __enter__(self) -> "Watch":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self.join()


def test_a_hundred_cuts_at_random_bytes_and_everything_is_whole(fake_hub: FakeHub, made: Made):
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    source = random.Random(seed)
    fake_hub.repositories["org/big"] = checkpoint(1, 3 * MB)
    cuts = 0

    def trouble(asked: Asked) -> Trouble | None:
        nonlocal cuts
        if not files_of(asked) or cuts >= 100:
            return None
        cuts += 1
        kind = source.random()
        if kind < 0.1:
            return Trouble(drop=True)
        if asked.path.endswith(".json"):
            return Trouble(cut_after=source.randrange(30))
        return Trouble(cut_after=source.randrange(1, 60_000))

    fake_hub.trouble = trouble
    folder = hub.place("org/big", fake_hub.commit("org/big"))
    with Watch(folder, fake_hub.repositories["org/big"]) as watch:
        pull(made())
    assert cuts == 100
    assert watch.looks > 0
    assert watch.wrong == []
    assert here(folder) == fake_hub.repositories["org/big"]
    verify(made(), "target", again=True)
    # Resumed, not begun again: what was sent twice is what a cut connection had on its way.
    assert fake_hub.sent_bytes < 2 * 3 * MB


def test_pulls_ended_by_the_user_again_and_again_end_whole(fake_hub: FakeHub, made: Made):
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    source = random.Random(seed)
    fake_hub.repositories["org/big"] = checkpoint(1, MB // 2)
    folder = hub.place("org/big", fake_hub.commit("org/big"))
    ended = 0
    with Watch(folder, fake_hub.repositories["org/big"]) as watch:
        for _ in range(400):
            cancelled, fake_hub.released = threading.Event(), threading.Event()

            def trouble(asked: Asked, event: threading.Event = cancelled) -> Trouble | None:
                if not files_of(asked):
                    return None
                event.set()
                at = source.randrange(40_000)
                # Silent until the end is noticed: before that no connection is replaced.
                return Trouble(hold_after=at, cut_after=at)

            fake_hub.trouble = trouble
            try:
                pull(made(), cancelled=cancelled)
            except PullCancelled:
                ended += 1
                fake_hub.released.set()
                continue
            break
    print(f"{ended} pulls were ended")
    assert ended > 10
    assert watch.wrong == []
    assert here(folder) == fake_hub.repositories["org/big"]


@pytest.mark.parametrize("path", ["model.safetensors", "tokenizer.json"])
@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda data: data[:-1] + bytes([data[-1] ^ 1]), "its hash is not that of the file"),
        (lambda data: data[:-1], "instead of"),
        (lambda data: data + b"more", "instead of"),
    ],
    ids=["bytes", "shorter", "longer"],
)
def test_a_wrong_file_is_fetched_once_more_then_refused(
    fake_hub: FakeHub, made: Made, path: str, spoil: Callable[[bytes], bytes], said: str
):
    data = fake_hub.repositories["org/big"][path]
    times = 0
    wrong_times = 1

    def trouble(asked: Asked) -> Trouble | None:
        nonlocal times
        if not files_of(asked) or asked.path != path:
            return None
        times += 1
        return Trouble(content=spoil(data)) if times <= wrong_times else None

    fake_hub.trouble = trouble
    pull(made())
    assert times == 2
    assert here(made().target) == checkpoint(1)
    store.remove(Registry.load(), made())
    times, wrong_times = 0, 99
    line = refused(made())
    assert times == 2
    assert f"wrong {path}" in line
    assert said in line
    folder = hub.place("org/big", fake_hub.commit("org/big"))
    assert not (folder / path).exists()
    assert not store.is_installed(made())
    with pytest.raises(ModelError, match="is not on this machine"):
        verify(made(), "target")


def test_a_damaged_unfinished_file_is_found_out_and_fetched_again(fake_hub: FakeHub, made: Made):
    cut = True
    fake_hub.trouble = lambda asked: (
        Trouble(cut_after=100_000)
        if cut and asked.verb == "storage" and asked.start == 0
        else Trouble(status=404)
        if cut and asked.verb == "storage"
        else None
    )
    refused(made())
    cut = False
    unfinished = next(snapshot.blobs_folder("org/big").glob(f"*{partial.SUFFIX}"))
    assert unfinished.stat().st_size == 100_000
    content = bytearray(unfinished.read_bytes())
    content[50_000:60_000] = bytes(10_000)  # as a power cut leaves it
    unfinished.write_bytes(content)
    pull(made())
    assert here(made().target) == checkpoint(1)


def test_an_unfinished_file_that_is_too_long_is_begun_again(fake_hub: FakeHub, made: Made):
    blobs = snapshot.blobs_folder("org/big")
    blobs.mkdir(parents=True)
    for name, data in checkpoint(1).items():
        (blobs / f"{oid(name, data)}{partial.SUFFIX}").write_bytes(b"x" * (len(data) + 5))
    pull(made())
    assert here(made().target) == checkpoint(1)


def test_a_server_without_ranges_is_begun_at_the_start_again(fake_hub: FakeHub, made: Made):
    fake_hub.trouble = lambda asked: (
        Trouble(cut_after=150_000)
        if asked.verb == "storage" and asked.start == 0
        else Trouble(ignores_range=True)
        if asked.verb == "storage"
        else None
    )
    reports = pull(made())
    assert here(made().target) == checkpoint(1)
    assert all(report.done_bytes <= report.total_bytes for report in reports)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_busy_hub_is_asked_again(fake_hub: FakeHub, made: Made, status: int):
    count: dict[tuple[str, str], int] = {}

    def trouble(asked: Asked) -> Trouble | None:
        key = (asked.verb, asked.path)
        count[key] = count.get(key, 0) + 1
        return Trouble(status=status) if count[key] <= 2 else None

    fake_hub.trouble = trouble
    pull(made())
    assert here(made().target) == checkpoint(1)


@pytest.mark.parametrize(
    "header", [("Retry-After", "1"), ("RateLimit", '"api";r=0;t=1')], ids=["seconds", "rate limit"]
)
def test_a_hub_that_asks_for_a_pause_gets_it(
    fake_hub: FakeHub, made: Made, monkeypatch: pytest.MonkeyPatch, header: tuple[str, str]
):
    waits: list[float] = []
    monkeypatch.setattr(patience.Gate, "wait", lambda _, wait_s: waits.append(wait_s))
    left = 2

    def trouble(asked: Asked) -> Trouble | None:
        nonlocal left
        if asked.verb != "storage" or not left:
            return None
        left -= 1
        return Trouble(status=429, headers=(header,))

    fake_hub.trouble = trouble
    pull(made())
    assert [wait for wait in waits if wait >= 1] == [1, 1]


def test_a_hub_that_asks_for_too_long_a_pause_is_one_line(fake_hub: FakeHub, made: Made):
    fake_hub.trouble = lambda _: Trouble(status=429, headers=(("Retry-After", "7200"),))
    assert "left alone for 120 minutes" in refused(made())


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_hub_that_stays_in_trouble_is_given_up(fake_hub: FakeHub, made: Made, status: int):
    fake_hub.failing = status
    assert f"answers {status} for org/big: retry later" in refused(made())
    assert len(fake_hub.asked) == patience.TRIES
    fake_hub.failing = None
    fake_hub.trouble = lambda asked: Trouble(status=status) if asked.verb == "storage" else None
    line = refused(made())
    assert f"it answers {status}" in line
    assert "what came is kept" in line


def test_a_connection_that_always_breaks_is_given_up(fake_hub: FakeHub, made: Made):
    fake_hub.trouble = lambda asked: Trouble(drop=True) if asked.verb == "storage" else None
    assert "the connection breaks again and again" in refused(made())


def test_a_silent_connection_is_replaced(
    fake_hub: FakeHub, made: Made, monkeypatch: pytest.MonkeyPatch
):
    from huggingface_hub import constants

    # Enough for a hub that answers, on a busy machine, too.
    monkeypatch.setattr(constants, "HF_HUB_DOWNLOAD_TIMEOUT", 2)
    stalls = 0

    def trouble(asked: Asked) -> Trouble | None:
        nonlocal stalls
        if asked.verb != "storage" or stalls >= 3:
            return None
        stalls += 1
        return Trouble(cut_after=50_000, stall_s=30)

    fake_hub.trouble = trouble
    pull(made())
    assert stalls == 3
    starts = [asked.start for asked in fake_hub.requests if asked.verb == "storage"]
    assert starts == [0, 50_000, 100_000, 150_000]
    assert here(made().target) == checkpoint(1)


@pytest.mark.parametrize(
    ("repo", "said"),
    [("org/missing", "has no model org/missing"), ("org/secret", "accept them on")],
)
def test_what_the_hub_does_not_give_is_one_line(
    fake_hub: FakeHub, made: Made, repo: str, said: str
):
    fake_hub.gated.add("org/secret")
    assert said in refused(made(repo))


def test_a_file_that_vanished_from_the_hub_is_one_line(fake_hub: FakeHub, made: Made):
    fake_hub.trouble = lambda asked: Trouble(status=404) if asked.verb == "storage" else None
    assert "answers 404" in refused(made())


def test_too_little_room_is_said_before_anything_large_comes(
    fake_hub: FakeHub, made: Made, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(snapshot, "free_bytes", lambda _: 10 * MB)
    line = refused(made())
    assert "has 10 MB free and 64 MB are needed" in line
    assert "model.safetensors" not in fake_hub.taken()


def test_a_disk_that_fills_up_on_the_way_is_one_line_and_resumed(
    fake_hub: FakeHub, made: Made, monkeypatch: pytest.MonkeyPatch
):
    write = partial.Partial.write
    room = 100_000

    def limited(self: partial.Partial, chunk: bytes) -> None:
        if self.size + len(chunk) > room:
            write(self, chunk[: max(0, room - self.size)])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(self, chunk)

    monkeypatch.setattr(partial.Partial, "write", limited)
    line = refused(made())
    assert "is full, org/big does not fit" in line
    assert not store.is_installed(made())
    room = 10**9
    fake_hub.forget()
    pull(made())
    assert [asked.start for asked in fake_hub.requests if asked.verb == "storage"] == [100_000]
    assert here(made().target) == checkpoint(1)


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes where nobody may")
def test_a_cache_that_cannot_be_written_is_one_line(fake_hub: FakeHub, made: Made, cache: Path):
    cache.mkdir(parents=True)
    cache.chmod(0o500)
    assert "make it writable" in refused(made())


def test_a_cache_that_cannot_be_made_is_one_line(
    fake_hub: FakeHub, made: Made, monkeypatch: pytest.MonkeyPatch
):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", "/dev/null/hub")
    line = refused(made())
    assert "cannot be stored in /dev/null/hub" in line
    assert "HF_HOME" in line


def test_a_hub_that_cannot_be_reached_is_one_line(
    fake_hub: FakeHub, made: Made, monkeypatch: pytest.MonkeyPatch
):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    assert "cannot be reached" in refused(made())
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert "unset HF_HUB_OFFLINE" in refused(made())
