"""What makes the server a well-behaved process: its start, its log, its parent."""

import asyncio
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dictate.lsp import log, parent

_START = (
    "import sys, dictate.lsp.quick_start as start\n"
    "from lsprotocol import types\n"
    "assert types.Position(1, 2) == types.Position(line=1, character=2)\n"
    "assert types.Position(1, 2) < types.Position(2, 0)\n"
    "print(len(start._found), len(start._new), 'compile' in vars(sys.modules['attr._make']))\n"
    "start.save()\n"
)


def _start(home: Path) -> tuple[int, int, bool]:
    environment = {**os.environ, "XDG_STATE_HOME": str(home)}
    command = [sys.executable, "-c", _START]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found, new, patched = done.stdout.split()
    return int(found), int(new), patched == "True"


def test_the_second_start_compiles_nothing_and_leaves_attrs_alone(tmp_path: Path) -> None:
    found, new, patched = _start(tmp_path)
    assert (found, patched) == (0, False)
    assert new > 100
    assert _start(tmp_path) == (new, 0, False)


def test_a_broken_cache_is_replaced(tmp_path: Path) -> None:
    _, new, _ = _start(tmp_path)
    (cache,) = (tmp_path / "dictate").glob("lsp-types*")
    for content in (b"", b"nonsense", cache.read_bytes()[:5000]):
        cache.write_bytes(content)
        assert _start(tmp_path) == (0, new, False)
        assert _start(tmp_path) == (new, 0, False)


@pytest.fixture
def log_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    root = logging.getLogger()
    for name in ("handlers", "level"):
        monkeypatch.setattr(root, name, getattr(root, name))
    monkeypatch.setattr(logging, "raiseExceptions", False)
    log.set_up("debug")
    return log.log_file()


def test_libraries_records_lose_their_content(log_path: Path) -> None:
    logging.getLogger("pygls.protocol").warning("Sending data: %s", "my dictated text")
    logging.getLogger("pygls.protocol").info("Sending data: %s", "more dictated text")
    try:
        int("dictated text in a message")
    except ValueError:
        logging.getLogger("asyncio").exception("dictated text")
        logging.getLogger("dictate.lsp").exception("our own words")
    written = log_path.read_text()
    assert "dictated text" not in written
    assert written.count("WARNING pygls.protocol") == 1
    assert "our own words" in written
    assert "ValueError" in written
    assert "test_process.py" in written, "where it happened is kept"


def test_a_long_log_is_begun_anew(log_path: Path) -> None:
    log_path.write_text("x" * 2_000_000)
    log.set_up("info")
    assert log_path.stat().st_size < 1000
    assert log_path.with_suffix(".log.1").stat().st_size == 2_000_000


async def test_a_parent_that_ends_is_noticed() -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    waiting = asyncio.ensure_future(parent.wait_until_gone(process.pid))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    process.kill()
    process.wait()
    await asyncio.wait_for(waiting, 30)
