import os
import subprocess
import sys
from pathlib import Path

from dictate.file_lock import FileLock, holder

HOLD = """
import sys
from pathlib import Path
from dictate.file_lock import FileLock
lock = FileLock(Path(sys.argv[1]))
assert lock.try_acquire()
print("held", flush=True)
sys.stdin.read()
"""


def hold(path: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_one_holder_at_a_time_and_its_id_is_known(tmp_path: Path):
    path = tmp_path / "lock"
    assert holder(path) is None
    other = hold(path)
    assert not FileLock(path).try_acquire()
    assert holder(path) == other.pid
    other.kill()
    other.wait()
    assert holder(path) is None
    mine = FileLock(path)
    assert mine.try_acquire()
    assert holder(path) == os.getpid()
    mine.release()


def test_release_removes_the_file_and_may_be_repeated(tmp_path: Path):
    lock = FileLock(tmp_path / "lock")
    assert lock.try_acquire()
    assert (tmp_path / "lock").stat().st_mode & 0o777 == 0o600
    lock.release()
    lock.release()
    assert list(tmp_path.iterdir()) == []


async def test_a_waiter_gets_the_lock_although_its_file_was_removed(tmp_path: Path):
    path = tmp_path / "lock"
    first, second, third = FileLock(path), FileLock(path), FileLock(path)
    assert first.try_acquire()
    assert not await second.acquire(0.05)
    first.release()
    assert await second.acquire(1.0)
    assert not third.try_acquire()
    second.release()


async def test_many_tasks_and_processes_never_hold_it_together(tmp_path: Path):
    code = """
import asyncio, sys
from pathlib import Path
from dictate.file_lock import FileLock
async def main():
    for _ in range(30):
        lock = FileLock(Path(sys.argv[1]))
        assert await lock.acquire(60)
        counter = Path(sys.argv[2])
        value = int(counter.read_text())
        await asyncio.sleep(0.001)
        counter.write_text(str(value + 1))
        lock.release()
asyncio.run(main())
"""
    counter = tmp_path / "counter"
    counter.write_text("0")
    arguments = [sys.executable, "-c", code, str(tmp_path / "lock"), str(counter)]
    processes = [subprocess.Popen(arguments) for _ in range(4)]
    assert [process.wait() for process in processes] == [0] * 4
    assert counter.read_text() == "120"
