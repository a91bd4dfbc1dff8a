"""Starting, finding, losing and leaving: one engine per user, and nothing left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dictate.engine import control
from dictate.engine.client import SocketEngine
from dictate.engine.launch import START_TIMEOUT_S, log_file
from dictate.engine.protocol import EngineError, EngineLost, EngineOptions
from tests.engine.home import Home

ATTACH = """
import asyncio, json, sys
from dictate.engine.client import SocketEngine
async def main():
    sys.stdin.readline()
    engine = await SocketEngine.connect()
    status = await engine.status()
    session = await engine.session()
    await session.configure(prompt="", language=None)
    print(status.pid)
    await session.close()
    await engine.close()
asyncio.run(main())
"""


async def until(condition: Callable[[], bool], timeout_s: float = 60.0) -> None:
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "waited too long"
        await asyncio.sleep(0.02)


def is_running(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False


def environment_of(pid: int) -> str:
    """What a process was started with; "" where it has just ended."""
    try:
        return Path(f"/proc/{pid}/environ").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def test_ten_clients_at_once_start_one_engine(home: Home):
    clients = [
        subprocess.Popen(
            [sys.executable, "-c", ATTACH], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(10)
    ]
    for client in clients:
        assert client.stdin is not None
        client.stdin.write("\n")
        client.stdin.flush()
    answers = [client.communicate(timeout=150)[0] for client in clients]
    assert len(set(answers)) == 1
    pid = int(answers[0])
    running = subprocess.run(
        ["pgrep", "-f", "-u", str(os.getuid()), "m dictate.engine"], capture_output=True, text=True
    )
    ours = [
        other
        for other in map(int, running.stdout.split())
        if str(home.root) in environment_of(other)
    ]
    assert ours == [pid]


async def test_a_starter_that_dies_blocks_nobody(home: Home):
    seed = int(np.random.default_rng().integers(2**31))
    print(f"seed {seed}")
    rng = np.random.default_rng(seed)
    for _ in range(3):
        starter = subprocess.Popen([sys.executable, "-c", ATTACH], stdin=subprocess.PIPE, text=True)
        assert starter.stdin is not None
        starter.stdin.write("\n")
        starter.stdin.flush()
        await asyncio.sleep(float(rng.uniform(0.1, 0.6)))
        starter.kill()
        starter.wait()
        engine = await asyncio.wait_for(SocketEngine.connect(), 60)
        session = await engine.session()
        await session.configure(prompt="", language=None)
        await engine.close()
        assert await asyncio.to_thread(control.stop)


async def test_folder_and_socket_are_the_users_alone(home: Home):
    engine = await SocketEngine.connect()
    assert stat.S_IMODE(home.runtime.stat().st_mode) == 0o700
    mode = (home.runtime / "engine.sock").stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o600
    assert stat.S_IMODE((log_file()).stat().st_mode) == 0o600
    await engine.close()


async def test_engine_is_detached_from_its_starter(home: Home):
    engine = await SocketEngine.connect()
    pid = (await engine.status()).pid
    assert os.getsid(pid) == pid
    assert os.getpgid(pid) == pid
    assert Path(f"/proc/{pid}/fd/0").readlink() == Path("/dev/null")
    assert Path(f"/proc/{pid}/fd/1").readlink() == log_file()
    assert Path(f"/proc/{pid}/fd/2").readlink() == log_file()
    assert Path(f"/proc/{pid}/cwd").readlink() != Path.cwd()
    await engine.close()


async def test_second_client_attaches_and_starts_none(home: Home):
    first = await SocketEngine.connect()
    second = await SocketEngine.connect()
    assert (await first.status()).pid == (await second.status()).pid
    await first.close()
    assert (await second.status()).pid
    await second.close()


async def test_killed_engine_is_noticed_at_once_and_replaced(home: Home):
    engine = await SocketEngine.connect()
    pid = (await engine.status()).pid
    session = await engine.session()
    os.kill(pid, signal.SIGSTOP)  # it answers nothing more
    await session.append(np.zeros(16_000, np.int16))
    waiting: list[asyncio.Task[object]] = [asyncio.create_task(session.commit())]
    await session.append(np.zeros(16_000, np.int16))
    waiting.append(asyncio.create_task(session.hypothesis()))
    await asyncio.sleep(0.05)
    os.kill(pid, signal.SIGKILL)
    for task in waiting:
        with pytest.raises(EngineLost):
            await asyncio.wait_for(task, 30)
    with pytest.raises(EngineLost):
        await session.commit()
    again = await engine.session()
    await again.configure(prompt="", language=None)
    assert (await engine.status()).pid not in {0, pid}
    await engine.close()


async def test_status_of_a_dead_engine_is_lost(home: Home):
    engine = await SocketEngine.connect()
    os.kill((await engine.status()).pid, signal.SIGKILL)
    with pytest.raises(EngineLost):
        await engine.status()
    await engine.close()


async def test_idle_engine_leaves_nothing_behind(home: Home):
    engine = await SocketEngine.connect(EngineOptions(keep_warm_s=0.5))
    pid = (await engine.status()).pid
    session = await engine.session()
    await asyncio.sleep(1.2)
    assert is_running(pid), "an open session keeps the engine"
    await session.close()
    await until(lambda: not is_running(pid))
    assert list(home.runtime.iterdir()) == []
    # A client that outlives its engine gets a new one without asking.
    session = await engine.session()
    await session.configure(prompt="", language=None)
    await engine.close()


async def test_no_time_to_stay_is_still_time_to_begin(home: Home):
    engine = await SocketEngine.connect(EngineOptions(keep_warm_s=0))
    pid = (await engine.status()).pid
    await asyncio.sleep(0.5)
    session = await engine.session()
    await session.configure(prompt="", language=None)
    assert (await engine.status()).pid == pid
    await engine.close()
    await until(lambda: not is_running(pid))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_signals_end_it_cleanly(home: Home, number: int):
    engine = await SocketEngine.connect()
    pid = (await engine.status()).pid
    session = await engine.session()
    os.kill(pid, number)
    await until(lambda: not is_running(pid))
    assert list(home.runtime.iterdir()) == []
    with pytest.raises(EngineLost):
        await session.commit()
    assert "Traceback" not in home.log
    await engine.close()


async def test_stale_socket_of_a_killed_engine_is_replaced(home: Home):
    home.runtime.mkdir(parents=True)
    stale = socket.socket(socket.AF_UNIX)
    stale.bind(str(home.runtime / "engine.sock"))
    stale.close()
    engine = await SocketEngine.connect()
    assert (await engine.status()).pid
    await engine.close()


async def test_file_in_the_sockets_place_is_named(home: Home):
    home.runtime.mkdir(parents=True)
    (home.runtime / "engine.sock").write_text("in the way")
    with pytest.raises(EngineError, match=r"engine\.sock is in the way") as caught:
        await SocketEngine.connect()
    assert "\n" not in str(caught.value)
    assert (home.runtime / "engine.sock").read_text() == "in the way"


@pytest.mark.parametrize("answer", [b"HTTP/1.1 200 OK\r\n\r\n{}", b"hello\n", b"", None])
async def test_strangers_socket_is_named_and_left_alone(home: Home, answer: bytes | None):
    told = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        if answer is None:
            await told.wait()
        else:
            writer.write(answer)
        writer.close()

    home.runtime.mkdir(parents=True)
    path = home.runtime / "engine.sock"
    server = await asyncio.start_unix_server(serve, str(path))
    with pytest.raises(EngineError, match="another program") as caught:
        await SocketEngine.connect()
    told.set()
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert server.is_serving()
    server.close()


async def test_too_long_a_path_falls_back_to_tcp(home: Home, monkeypatch: pytest.MonkeyPatch):
    long = home.root / ("x" * 100)
    long.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(long))
    engine = await SocketEngine.connect()
    assert (await engine.status()).state == "loading"
    assert (long / "dictate" / "engine.tcp.json").exists()
    session = await engine.session()
    await session.configure(prompt="", language=None)
    await engine.close()
    assert await asyncio.to_thread(control.stop)
    assert list((long / "dictate").iterdir()) == []


async def test_start_failure_is_one_line_at_once(home: Home, monkeypatch: pytest.MonkeyPatch):
    broken = home.root / "broken"
    (broken / "uvicorn").mkdir(parents=True)
    (broken / "uvicorn" / "__init__.py").write_text("raise ImportError('uvicorn is broken')")
    monkeypatch.setenv("PYTHONPATH", str(broken))
    start = time.monotonic()
    with pytest.raises(EngineError, match="uvicorn is broken") as caught:
        await SocketEngine.connect()
    assert time.monotonic() - start < START_TIMEOUT_S / 2
    assert "\n" not in str(caught.value)
    assert list(home.runtime.iterdir()) == []


async def test_crash_at_the_start_says_its_last_words(home: Home, monkeypatch: pytest.MonkeyPatch):
    broken = home.root / "broken"
    (broken / "uvicorn").mkdir(parents=True)
    (broken / "uvicorn" / "__init__.py").write_text("raise RuntimeError('out of luck')")
    monkeypatch.setenv("PYTHONPATH", str(broken))
    with pytest.raises(EngineError, match="RuntimeError: out of luck") as caught:
        await SocketEngine.connect()
    assert str(log_file()) in str(caught.value)


async def test_a_project_cannot_shadow_our_modules(home: Home, monkeypatch: pytest.MonkeyPatch):
    project = home.root / "project"
    project.mkdir()
    (project / "torch.py").write_text("raise SystemExit('wrong torch')")
    (project / "uvicorn.py").write_text("raise SystemExit('wrong uvicorn')")
    monkeypatch.chdir(project)
    engine = await SocketEngine.connect()
    assert (await engine.status()).state == "loading"
    await engine.close()


async def test_without_start_there_is_one_clear_line(home: Home):
    with pytest.raises(EngineError, match="dictate engine start"):
        await SocketEngine.connect(start=False)
    assert not (home.runtime / "engine.sock").exists()


async def test_unknown_transport_is_said(home: Home, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DICTATE_ENGINE_TRANSPORT", "pigeon")
    with pytest.raises(EngineError, match="pigeon"):
        await SocketEngine.connect()


def test_control_starts_warm_reports_and_stops(home: Home):
    assert control.status() is None
    assert not control.stop()
    started = control.start()
    assert started.state == "ready"
    assert started.device
    assert started.window_s > 0
    assert started.memory_mb > 50
    assert control.start().pid == started.pid
    running = control.status()
    assert running is not None
    assert running.pid == started.pid
    assert control.stop()
    assert control.status() is None
    assert list(home.runtime.iterdir()) == []


async def test_engine_that_does_not_answer_is_stopped_by_force(home: Home):
    engine = await SocketEngine.connect()
    pid = (await engine.status()).pid
    await engine.close()
    os.kill(pid, signal.SIGSTOP)
    stopper = subprocess.run(
        [sys.executable, "-c", "from dictate.engine import control; print(control.stop())"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert stopper.stdout == "True\n", stopper.stderr
    await until(lambda: not is_running(pid))
    assert await SocketEngine.connect()


async def test_log_is_fresh_at_each_start_and_the_last_one_kept(home: Home):
    first = await SocketEngine.connect()
    await first.close()
    await asyncio.to_thread(control.stop)
    assert "leaving" in home.log
    second = await SocketEngine.connect()
    await second.close()
    assert "leaving" not in home.log
    kept = log_file().with_name("engine.log.1")
    assert "leaving" in kept.read_text()
